/* Raising, replacing and retiring crews. A second crew may be another configuration, or
 * the same one over a larger segment. */
#include "supervisor/reload.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/hosts.h"
#include "shm/segment.h"
#include "supervisor/asking.h"
#include "supervisor/carry.h"
#include "supervisor/deadline.h"
#include "supervisor/facts.h"
#include "supervisor/grow.h"
#include "supervisor/logs.h"
#include "supervisor/relief.h"
#include "supervisor/usage.h"
#include "supervisor/rights.h"
#include "supervisor/slots.h"

/* Former crews, whose clients are slow, cost processes and a copy of the snapshots
 * each. With so many alive the next reload waits: to close their idle connections
 * instead could cost a request. */
#define CREWS_MAX 6

static struct counters *
reload_counters(const struct reload *r)
{
	return crew_counters(r->serving);
}

static void
reload_raise(struct reload *r)
{
	r->deadline =
	    clock_boot() + r->rising->config->supervisor.start_timeout * NSEC_PER_SEC;
	children_tell(&r->rising->children, ROLE_READER, LIFE_WANT);
}

int
reload_open(struct reload *r, char *err, size_t errlen)
{
	const struct crew_plan plan = { .config = r->start->config,
		.roles = r->start->roles,
		.privilege = r->privilege,
		.passed = r->passed };
	int status;

	TAILQ_INIT(&r->crews);
	status = crew_open(&plan, &r->rising, err, errlen);
	if (status != 0)
		return status;
	TAILQ_INSERT_TAIL(&r->crews, r->rising, entry);
	log_keep(crew_log_ring(r->rising));
	facts_begin(&r->facts, r->start);
	facts_note_config(&r->facts, r->start->config);
	facts_write(&r->facts, CHILD_STARTING, r->rising->segment);
	return 0;
}

/* Readers first: what was saved is answered while fifteen hydrators come up. */
void
reload_start(struct reload *r)
{
	reload_raise(r);
	children_tell(&r->rising->children, ROLE_HYDRATOR, LIFE_WANT);
}

/* The old configuration stays, which is said once, and told in the metrics. */
static void
reload_refuse(struct reload *r, const char *why)
{
	strlcpy(r->text, why, sizeof(r->text));
	if (r->upgrading)
		return; /* upgrade_give_back() says it */
	log_errx("not reloaded, the old configuration stays in use: %s", why);
	counter_add(reload_counters(r), COUNTER_RELOAD_FAILURES, 1);
	atomic_store_explicit(
	    &reload_counters(r)->reload_failed, 1, memory_order_relaxed);
	r->outcome = ORDER_REFUSED;
	r->refused = true;
}

static void
reload_warn_kept(void *arg, const char *option)
{
	struct reload *r = arg;
	size_t n = strlen(r->text);

	log_warnx("%s is not changed: that takes a restart", option);
	snprintf(r->text + n, sizeof(r->text) - n,
	    "%s is not changed: that takes a restart\n", option);
}

/* Returns false if the old configuration stays; said. */
static bool
reload_load(struct reload *r, struct config **c)
{
	const struct config *old = r->serving->config;
	char err[8192];

	if (r->start->load(r->start->path, c, err, sizeof(err)) == -1) {
		reload_refuse(r, err);
		return false;
	}
	r->text[0] = '\0';
	config_keep_fixed(*c, old, reload_warn_kept, r);
	if (rights_check(*c, r->privilege, err, sizeof(err)) == -1 ||
	    logs_open(*c, r->start->foreground, err, sizeof(err)) == -1) {
		reload_refuse(r, err);
		config_free(c);
		return false;
	}
	return true;
}

/* The log is the new one's only if the new one comes up. */
static void
reload_old_log(const struct reload *r)
{
	char err[512];

	if (logs_open(r->serving->config, r->start->foreground, err, sizeof(err)) == -1)
		log_errx("%s", err);
}

static enum reload_event
reload_begin(struct reload *r)
{
	struct crew_plan plan = { .from = r->serving,
		.roles = r->start->roles,
		.privilege = r->privilege,
		.passed = r->passed };
	char err[1024];

	r->wanted = r->upgrading && r->wanted_also;
	if (!r->upgrading)
		order_begin(r->serving->segment, ORDER_OF_RELOAD);
	if (!reload_load(r, &plan.owned))
		return RELOAD_KEPT;
	plan.config = plan.owned;
	if (crew_open(&plan, &r->rising, err, sizeof(err)) != 0) {
		crew_disinherit(r->serving);
		reload_old_log(r);
		reload_refuse(r, err);
		return RELOAD_KEPT;
	}
	r->growing = false;
	TAILQ_INSERT_TAIL(&r->crews, r->rising, entry);
	reload_raise(r);
	return RELOAD_NOTHING;
}

/* The same configuration over a larger segment. */
static void
reload_grow(struct reload *r, int64_t now)
{
	const struct crew_plan plan = { .config = r->serving->config,
		.from = r->serving,
		.roles = r->start->roles,
		.privilege = r->privilege,
		.passed = r->passed };
	char err[1024];

	if (crew_open(&plan, &r->rising, err, sizeof(err)) != 0) {
		crew_disinherit(r->serving);
		grow_failed(&r->grow, now, err);
		return;
	}
	r->growing = true;
	TAILQ_INSERT_TAIL(&r->crews, r->rising, entry);
	reload_raise(r);
}

/* The new one's readers accept: nobody waits for the old one any more. */
static void
reload_retire(struct crew *old, struct crew *heir)
{
	struct child *before;
	size_t i;

	listeners_close_all(old->listeners);
	slots_carry(&old->children, &heir->children);
	children_tell(&old->children, ROLE_READER, LIFE_RETIRE);
	children_tell(&old->children, ROLE_HYDRATOR, LIFE_STOP);
	for (i = 0; i < heir->config->ncategories; i++) {
		before = crew_hydrator(old, heir->config->category[i].name);
		if (before == NULL)
			continue;
		heir->children.item[i].owed = before->owed;
		heir->children.item[i].accept_until = before->accept_until;
		before->accept_until = 0;
		heir->children.item[i].asked = before->asked;
		heir->children.item[i].asked_next = before->asked_next;
	}
}

/* Nothing was loaded: when that was, and whether it went well, is as it was. */
static void
reload_note_growth(const struct crew *old, const struct crew *w)
{
	const struct counters *from = crew_counters(old);
	struct counters *to = crew_counters(w);
	unsigned category;
	size_t need = grow_need(old->segment, &category);

	atomic_store_explicit(&to->reload_failed, counter_read(&from->reload_failed),
	    memory_order_relaxed);
	atomic_store_explicit(&to->reloaded_wall,
	    atomic_load_explicit(&from->reloaded_wall, memory_order_relaxed),
	    memory_order_relaxed);
	log_info("the segment has grown: room for snapshots of %zu bytes, before %zu; "
		 "%s needs %zu",
	    segment_capacity(w->segment), segment_capacity(old->segment),
	    segment_category_name(old->segment, category), need);
}

/* What was kept of the configuration stands there already. */
static void
reload_note_upgrade(struct reload *r)
{
	size_t n = strlen(r->text);

	snprintf(r->text + n, sizeof(r->text) - n, "%s serves in the place of %s\n",
	    r->facts.version, r->facts.before);
}

static enum reload_event
reload_commit(struct reload *r)
{
	struct crew *old = r->serving, *w = r->rising;

	r->serving = w;
	r->rising = NULL;
	r->measure = 0;
	r->grow = (struct grow){ .said = GROW_FREE };
	if (r->growing)
		reload_note_growth(old, w);
	else {
		facts_note_config(&r->facts, w->config);
		atomic_store_explicit(&reload_counters(r)->reloaded_wall,
		    r->facts.loaded_wall, memory_order_relaxed);
	}
	facts_write(&r->facts, CHILD_READY, w->segment);
	if (old == NULL)
		return RELOAD_UP;
	order_carry(old->segment, w->segment);
	if (r->upgrading && old->foreign != NULL)
		order_begin(w->segment, ORDER_OF_UPGRADE);
	crew_forget_foreign(old);
	log_keep(crew_log_ring(w));
	if (privilege_open_to_user(w->config->supervisor.core_dumps) == -1)
		reload_warn_kept(r, "supervisor.core_dumps");
	if (segment_take_name(w->segment) == -1)
		log_err("no tool will find the new shared memory: the name /dev/shm%s "
			"cannot be taken",
		    w->config->segment.name);
	reload_retire(old, w);
	if (r->growing)
		return RELOAD_NOTHING;
	if (r->upgrading)
		reload_note_upgrade(r);
	else
		counter_add(reload_counters(r), COUNTER_RELOADS, 1);
	r->outcome = ORDER_DONE;
	r->refused = false;
	return RELOAD_UP;
}

static enum reload_event
reload_abandon(struct reload *r, int64_t now)
{
	static const char why[] = "the new readers are not ready in time";

	children_tell(&r->rising->children, ROLE_MAX, LIFE_HURRY);
	r->rising = NULL;
	if (r->serving == NULL) {
		log_errx("not started: its readers are not ready in time");
		return RELOAD_FAILED;
	}
	crew_disinherit(r->serving);
	if (r->growing) {
		grow_failed(&r->grow, now, why);
		return RELOAD_NOTHING;
	}
	reload_old_log(r);
	reload_refuse(r, why);
	return RELOAD_KEPT;
}

/* A category has one hydrator at a time. */
static bool
reload_is_hydrated(const struct reload *r, const char *category)
{
	const struct child *ch;
	struct crew *w;

	TAILQ_FOREACH (w, &r->crews, entry)
		if ((ch = crew_hydrator(w, category)) != NULL &&
		    ch->life.state != CHILD_DEAD)
			return true;
	return false;
}

/* What the last hydrator published after the crew was opened comes down from crew to
 * crew, the oldest first, as far as no hydrator has begun anew. */
static void
reload_bring(struct reload *r, const char *category)
{
	const struct child *next;
	struct crew *w;
	char err[256];

	TAILQ_FOREACH (w, &r->crews, entry) {
		if (w->heir == NULL || w->children.foreign ||
		    (next = crew_hydrator(w->heir, category)) == NULL ||
		    next->born != 0)
			continue;
		hosts_carry_floors(w->segment, w->heir->segment, clock_boot());
		if (carry_category(
			w->segment, w->heir->segment, category, err, sizeof(err)) == -1)
			log_warnx("what was published last is not kept: %s", err);
	}
}

static void
reload_hand_over(struct reload *r)
{
	struct children *c = &r->serving->children;
	const char *category;
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++) {
		if (ch->role != ROLE_HYDRATOR || ch->life.wanted)
			continue;
		category = r->serving->config->category[ch->index].name;
		if (reload_is_hydrated(r, category))
			continue;
		reload_bring(r, category);
		child_tell(c, ch, LIFE_WANT);
	}
}

/* A crew that followed it only for a larger segment has the same configuration, and
 * takes it over. */
static void
reload_close_crew(struct reload *r, struct crew *w)
{
	struct crew *other;

	TAILQ_REMOVE(&r->crews, w, entry);
	if (r->leaving == w)
		r->leaving = NULL;
	TAILQ_FOREACH (other, &r->crews, entry) {
		if (other->heir == w)
			other->heir = w->heir;
		if (other->config == w->owned) {
			other->owned = w->owned;
			w->owned = NULL;
		}
	}
	crew_close(&w);
}

/* Counts what former crews still count, and frees those that are gone. */
static size_t
reload_bury(struct reload *r)
{
	struct crew *w, *next;
	size_t n = 0;

	TAILQ_FOREACH_SAFE (w, &r->crews, entry, next) {
		crew_fold(w);
		n++;
		if (w == r->serving || w == r->rising || !children_gone(&w->children))
			continue;
		reload_close_crew(r, w);
		n--;
	}
	return n;
}

bool
reload_has_room(const struct reload *r)
{
	const struct crew *w;
	size_t n = 0;

	TAILQ_FOREACH (w, &r->crews, entry)
		n++;
	return n < CREWS_MAX;
}

void
reload_ask(struct reload *r)
{
	r->wanted = true;
	if (!reload_has_room(r))
		log_info("the reload waits until readers of former ones are gone");
}

enum reload_event
reload_step(struct reload *r, int64_t now)
{
	size_t n;

	/* First: nobody may be left of a crew that has what its hydrators did last. */
	if (r->serving != NULL && r->serving->foreign == NULL && !r->saving)
		reload_hand_over(r);
	n = reload_bury(r);
	asking_step(&r->crews, r->serving, now);
	if (r->stopping) {
		relief_step(r, now);
		return RELOAD_NOTHING;
	}
	if (r->rising != NULL) {
		if (children_ready(&r->rising->children, ROLE_READER))
			return reload_commit(r);
		return deadline_is_over(&r->deadline, now) ? reload_abandon(r, now)
							   : RELOAD_NOTHING;
	}
	if (r->serving == NULL || n >= CREWS_MAX || r->held)
		return RELOAD_NOTHING;
	if (r->wanted)
		return reload_begin(r);
	if (grow_is_due(&r->grow, r->serving->config, r->serving->segment, now))
		reload_grow(r, now);
	return RELOAD_NOTHING;
}

void
reload_measure(struct reload *r, int64_t now)
{
	uint64_t former = 0;
	struct crew *w;

	if (r->serving == NULL || now < r->measure)
		return;
	r->measure = now + USAGE_INTERVAL * NSEC_PER_SEC;
	TAILQ_FOREACH (w, &r->crews, entry) {
		children_measure(&w->children);
		former += w != r->serving && w != r->rising;
	}
	usage_note(reload_counters(r), getpid());
	atomic_store_explicit(
	    &reload_counters(r)->former, former, memory_order_relaxed);
}

void
reload_report(struct reload *r)
{
	if (r->outcome == 0)
		return;
	order_end(r->serving->segment,
	    r->upgrading ? ORDER_OF_UPGRADE : ORDER_OF_RELOAD, r->outcome, r->text);
	r->outcome = 0;
	r->upgrading = false;
}

void
reload_close(struct reload *r)
{
	struct crew *w;

	while ((w = TAILQ_FIRST(&r->crews)) != NULL)
		reload_close_crew(r, w);
}
