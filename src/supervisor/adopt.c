/* Crews whose processes have another program than we, or had. */
#include "supervisor/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "shm/segment_adopt.h"
#include "supervisor/crew.h"
#include "supervisor/facts.h"
#include "supervisor/failure.h"
#include "supervisor/handover.h"
#include "supervisor/reload.h"
#include "supervisor/slots.h"

/* Given back, the crews of one handover may have different layouts. */
static bool
adopt_is_foreign(const struct handover_crew *from)
{
	return from->segment.header != NULL &&
	       !segment_header_is_ours(from->segment.header);
}

/* What its processes have is not to be read, so they get an empty one of ours, in which
 * nobody looks. */
static int
adopt_placeholder(struct crew *w, const struct privilege *p, const char *const *names,
    char *err, size_t errlen)
{
	const struct segment_spec spec = {
		.name = w->config->segment.name,
		.capacity = 1, /* a page */
		.ncategories = (unsigned)w->config->ncategories,
		.categories = names,
		.nprocs = children_wanted(w->config) + 1,
		.owner = p->uid,
		.group = p->gid,
		.unnamed = true,
	};

	errno = 0;
	return segment_create(&spec, &w->segment, err, errlen) == -1
		   ? failure_status(errno != 0 ? errno : EINVAL)
		   : 0;
}

static int
adopt_segment(struct crew *w, struct handover_crew *from, bool foreign,
    const struct privilege *p, char *err, size_t errlen)
{
	const char *names[SEGMENT_CATEGORIES_MAX];
	const struct config *c = w->config;
	size_t i;
	int r;

	if (c->ncategories > NELEM(names) || from->segment.header == NULL) {
		strlcpy(err, "a crew that was handed over has no segment", errlen);
		return EX_SOFTWARE;
	}
	for (i = 0; i < c->ncategories; i++)
		names[i] = c->category[i].name;
	if (foreign) {
		if ((r = adopt_placeholder(w, p, names, err, errlen)) != 0)
			return r;
		w->foreign = xcalloc(1, sizeof(*w->foreign));
		*w->foreign = from->segment;
		from->segment.header = NULL;
	} else if (segment_adopt(c->segment.name, names, c->ncategories, &from->segment,
		       &w->segment) == -1) {
		snprintf(
		    err, errlen, "a segment that was handed over: %s", strerror(errno));
		return EX_SOFTWARE;
	}
	from->segment.fd = from->segment.readonly = from->segment.held = -1;
	if (segment_nprocs(w->segment) != children_wanted(c) + 1) {
		strlcpy(err,
		    "a segment that was handed over is of another "
		    "configuration",
		    errlen);
		return EX_SOFTWARE;
	}
	return 0;
}

/* What its heir has of its counters; else as if nothing had been counted while nobody
 * was there to fold it. */
static void
adopt_told(struct crew *w, const struct handover_crew *from)
{
	unsigned i, n = segment_nprocs(w->segment);
	size_t size = n * sizeof(*w->told);

	w->told = xcalloc(n, sizeof(*w->told));
	w->told_lines = xcalloc(n, sizeof(*w->told_lines));
	if (from->told != -1 && pread(from->told, w->told, size, 0) == (ssize_t)size &&
	    pread(from->told, w->told_lines, n * sizeof(*w->told_lines), (off_t)size) ==
		(ssize_t)(n * sizeof(*w->told_lines)))
		return;
	if (w->heir != NULL)
		for (i = 0; i < n; i++)
			memcpy(&w->told[i], segment_counters(w->segment, i),
			    sizeof(w->told[i]));
}

static void
adopt_sockets(struct crew *w, struct handover_crew *from)
{
	struct handover_socket *s;

	for (s = from->socket; s < from->socket + from->nsockets; s++)
		if (s->kind < LISTEN_KINDS &&
		    crew_take_socket(w, s->kind, s->fd, s->text))
			s->fd = -1;
}

static struct child *
adopt_slot(struct children *c, const struct handover_child *from)
{
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++)
		if (ch->role == from->role && ch->index == from->index)
			return ch;
	return NULL;
}

/* In a slot of another layout nobody is started anew: he would serve the empty one. */
static void
adopt_child(struct child *ch, struct handover_child *from, bool foreign)
{
	ch->pid = from->pid;
	ch->channel = from->channel;
	ch->life = from->life;
	ch->deadline = from->deadline;
	ch->born = from->born;
	ch->accept_until = from->accept_until;
	ch->failures = from->failures;
	ch->owed = from->owed;
	ch->level = (enum log_level)from->level;
	ch->last_death = from->last_death;
	ch->last_status = from->last_status;
	memcpy(ch->deaths, from->deaths, sizeof(ch->deaths));
	if (foreign)
		ch->life.wanted = false;
	from->channel = -1;
}

static int
adopt_children(struct crew *w, struct handover_crew *from, char *err, size_t errlen)
{
	struct handover_child *c;
	struct child *ch;

	for (c = from->child; c < from->child + from->nchildren; c++) {
		ch = adopt_slot(&w->children, c);
		if (ch == NULL || ch->pid != 0) {
			strlcpy(
			    err, "a process that was handed over has no place", errlen);
			return EX_SOFTWARE;
		}
		adopt_child(ch, c, w->foreign != NULL);
		slots_note(&w->children, ch);
	}
	return 0;
}

/* config: of the crew, taken over if it is to be owned. */
static int
adopt_crew(struct reload *r, struct handover_crew *from, struct crew *w, char *err,
    size_t errlen)
{
	const struct crew_plan plan = { .config = w->config,
		.roles = r->start->roles,
		.privilege = r->privilege,
		.passed = r->passed };
	int status;

	w->children.access_log = -1;
	status =
	    adopt_segment(w, from, adopt_is_foreign(from), r->privilege, err, errlen);
	if (status != 0)
		return status;
	adopt_sockets(w, from);
	crew_staff(w, &plan);
	w->children.heirs = true; /* whoever is started follows somebody */
	return adopt_children(w, from, err, errlen);
}

static int
adopt_config(struct reload *r, int fd, struct config **out, char *err, size_t errlen)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return r->start->load(path, out, err, errlen) == -1 ? EX_CONFIG : 0;
}

static int
adopt_all(struct reload *r, struct handover *h, char *err, size_t errlen)
{
	struct handover_crew *from;
	struct crew *w;
	int status = 0;

	for (from = h->crew; status == 0 && from < h->crew + h->ncrews; from++) {
		w = xcalloc(1, sizeof(*w));
		TAILQ_INSERT_TAIL(&r->crews, w, entry);
		w->config = r->start->config;
		if (from < h->crew + h->ncrews - 1) {
			status = adopt_config(r, from->config, &w->owned, err, errlen);
			w->config = w->owned;
		}
		if (status == 0)
			status = adopt_crew(r, from, w, err, errlen);
	}
	return status;
}

/* Each former one's counters go on in the next. */
static void
adopt_heirs(struct reload *r, const struct handover *h)
{
	const struct handover_crew *from = h->crew;
	struct crew *w;

	TAILQ_FOREACH (w, &r->crews, entry) {
		w->heir = TAILQ_NEXT(w, entry);
		adopt_told(w, from++);
	}
}

/* Given back: hydrators that were stopped for the other program begin anew. */
static void
adopt_resume(struct reload *r)
{
	struct children *c = &r->serving->children;
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++) {
		ch->life.wanted = true;
		if (ch->life.state == CHILD_DEAD)
			ch->deadline = clock_boot();
	}
}

int
adopt_crews(struct reload *r, struct handover *h, char *err, size_t errlen)
{
	int status;

	TAILQ_INIT(&r->crews);
	if ((status = adopt_all(r, h, err, errlen)) != 0)
		return status;
	adopt_heirs(r, h);
	r->serving = TAILQ_LAST(&r->crews, crews);
	log_keep(crew_log_ring(r->serving));
	facts_begin(&r->facts, r->start);
	facts_note_config(&r->facts, r->start->config);
	if (h->back) {
		adopt_resume(r);
		r->wanted = h->reload_wanted;
		return 0;
	}
	r->upgrading = r->wanted = true;
	r->wanted_also = h->reload_wanted;
	return 0;
}
