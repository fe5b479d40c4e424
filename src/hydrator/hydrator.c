/* The loop of a hydrator: wait, run a cycle, tell the supervisor, wait. */
#include "hydrator/hydrator.h"

#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "hydrator/accept.h"
#include "hydrator/account.h"
#include "hydrator/cycle.h"
#include "hydrator/evidence.h"
#include "hydrator/follow.h"
#include "hydrator/gate_file.h"
#include "hydrator/keep.h"
#include "hydrator/memory.h"
#include "hydrator/reach.h"
#include "hydrator/recall.h"
#include "hydrator/refresh.h"
#include "hydrator/schedule.h"
#include "proc/channel.h"
#include "proc/sandbox.h"
#include "shm/counters.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "upstream/watch.h"

#define HYDRATOR_BEAT_MS 1000
/* A predecessor that was told to stop gets so long to leave. */
#define HYDRATOR_LOCK_WAIT (10 * NSEC_PER_SEC)
#define HYDRATOR_LOCK_STEP_MS 100
#define TICK_MET INT64_MIN
_Static_assert(GATE_FILE_DOCUMENTS == INPUT_MAX, "a gate for each document");
/* Between the first cycles of two categories: fifteen that ask at once, perhaps of one
 * host, would be a burst for it and for a small machine. */
#define HYDRATOR_SPACING (100 * NSEC_PER_MSEC)
/* The lowest priority: a reader that shares the processor must not wait for a cycle. */
#define HYDRATOR_NICE 19

struct hydrator {
	const struct child_context *ctx;
	struct counters *counters;
	struct memory memory;
	struct cycle cycle;
	struct schedule schedule;
	struct source_wait wait; /* of a cycle */
	struct keeper *keeper;
	struct evidence *evidence; /* NULL: no history is kept */
	struct follow *follow;     /* NULL: no fleet */
	struct watch *watch;       /* NULL: no local source, or no automatic cycles */
	unsigned failures;         /* cycles in a row */
	int64_t start; /* clock_boot() before which there is no cycle, but by order */
	int64_t due;   /* the next cycle */
	int64_t tick;  /* the next one, clock_boot(), or TICK_MET */
	bool alone;    /* in a fleet that it does not reach */
	bool stop;
	bool accept;    /* an order to accept what the gate refuses has come, */
	bool accepting; /* and the next cycle carries it out */
	bool refresh;   /* a cycle was asked for; many askings are one */
};

static void
hydrator_obey(
    struct hydrator *h, const struct channel_message *m, const int files[CHANNEL_FILES])
{
	switch (m->type) {
	case CHANNEL_REFRESH:
		h->refresh = true;
		refresh_ask(&h->cycle);
		break;
	case CHANNEL_ACCEPT:
		h->accept = true;
		break;
	case CHANNEL_LEVEL:
		proc_child_level(m->value);
		break;
	case CHANNEL_STOP:
		h->stop = true;
		break;
	case CHANNEL_REOPEN:
		if (files[CHANNEL_LOG] != -1)
			log_adopt(files[CHANNEL_LOG]);
		break;
	default:
		log_warnx("order %u is unknown", m->type);
	}
}

/* Beats, saves, and takes all orders there are. Returns false if it is time to leave.
 */
static bool
hydrator_attend(void *arg)
{
	struct hydrator *h = arg;
	struct channel_message m;
	int files[CHANNEL_FILES], rc;
	bool news;

	proc_child_beat(h->counters);
	demand_look(&h->cycle.demand, h->ctx->segment, h->cycle.latch, clock_boot());
	news = keep_attend(h->keeper);
	/* Whoever is alone is one of many, and they would all post the same. */
	news |= evidence_attend(h->evidence, follow_hydrates(h->follow) && !h->alone,
	    &h->cycle.ledger.history);
	if (news)
		account_write(&h->cycle);
	follow_attend(h->follow);
	trouble_remind(&h->cycle.trouble, h->cycle.section->name);
	while ((rc = channel_recv_files(h->ctx->channel, &m, files)) == 1)
		hydrator_obey(h, &m, files);
	if (rc == 0) /* the supervisor is gone */
		h->stop = true;
	else if (errno != EAGAIN && errno != EINTR) {
		log_warn("orders cannot be read");
		h->stop = true;
	}
	return !h->stop;
}

/* Sleeps until something comes, or `until`, or the next beat. */
static void
hydrator_sleep(const struct hydrator *h, int64_t until)
{
	struct pollfd pfd[] = {
		{ .fd = h->ctx->channel, .events = POLLIN },
		{ .fd = watch_fd(h->watch), .events = POLLIN },
		{ .fd = follow_fd(h->follow), .events = POLLIN },
	};
	int64_t left = until - clock_boot();
	int ms = HYDRATOR_BEAT_MS;

	if (left < ms * NSEC_PER_MSEC)
		ms = left > 0 ? (int)(left / NSEC_PER_MSEC) + 1 : 0;
	if (poll(pfd, NELEM(pfd), ms) == -1 && errno != EINTR)
		fatal("poll");
}

/* A schedule that begins with a cycle at a tick; one that is over is late. */
static void
hydrator_begin(struct hydrator *h, int64_t tick, int64_t period, double jitter)
{
	h->schedule.origin = tick;
	h->due = h->tick = tick > h->start ? tick : h->start;
	h->schedule.period = period;
	h->schedule.jitter = jitter;
}

/* A new leader goes on where the last one was, later if its own last cycles failed. */
static void
hydrator_lead(struct hydrator *h)
{
	const struct config *c = h->ctx->config;
	int64_t now = clock_boot(), due = now + follow_first_cycle(h->follow), retry;

	h->alone = false;
	if (counter_read(&h->counters->failures_in_row) == 0)
		h->failures = 0; /* somebody's cycle was good since */
	hydrator_begin(
	    h, due, c->hydration.interval * NSEC_PER_SEC, c->hydration.jitter);
	retry = schedule_next(&h->schedule, h->failures, now, arc4random());
	if (h->failures > 0 && retry > h->due)
		h->due = h->tick = retry;
}

/* Machines that have lost Redis at the same moment do not ask the upstream at the same
 * moment, and seldom; one that has nothing asks at once. */
static void
hydrator_be_alone(struct hydrator *h)
{
	int64_t interval = h->ctx->config->hydration.interval * NSEC_PER_SEC;
	bool empty = snapshot_generation(h->ctx->segment, h->cycle.latch) == 0;
	double late =
	    (double)(empty ? NSEC_PER_SEC : interval / 2) * arc4random() / UINT32_MAX;

	h->alone = true;
	hydrator_begin(h, clock_boot() + (int64_t)late, 2 * interval, 0.5);
	if (!h->schedule.periodic && !empty)
		h->due = h->tick = SCHEDULE_NEVER;
}

/* Takes from the fleet what has arrived, and the schedule that follows from it. */
static void
hydrator_follow(struct hydrator *h)
{
	switch (follow_step(h->follow, &h->wait)) {
	case FOLLOW_LEADS:
		hydrator_lead(h);
		break;
	case FOLLOW_ALONE:
		hydrator_be_alone(h);
		break;
	case FOLLOW_FOLLOWS:
		h->due = h->tick = SCHEDULE_NEVER;
		break;
	case FOLLOW_SAME:
		return;
	}
	account_next(&h->cycle, h->due);
}

/* Orders that are for whoever runs the cycles. */
static void
hydrator_pass_on(struct hydrator *h)
{
	if (h->accept)
		accept_elsewhere(&h->cycle, follow_leader(h->follow));
	if (h->refresh || refresh_is_open(&h->cycle)) {
		follow_ask(h->follow);
		refresh_elsewhere(&h->cycle, follow_leader(h->follow));
	}
	h->accept = h->refresh = false;
}

/* Whether a cycle is to begin now. */
static bool
hydrator_is_due(struct hydrator *h)
{
	int64_t now = clock_boot();
	bool changed = watch_take(h->watch, now);

	hydrator_follow(h);
	h->refresh |= follow_is_asked(h->follow);
	if (!follow_hydrates(h->follow)) {
		hydrator_pass_on(h);
		return false;
	}
	if (changed) {
		log_info("%s: a local source has changed", h->cycle.section->name);
		h->cycle.changed = true;
		return true;
	}
	if (h->accept)
		h->accepting = accept_begin(&h->cycle);
	h->accept = false;
	return h->refresh || h->accepting || now >= h->due;
}

/* Returns true when a cycle is due, or earlier if a refresh is wanted or a local source
 * has changed; false to leave. */
static bool
hydrator_wait(struct hydrator *h)
{
	int64_t changed, due;

	while (hydrator_attend(h)) {
		if (hydrator_is_due(h))
			return true;
		changed = watch_due(h->watch);
		due = follow_hydrates(h->follow) ? h->due : SCHEDULE_NEVER;
		hydrator_sleep(h, changed < due ? changed : due);
	}
	return false;
}

/* Becomes the category's only writer. Returns 0, or -1: logged, or told to stop. */
static int
hydrator_lock(struct hydrator *h)
{
	int64_t deadline = clock_boot() + HYDRATOR_LOCK_WAIT;
	char err[256];

	while (publisher_open(h->ctx->segment, h->cycle.latch, HYDRATOR_LOCK_STEP_MS,
		   &h->cycle.publisher, err, sizeof(err)) == -1) {
		if (errno != EWOULDBLOCK || clock_boot() >= deadline) {
			log_warnx("%s: %s", h->cycle.section->name, err);
			return -1;
		}
		if (!hydrator_attend(h))
			return -1;
	}
	return 0;
}

/* Not after the first cycle: an upstream that is slow must not make it look hung. */
static void
hydrator_tell(const struct hydrator *h, uint64_t generation)
{
	if (channel_send(h->ctx->channel, CHANNEL_READY, generation) == -1)
		log_warn("readiness cannot be told");
}

/* What the gate compares with is in the ledger if a predecessor of this run left it,
 * else in its file, else guessed from the snapshot. */
static void
hydrator_recall(struct hydrator *h)
{
	const struct config *c = h->ctx->config;
	const char *category = h->cycle.section->name;
	char err[512];

	if (c->state_dir[0] != '\0' &&
	    gate_load(c->state_dir, category, c->hydration.stale_if_error, clock_wall(),
		h->cycle.gate, err, sizeof(err)) == -1)
		log_warnx("%s: what the gate compared is forgotten: %s", category, err);
	recall(&h->cycle);
}

static int
hydrator_open(struct hydrator *h)
{
	const struct config *c = h->ctx->config;
	int latch;
	char err[256];

	h->counters = segment_counters(h->ctx->segment, h->ctx->slot);
	h->cycle.config = c;
	h->cycle.section = &c->category[h->ctx->index];
	h->cycle.counters = h->counters;
	h->cycle.memory = &h->memory;
	latch = segment_find_category(h->ctx->segment, h->cycle.section->name);
	if (latch == -1)
		fatalx("the segment has no category %s", h->cycle.section->name);
	h->cycle.segment = h->ctx->segment;
	h->cycle.latch = (unsigned)latch;
	if (!hydrator_attend(h) || hydrator_lock(h) == -1)
		return -1;
	if (cycle_open(&h->cycle, err, sizeof(err)) == -1) {
		log_warnx("%s: %s", h->cycle.section->name, err);
		return -1;
	}
	if (c->hydration.enabled)
		h->watch =
		    watch_open((const char *const *)h->cycle.section->reference.item,
			h->cycle.section->reference.n);
	hydrator_recall(h);
	h->cycle.evidence = h->evidence = evidence_open(c, h->cycle.category);
	h->keeper = keep_open(h->ctx->segment, h->cycle.latch, c->state_dir,
	    h->cycle.gate, &h->cycle.ledger);
	log_info("hydrating %s from %s%s%s", h->cycle.section->name,
	    h->cycle.section->reference.item[0],
	    c->upstream.proxy[0] != '\0' ? " by proxy " : "", c->upstream.proxy);
	hydrator_tell(h, snapshot_generation(h->ctx->segment, h->cycle.latch));
	return 0;
}

/* Returns whether nothing of it goes on. */
static bool
hydrator_close(struct hydrator *h)
{
	bool over = follow_close(&h->follow); /* soon, so that another machine leads */

	over &= evidence_close(&h->evidence);
	keep_close(&h->keeper); /* while nobody else may publish or save */
	watch_close(&h->watch);
	cycle_close(&h->cycle);
	publisher_close(&h->cycle.publisher);
	memory_close(&h->memory);
	return over;
}

/* Whether the next cycle has time until its tick. */
static bool
hydrator_is_content(enum cycle_result result)
{
	return result == CYCLE_PUBLISHED || result == CYCLE_REFUSED ||
	       result == CYCLE_NO_ROOM;
}

/* A tick or an order wants all documents to be fetched, another cycle only what was not
 * had since. */
static enum cycle_result
hydrator_cycle(struct hydrator *h)
{
	int64_t now = clock_boot();
	enum cycle_result result;

	h->refresh |= h->accepting;
	h->cycle.forced = h->refresh;
	if (h->refresh || now >= h->tick) {
		h->cycle.fetch_since = now;
		refresh_begin(&h->cycle);
	}
	if (now >= h->tick)
		h->tick = TICK_MET;
	h->refresh = false;
	follow_begin(h->follow, schedule_last(&h->schedule, now));
	result = cycle_run(&h->cycle, &h->wait);
	follow_end(h->follow, result);
	refresh_end(&h->cycle, result);
	h->cycle.changed = false;
	if (h->accepting)
		accept_end(&h->cycle, result);
	h->accepting = false;
	return result;
}

/* Returns when the next cycle is due. A tick that was not met yet stays as it is, also
 * if it came during a cycle that did not fetch all. Where nobody may be asked it is
 * tried when somebody may. */
static int64_t
hydrator_schedule(struct hydrator *h, enum cycle_result result)
{
	uint32_t random = arc4random();
	/* Whoever is alone with something to serve is one of many, perhaps. */
	bool patient =
	    h->alone && snapshot_generation(h->ctx->segment, h->cycle.latch) != 0;
	int64_t now = clock_boot(), due;

	if (h->tick == TICK_MET)
		h->tick = schedule_next(&h->schedule, 0, now, random);
	if (result == CYCLE_IDLE)
		due = now + (h->cycle.unsent_wait > NSEC_PER_SEC ? h->cycle.unsent_wait
								 : NSEC_PER_SEC);
	else
		due =
		    schedule_next(&h->schedule, patient ? 0 : h->failures, now, random);
	return due < h->tick ? due : h->tick;
}

static void
hydrator_loop(struct hydrator *h)
{
	const struct config *c = h->ctx->config;
	struct permits permits = {
		.segment = h->ctx->segment,
		.state_dir = c->state_dir,
		.category = h->cycle.section->name,
	};
	enum cycle_result result;

	h->wait = (struct source_wait){
		.fd = h->ctx->channel,
		.attend = hydrator_attend,
		.arg = h,
		.permits = &permits,
		.timeout = c->upstream.cycle_timeout,
	};
	h->start = clock_boot() + h->ctx->index * HYDRATOR_SPACING;
	if (!h->ctx->follows)
		h->start += c->hydration.startup_delay * NSEC_PER_SEC;
	h->schedule.periodic = c->hydration.enabled;
	hydrator_begin(
	    h, h->start, c->hydration.interval * NSEC_PER_SEC, c->hydration.jitter);
	if ((h->follow = follow_open(&h->cycle)) != NULL)
		h->due = h->tick = SCHEDULE_NEVER;
	while (hydrator_wait(h)) {
		result = hydrator_cycle(h);
		if (result == CYCLE_STOPPED)
			break;
		if (result != CYCLE_IDLE)
			h->failures = hydrator_is_content(result) ? 0 : h->failures + 1;
		h->due = hydrator_schedule(h, result);
		account_next(&h->cycle, h->due);
	}
}

int
hydrator_main(const struct child_context *ctx)
{
	struct hydrator h = { .ctx = ctx };
	int status = 1;

	memory_open(&h.memory, ctx->config->hydration.max_memory);
	reach_limit(ctx);
	sandbox_enter(ROLE_HYDRATOR, ctx);
	if (hydrator_open(&h) == 0) {
		/* Not before it has said that it is ready: there is a deadline for
		 * that, and on a busy machine the lowest priority may get no time at
		 * all. */
		if (setpriority(PRIO_PROCESS, 0, HYDRATOR_NICE) == -1)
			log_warn("the priority cannot be lowered");
		hydrator_loop(&h);
		status = 0;
	} else if (h.stop)
		status = 0;
	/* A thread may be in the middle of TLS, whose library exit(3) takes down. */
	if (!hydrator_close(&h))
		_exit(status);
	return status;
}
