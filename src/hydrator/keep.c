/* Saving generations, each in a task of its own. */
#include "hydrator/keep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/task.h"
#include "payload/view.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "shm/state.h"

#define KEEP_ERROR_MAX 512

struct keeper {
	const struct segment *segment;
	unsigned latch;
	struct state_id id;
	const struct gate *gates;
	struct ledger *ledger;
	int64_t due; /* clock_boot() before which nothing is saved */
	uint64_t saved;
	char warned[KEEP_ERROR_MAX]; /* "": the last saving was good */

	struct task task;
	/* The task's until it has ended. */
	struct gate copy[GATE_FILE_DOCUMENTS]; /* of the gates */
	uint64_t generation;                   /* 0: failed, and why is in err */
	char err[KEEP_ERROR_MAX];
};

struct keeper *
keep_open(const struct segment *seg, unsigned latch, const char *dir,
    const struct gate gates[GATE_FILE_DOCUMENTS], struct ledger *ledger)
{
	struct keeper *k;

	if (dir[0] == '\0')
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->segment = seg;
	k->latch = latch;
	k->gates = gates;
	k->ledger = ledger;
	k->id = (struct state_id){
		.dir = dir,
		.category = segment_category_name(seg, latch),
		.format = VIEW_MAGIC,
		.boot_id = segment_boot_id(seg),
	};
	k->due = clock_boot();
	if (snapshot_generation(seg, latch) != 0)
		k->due += KEEP_INTERVAL * NSEC_PER_SEC;
	return k;
}

/* Takes a copy of its own, as a reader does: what is saved was checked once more. */
static void
keep_work(void *arg)
{
	struct keeper *k = arg;
	struct snapshot *s = NULL;
	enum snapshot_verdict verdict = snapshot_take(k->segment, k->latch, 0, &s);

	k->generation = 0;
	if (verdict != SNAPSHOT_FRESH)
		snprintf(k->err, sizeof(k->err), "it cannot be copied (%s)",
		    snapshot_verdict_name(verdict));
	else if (state_save(
		     &k->id, s->data, s->len, &s->stamp, k->err, sizeof(k->err)) == 0 &&
		 gate_save(k->id.dir, k->id.category, k->copy, clock_wall(), k->err,
		     sizeof(k->err)) == 0)
		k->generation = s->generation;
	snapshot_release(&s);
}

static void
keep_warn(struct keeper *k)
{
	counter_add(segment_counters(k->segment, k->latch), COUNTER_SAVE_FAILURES, 1);
	k->ledger->unsaved_wall = clock_wall();
	ledger_put(k->ledger->unsaved, sizeof(k->ledger->unsaved), k->err);
	if (strcmp(k->warned, k->err) == 0)
		return;
	strlcpy(k->warned, k->err, sizeof(k->warned));
	log_errx("%s is not saved, a restart would find older data or none: %s",
	    k->id.category, k->err);
}

static void
keep_report(struct keeper *k)
{
	struct counters *counters = segment_counters(k->segment, k->latch);

	if (k->generation == 0) {
		keep_warn(k);
		return;
	}
	k->saved = k->generation;
	counter_add(counters, COUNTER_SAVES, 1);
	atomic_store_explicit(
	    &counters->saved_wall, clock_wall(), memory_order_relaxed);
	if (k->warned[0] != '\0')
		log_info("%s is saved again", k->id.category);
	k->warned[0] = '\0';
	log_debug("saved generation %" PRIu64 " of %s", k->saved, k->id.category);
}

static void
keep_start(struct keeper *k)
{
	int rc;

	memcpy(k->copy, k->gates, sizeof(k->copy));
	k->due = clock_boot() + KEEP_INTERVAL * NSEC_PER_SEC;
	if ((rc = task_start(&k->task, keep_work, k)) == 0)
		return;
	snprintf(k->err, sizeof(k->err), "no thread for it: %s", strerror(rc));
	keep_warn(k);
}

static bool
keep_is_wanted(const struct keeper *k)
{
	uint64_t generation = snapshot_generation(k->segment, k->latch);

	return generation != 0 && generation != k->saved;
}

bool
keep_attend(struct keeper *k)
{
	int64_t before;

	if (k == NULL)
		return false;
	before = k->ledger->unsaved_wall;
	if (task_ended(&k->task))
		keep_report(k);
	if (!k->task.running && clock_boot() >= k->due && keep_is_wanted(k))
		keep_start(k);
	return k->ledger->unsaved_wall != before;
}

/* Returns false if the task is still at it by the deadline. */
static bool
keep_wait(struct keeper *k, const struct timespec *deadline)
{
	if (!k->task.running)
		return true;
	if (!task_wait(&k->task, deadline))
		return false;
	keep_report(k);
	return true;
}

void
keep_close(struct keeper **kp)
{
	struct keeper *k = *kp;
	struct timespec deadline = task_deadline(KEEP_PATIENCE);
	bool ended;

	*kp = NULL;
	if (k == NULL)
		return;
	ended = keep_wait(k, &deadline);
	if (ended && keep_is_wanted(k)) {
		keep_start(k);
		ended = keep_wait(k, &deadline);
	}
	if (ended)
		free(k);
	else
		log_errx("%s is not saved: after %d s %s still does not answer",
		    k->id.category, KEEP_PATIENCE, k->id.dir);
}
