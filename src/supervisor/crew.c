/* Making and unmaking a crew. */
#include "supervisor/crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/describe.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/hosts.h"
#include "shm/origin.h"
#include "shm/segment.h"
#include "shm/segment_adopt.h"
#include "supervisor/carry.h"
#include "supervisor/failure.h"
#include "supervisor/grow.h"
#include "supervisor/keep.h"
#include "supervisor/logs.h"
#include "supervisor/rights.h"
#include "supervisor/warm.h"

/* The items of a kind. */
static const struct config_list *
crew_addresses(const struct crew *w, enum listen_kind kind)
{
	static const struct config_list none;
	const struct config_list *const lists[LISTEN_KINDS] = {
		[LISTEN_ANSWERS] = &w->config->listen,
		[LISTEN_DASHBOARD] = config_has_dashboard(w->config)
					 ? &w->config->http.dashboard_listen
					 : &none,
		[LISTEN_METRICS] = &w->config->http.metrics_listen,
		[LISTEN_ADMIN] = &w->config->http.admin_listen,
	};

	return lists[kind];
}

bool
crew_take_socket(struct crew *w, enum listen_kind kind, int fd, const char *item)
{
	const struct config_list *list = crew_addresses(w, kind);
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->item[i], item) == 0) {
			listeners_add(&w->listeners[kind], fd, list->item[i]);
			return true;
		}
	return false;
}

static int
crew_listen(struct crew *w, const struct crew_plan *plan, char *err, size_t errlen)
{
	const struct listeners_known known = {
		.passed = plan->passed,
		.before = plan->from != NULL ? plan->from->listeners : NULL,
		.beside = w->listeners,
	};
	enum listen_kind kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++)
		if (listeners_open(kind, crew_addresses(w, kind), &known,
			&w->listeners[kind], err, errlen) == -1)
			return failure_status(errno);
	keep_warn_unserved(plan->passed, w->listeners);
	return 0;
}

/* A snapshot that is there already, in the segment of the former crew or in a file, is
 * not lost for a segment that has grown since the start. */
static size_t
crew_capacity(const struct crew *w, const struct crew *from)
{
	size_t need = warm_need(w->config), before;
	unsigned category;

	if (from != NULL && (before = grow_need(from->segment, &category)) > need)
		need = before;
	return grow_capacity(w->config, need);
}

static int
crew_make_segment(
    struct crew *w, const struct crew_plan *plan, char *err, size_t errlen)
{
	const char *names[SEGMENT_CATEGORIES_MAX];
	const struct config *c = w->config;
	char *text;
	int status;
	struct segment_spec spec = {
		.name = c->segment.name,
		.capacity = crew_capacity(w, plan->from),
		.ncategories = (unsigned)c->ncategories,
		.categories = names,
		.nprocs = children_wanted(c) + 1,
		.owner = plan->privilege->uid,
		.group = plan->privilege->gid,
		.unnamed = plan->from != NULL,
	};
	size_t i;

	if (c->ncategories > NELEM(names) || spec.nprocs > SEGMENT_PROCS_MAX) {
		snprintf(err, errlen,
		    "%zu categories and %u processes are too many (%d, %d)",
		    c->ncategories, spec.nprocs, SEGMENT_CATEGORIES_MAX,
		    SEGMENT_PROCS_MAX);
		return EX_CONFIG;
	}
	for (i = 0; i < c->ncategories; i++)
		names[i] = c->category[i].name;
	spec.config = text = config_describe(c);
	errno = 0;
	status = segment_create(&spec, &w->segment, err, errlen) == -1
		     ? failure_status(errno != 0 ? errno : EINVAL)
		     : 0;
	free(text);
	if (status != 0)
		return status;
	w->told = xcalloc(spec.nprocs, sizeof(*w->told));
	w->told_lines = xcalloc(spec.nprocs, sizeof(*w->told_lines));
	return 0;
}

static void
crew_inherit_counts(const struct crew *w, const struct crew *from, const char *url)
{
	char host[ORIGIN_SIZE];

	if (origin_of_url(url, host))
		hosts_carry_counts(from->segment, w->segment, host);
}

static void
crew_inherit_hosts(const struct crew *w, const struct crew *from)
{
	const struct config_list *places;
	size_t i, k;

	hosts_carry(from->segment, w->segment, clock_boot());
	crew_inherit_counts(w, from, w->config->horde.url);
	for (i = 0; i < w->config->ncategories; i++) {
		places = &w->config->category[i].reference;
		for (k = 0; k < places->n; k++)
			crew_inherit_counts(w, from, places->item[k]);
	}
}

/* What it leaves to an heir of its own begins with what it inherits. */
static int
crew_inherit(struct crew *w, struct crew *from, char *err, size_t errlen)
{
	size_t i;

	crew_inherit_hosts(w, from);
	for (i = 0; i < w->config->ncategories; i++)
		if (carry_category(from->segment, w->segment,
			w->config->category[i].name, err, errlen) == -1)
			return EX_TEMPFAIL;
	from->heir = w;
	crew_fold(from);
	return 0;
}

void
crew_staff(struct crew *w, const struct crew_plan *plan)
{
	w->children = (struct children){ .config = w->config,
		.segment = w->segment,
		.roles = plan->roles,
		.listeners = w->listeners,
		.counters = crew_counters(w),
		.privilege = plan->privilege,
		.access_log = logs_open_access(w->config),
		.heirs = plan->from != NULL,
		.foreign = w->foreign != NULL };
	children_init(&w->children);
}

int
crew_open(const struct crew_plan *plan, struct crew **out, char *err, size_t errlen)
{
	struct crew *w = xcalloc(1, sizeof(*w));
	int status;

	w->children.access_log = -1;
	w->config = plan->config;
	w->owned = plan->owned;
	if ((status = crew_listen(w, plan, err, errlen)) != 0 ||
	    (status = crew_make_segment(w, plan, err, errlen)) != 0 ||
	    (plan->from != NULL &&
		(status = crew_inherit(w, plan->from, err, errlen)) != 0)) {
		crew_close(&w);
		return status;
	}
	warm_make_dir(w->config, plan->privilege);
	warm_load(w->segment, w->config);
	crew_staff(w, plan);
	*out = w;
	return 0;
}

void
crew_forget_foreign(struct crew *w)
{
	struct segment_handle *f = w->foreign;

	w->foreign = NULL;
	if (f == NULL)
		return;
	close(f->fd);
	close(f->readonly);
	if (f->held != -1)
		close(f->held);
	free(f->header);
	free(f);
}

void
crew_close(struct crew **wp)
{
	struct crew *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	if (w->segment != NULL && log_kept() == crew_log_ring(w))
		log_keep(NULL);
	children_free(&w->children);
	if (w->children.access_log != -1)
		close(w->children.access_log);
	listeners_close_all(w->listeners);
	if (w->segment != NULL)
		segment_unlink(w->segment);
	segment_close(&w->segment);
	crew_forget_foreign(w);
	config_free(&w->owned);
	free(w->told);
	free(w->told_lines);
	free(w);
}

bool
crew_reopen_logs(struct crew *w)
{
	if (w->children.access_log != -1)
		close(w->children.access_log);
	w->children.access_log = logs_open_access(w->config);
	children_reopen_logs(&w->children);
	return w->children.access_log != -1 || w->config->http.access_log[0] == '\0';
}

struct counters *
crew_counters(const struct crew *w)
{
	return segment_counters(w->segment, segment_nprocs(w->segment) - 1);
}

struct log_ring *
crew_log_ring(const struct crew *w)
{
	return segment_log_ring(w->segment, segment_nprocs(w->segment) - 1);
}

/* Who has the place of slot i in the heir's segment; whose is gone, the supervisor. */
static unsigned
crew_heir_slot(const struct crew *w, unsigned i)
{
	const struct segment *to = w->heir->segment;
	unsigned first = segment_ncategories(w->segment), own = segment_nprocs(to) - 1;
	int category;

	if (i < first) {
		category =
		    segment_find_category(to, segment_category_name(w->segment, i));
		return category != -1 ? (unsigned)category : own;
	}
	i = i - first + segment_ncategories(to);
	return i < own ? i : own;
}

static void
crew_fold_lines(struct crew *w)
{
	const struct segment *to = w->heir->segment;
	unsigned i, own = segment_nprocs(w->segment) - 1;

	for (i = 0; i <= own; i++)
		log_ring_fold(segment_log_ring(to, i < own ? crew_heir_slot(w, i)
							   : segment_nprocs(to) - 1),
		    segment_log_ring(w->segment, i), &w->told_lines[i]);
}

/* Those of hydrators go to their successors: carry_category(). */
void
crew_fold(struct crew *w)
{
	unsigned i, first = segment_ncategories(w->segment);
	int latch[COUNTER_LATCHES];

	if (w->heir == NULL)
		return;
	for (i = 0; i < NELEM(latch); i++)
		latch[i] = i < first ? segment_find_category(w->heir->segment,
					   segment_category_name(w->segment, i))
				     : -1;
	for (i = first; i < segment_nprocs(w->segment); i++)
		counters_fold(crew_counters(w->heir), segment_counters(w->segment, i),
		    &w->told[i], latch);
	crew_fold_lines(w);
}

void
crew_disinherit(struct crew *w)
{
	w->heir = NULL;
	memset(w->told, 0, segment_nprocs(w->segment) * sizeof(*w->told));
	memset(w->told_lines, 0, segment_nprocs(w->segment) * sizeof(*w->told_lines));
}

struct child *
crew_hydrator(struct crew *w, const char *category)
{
	size_t i;

	for (i = 0; i < w->config->ncategories; i++)
		if (strcmp(w->config->category[i].name, category) == 0)
			return &w->children.item[i];
	return NULL;
}

static void
crew_announce_sockets(const struct listeners *l, const char *what)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		log_info("%s on %s", what, l->name[i]);
}

void
crew_refresh(const struct crews *crews, const char *category)
{
	struct child *ch;
	struct crew *w;

	TAILQ_FOREACH (w, crews, entry)
		if ((ch = crew_hydrator(w, category)) != NULL)
			child_order_refresh(&w->children, ch);
}

/* Tests and operators find the port here. */
void
crew_announce(const struct crew *w)
{
	const struct listeners *l = &w->listeners[LISTEN_ANSWERS];
	struct buf line = { 0 };
	char trouble[512];
	size_t i;

	if (!rights_room(w->config, trouble, sizeof(trouble)))
		log_warnx("%s", trouble);
	crew_announce_sockets(l, "listening");
	crew_announce_sockets(&w->listeners[LISTEN_DASHBOARD], "the dashboard");
	crew_announce_sockets(&w->listeners[LISTEN_METRICS], "metrics");
	crew_announce_sockets(&w->listeners[LISTEN_ADMIN], "orders");
	buf_puts(&line, "serving");
	for (i = 0; i < w->config->ncategories; i++)
		buf_printf(&line, "%s %s", i ? "," : "", w->config->category[i].name);
	buf_puts(&line, " on");
	for (i = 0; i < l->n; i++)
		buf_printf(&line, "%s %s", i ? "," : "", l->name[i]);
	log_info("%.*s with %lld reader%s", (int)line.len, line.data,
	    (long long)w->config->readers, w->config->readers == 1 ? "" : "s");
	buf_free(&line);
}
