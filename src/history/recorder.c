/* What a task has is its own until it has ended; then all is the hydrator's. */
#include "history/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/task.h"
#include "history/store.h"
#include "history/store_file.h"

#define RECORDER_ERROR_MAX 512
/* A file that was made anew is damaged at once if the disk is. */
#define RECORDER_TRIES 2

struct recorder {
	const char *dir, *category;
	const struct history_rule *rule;
	struct history *history; /* NULL: not read yet, or off */
	struct recorder_view view;
	int64_t due; /* clock_boot() before which nothing is tried */
	char warned[RECORDER_ERROR_MAX]; /* "": the last task went well */
	bool taken;                      /* said: two write the file */
	_Atomic bool stop;

	struct task task;
	/* The task's until it has ended. */
	void (*work)(struct recorder *);
	char path[PATH_MAX]; /* "": not found yet */
	struct store_settings settings;
	struct store *store;         /* NULL: closed */
	struct history *read;        /* what was read */
	struct history_batch *batch; /* what is to be written */
	bool anew;                   /* the store is an empty one now */
	enum store_verdict verdict;
	uint64_t bytes;
	char err[RECORDER_ERROR_MAX];
	char
	    damage[RECORDER_ERROR_MAX]; /* "": the file goes on; else why it does not */
};

struct recorder *
recorder_open(const char *dir, const char *category, const struct history_rule *rule)
{
	struct recorder *r;

	if (dir[0] == '\0')
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->dir = dir;
	r->category = category;
	r->rule = rule;
	r->view.error = r->warned;
	r->settings = (struct store_settings){ r->path, rule, &r->stop };
	return r;
}

struct history *
recorder_history(const struct recorder *r)
{
	return r != NULL ? r->history : NULL;
}

void
recorder_look(const struct recorder *r, struct recorder_view *view)
{
	*view = r != NULL ? r->view : (struct recorder_view){ .error = "" };
}

/*
 * In the task.
 */

static bool
recorder_find(struct recorder *r)
{
	if (r->path[0] != '\0' || store_file_find(r->path, r->dir, r->category) == 0)
		return true;
	snprintf(r->err, sizeof(r->err), "%s: %s", r->dir, strerror(errno));
	r->path[0] = '\0';
	return false;
}

/* If the file cannot be set aside, somebody else has to do it. */
static enum store_verdict
recorder_set_aside(struct recorder *r)
{
	char aside[PATH_MAX], why[RECORDER_ERROR_MAX];

	store_close(&r->store);
	strlcpy(why, r->err, sizeof(why));
	if (store_file_set_aside(r->path, clock_wall() / NSEC_PER_SEC, aside) == -1) {
		snprintf(r->err, sizeof(r->err), "%.400s; cannot be set aside: %s", why,
		    strerror(errno));
		return STORE_LATER;
	}
	snprintf(r->damage, sizeof(r->damage), "%.300s; it is %s now", why,
	    strrchr(aside, '/') + 1);
	r->anew = true;
	return STORE_DAMAGED;
}

static enum store_verdict
recorder_begin_another(struct recorder *r)
{
	store_close(&r->store);
	strlcpy(r->damage, r->err, sizeof(r->damage));
	r->anew = true;
	return STORE_DAMAGED;
}

static enum store_verdict
recorder_read_once(struct recorder *r)
{
	enum store_verdict verdict =
	    store_open(&r->settings, &r->store, r->err, sizeof(r->err));

	if (verdict != STORE_GOOD)
		return verdict;
	r->read = history_new(r->rule);
	verdict = store_load(r->store, r->read, r->err, sizeof(r->err));
	if (verdict == STORE_GOOD)
		return verdict;
	history_free(&r->read);
	store_close(&r->store);
	return verdict;
}

static void
recorder_read(struct recorder *r)
{
	unsigned tries = RECORDER_TRIES;

	r->verdict = STORE_LATER;
	if (!recorder_find(r))
		return;
	do
		if ((r->verdict = recorder_read_once(r)) == STORE_DAMAGED)
			r->verdict = recorder_set_aside(r);
	while (r->verdict == STORE_DAMAGED && --tries > 0);
}

static void
recorder_write(struct recorder *r)
{
	r->verdict = STORE_GOOD;
	if (r->store == NULL)
		r->verdict =
		    store_open(&r->settings, &r->store, r->err, sizeof(r->err));
	if (r->verdict == STORE_GOOD)
		r->verdict = store_write(r->store, r->batch, r->err, sizeof(r->err));
	if (r->verdict == STORE_DAMAGED)
		r->verdict = recorder_set_aside(r);
	else if (r->verdict == STORE_GONE)
		r->verdict = recorder_begin_another(r);
	else if (r->verdict == STORE_TAKEN)
		store_close(&r->store);
}

static void
recorder_finish(struct recorder *r)
{
	r->verdict = STORE_GOOD;
	if (r->batch != NULL)
		recorder_write(r);
	store_close(&r->store);
}

static void
recorder_work(void *arg)
{
	struct recorder *r = arg;

	r->work(r);
	r->bytes = store_file_bytes(r->path);
}

/*
 * In the hydrator's own.
 */

static void
recorder_warn(struct recorder *r)
{
	r->view.failures++;
	r->due = clock_boot() + RECORDER_RETRY * NSEC_PER_SEC;
	if (strcmp(r->warned, r->err) == 0)
		return;
	strlcpy(r->warned, r->err, sizeof(r->warned));
	if (r->verdict == STORE_NEWER)
		log_errx("%s has no history: %s", r->category, r->err);
	else if (r->history == NULL)
		log_errx("the history of %s cannot be read: %s", r->category, r->err);
	else
		log_errx("the history of %s is not recorded: %s", r->category, r->err);
}

static void
recorder_tell_damage(struct recorder *r)
{
	if (r->damage[0] == '\0')
		return;
	r->view.damaged++;
	log_warnx("the history of %s begins anew: %s", r->category, r->damage);
	r->damage[0] = '\0';
}

static void
recorder_note_read(struct recorder *r)
{
	r->view.off = r->verdict == STORE_NEWER;
	if (r->verdict != STORE_GOOD)
		return;
	r->history = r->read;
	r->read = NULL;
	log_debug("the history of %s has %" PRIu64 " models", r->category,
	    history_count(r->history)->models);
}

/* What is in memory goes into a new file whole. What another process has made of the
 * file is the history now, in which the next publication tells the rest. */
static void
recorder_note_written(struct recorder *r)
{
	bool written = r->verdict == STORE_GOOD;

	history_batch_done(r->history, &r->batch, written);
	if (written) {
		r->view.written++;
		r->view.written_at = clock_wall();
	}
	if (r->anew)
		history_record_all(r->history);
	if (r->verdict == STORE_TAKEN)
		history_free(&r->history);
}

/* While a daemon takes over from another once; else, each time, one line in all. */
static void
recorder_tell_taken(struct recorder *r)
{
	r->view.failures++;
	if (!r->taken)
		log_warnx("the history of %s is read anew: %s", r->category, r->err);
	r->taken = true;
}

static void
recorder_report(struct recorder *r)
{
	recorder_tell_damage(r);
	r->view.bytes = r->bytes;
	if (r->work == recorder_read)
		recorder_note_read(r);
	else if (r->batch != NULL)
		recorder_note_written(r);
	r->anew = false;
	/* Reading that was given up at a stop is no fault. */
	if (r->history == NULL && atomic_load(&r->stop))
		return;
	if (r->verdict == STORE_LATER || r->verdict == STORE_NEWER)
		recorder_warn(r);
	else if (r->verdict == STORE_TAKEN)
		recorder_tell_taken(r);
	else if (r->verdict == STORE_DAMAGED) /* told already */
		r->due = clock_boot() + RECORDER_RETRY * NSEC_PER_SEC;
	else if (r->warned[0] != '\0') {
		log_info("the history of %s is recorded again", r->category);
		r->warned[0] = '\0';
	}
}

static void
recorder_start(struct recorder *r, void (*work)(struct recorder *))
{
	int rc;

	r->work = work;
	if ((rc = task_start(&r->task, recorder_work, r)) == 0)
		return;
	r->verdict = STORE_LATER;
	snprintf(r->err, sizeof(r->err), "no thread for it: %s", strerror(rc));
	recorder_report(r);
}

void
recorder_attend(struct recorder *r)
{
	if (r == NULL)
		return;
	if (task_ended(&r->task))
		recorder_report(r);
	if (r->task.running || r->view.off || clock_boot() < r->due)
		return;
	if (r->history == NULL)
		recorder_start(r, recorder_read);
	else if ((r->batch = history_take_batch(r->history)) != NULL)
		recorder_start(r, recorder_write);
}

/* Returns false if the task is still at it by the deadline. */
static bool
recorder_wait(struct recorder *r, const struct timespec *deadline)
{
	if (!r->task.running)
		return true;
	if (!task_wait(&r->task, deadline))
		return false;
	recorder_report(r);
	return true;
}

static void
recorder_free(struct recorder *r)
{
	history_free(&r->history);
	free(r);
}

bool
recorder_close(struct recorder **rp)
{
	struct recorder *r = *rp;
	struct timespec deadline = task_deadline(RECORDER_PATIENCE);
	bool ended;

	*rp = NULL;
	if (r == NULL)
		return true;
	atomic_store(&r->stop, true);
	ended = recorder_wait(r, &deadline);
	if (ended) {
		if (r->history != NULL)
			r->batch = history_take_batch(r->history);
		recorder_start(r, recorder_finish);
		ended = recorder_wait(r, &deadline);
	}
	if (ended)
		recorder_free(r);
	else
		log_errx("the history of %s is not recorded: after %d s %s still does "
			 "not answer",
		    r->category, RECORDER_PATIENCE, r->dir);
	return ended;
}
