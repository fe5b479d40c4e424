/* The loop and the thread share the jobs without a lock: one that was held by a thread
 * of low priority would make the loop wait for the whole machine. */
#include "reader/coder.h"

#include <sys/resource.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/response.h"
#include "reader/blob.h"
#include "reader/page.h"

#define CODER_NICE 19 /* where SCHED_IDLE is not to be had */
#define CODER_PATIENCE 1

enum job_state {
	JOB_FREE,   /* the loop's */
	JOB_POSTED, /* the thread's, from here on */
	JOB_DONE,   /* the loop's again */
};

/* Whose the other members are is told by the state. */
struct job {
	_Atomic enum job_state state;
	uint64_t number;               /* 1, 2, ... in the order of asking */
	struct generation *generation; /* a reference of the loop's */
	struct selection selection;
	struct buf words; /* its strings */
	struct buf key;
	enum encoding encoding;
	size_t len;
	struct blob *blob; /* what was made, or NULL */
};

struct coder {
	pthread_t thread;
	sem_t posted;
	_Atomic bool stop;
	_Atomic uint64_t done; /* jobs that the thread has finished */
	uint64_t collected;    /* of them, by the loop */
	uint64_t asked;
	struct encoder *encoder; /* the thread's */
	struct job jobs[CODER_JOBS];
};

/* Of a process that ends, and so starved that its thread had no turn: the thread still
 * has it, and what looks for leaks has to find it. */
static struct coder *volatile left_behind;

static enum job_state
state_of(const struct job *job)
{
	return atomic_load_explicit(&job->state, memory_order_acquire);
}

static void
job_run(struct encoder *encoder, struct job *job)
{
	struct http_response r = { .fd = -1 };
	struct buf body = { 0 }, coded = { 0 };
	struct str text;

	page_put(&r, job->generation, &job->selection);
	if (r.nbody == 1 && r.source == NULL) {
		text = r.body[0];
	} else {
		page_drain(&r, &body);
		text = (struct str){ body.data, body.len };
	}
	encode_body(encoder, job->encoding, ENCODE_FAST, text, &coded);
	if (r.source != NULL)
		r.source->free(r.source);
	http_response_free(&r);
	buf_free(&body);
	job->blob = blob_new(&coded);
}

/* The oldest, but pages after all others. NULL: there is none. */
static struct job *
next_job(struct coder *c)
{
	struct job *next = NULL, *job;

	for (job = c->jobs; job < &c->jobs[CODER_JOBS]; job++) {
		if (state_of(job) != JOB_POSTED)
			continue;
		if (next == NULL || job->selection.rare < next->selection.rare ||
		    (job->selection.rare == next->selection.rare &&
			job->number < next->number))
			next = job;
	}
	return next;
}

static void
lower_priority(void)
{
	const struct sched_param none = { .sched_priority = 0 };

	if (sched_setscheduler(0, SCHED_IDLE, &none) == -1)
		(void)setpriority(PRIO_PROCESS, 0, CODER_NICE);
}

/* Says nothing and counts nothing: log and counters are the loop's. */
static void *
coder_main(void *arg)
{
	struct coder *c = arg;
	struct job *job;

	lower_priority();
	for (;;) {
		while (sem_wait(&c->posted) == -1 && errno == EINTR)
			;
		if (atomic_load(&c->stop))
			return NULL;
		if ((job = next_job(c)) == NULL)
			continue;
		if (!job->generation->old)
			job_run(c->encoder, job);
		atomic_store_explicit(&job->state, JOB_DONE, memory_order_release);
		atomic_fetch_add_explicit(&c->done, 1, memory_order_release);
	}
}

struct coder *
coder_new(void)
{
	struct coder *c = xcalloc(1, sizeof(*c));
	int error;

	c->encoder = encoder_new(0);
	if (sem_init(&c->posted, 0, 0) == -1)
		fatal("sem_init");
	if ((error = pthread_create(&c->thread, NULL, coder_main, c)) != 0) {
		errno = error;
		fatal("cannot start a thread");
	}
	return c;
}

/* Of a job that is the loop's, and has been the thread's. */
static void
job_end(struct job *job)
{
	job->generation->lent--;
	generation_unref(job->generation);
	job->generation = NULL;
	if (job->blob != NULL)
		blob_forget(job->blob);
	blob_unref(job->blob);
	job->blob = NULL;
	atomic_store_explicit(&job->state, JOB_FREE, memory_order_relaxed);
}

static bool
thread_ended(struct coder *c)
{
	struct timespec until;

	atomic_store(&c->stop, true);
	(void)sem_post(&c->posted);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CODER_PATIENCE;
	return pthread_timedjoin_np(c->thread, NULL, &until) == 0;
}

void
coder_free(struct coder **cp)
{
	struct coder *c = *cp;
	struct job *job;

	*cp = NULL;
	if (c == NULL)
		return;
	if (!thread_ended(c)) {
		left_behind = c;
		return;
	}
	for (job = c->jobs; job < &c->jobs[CODER_JOBS]; job++) {
		if (state_of(job) != JOB_FREE)
			job_end(job);
		buf_free(&job->words);
		buf_free(&job->key);
	}
	(void)sem_destroy(&c->posted);
	encoder_free(&c->encoder);
	free(c);
}

/* Whether the job is that of the same body. */
static bool
is_same(const struct job *job, const struct generation *g, struct str key)
{
	return state_of(job) != JOB_FREE && job->generation == g &&
	       str_eq((struct str){ job->key.data, job->key.len }, key);
}

/* Where a job for that body may be put; NULL: nowhere, or it is there already. */
static struct job *
find_place(struct coder *c, const struct generation *g, const struct selection *s,
    struct str key, size_t len)
{
	struct job *place = NULL, *job;
	size_t pages = 0, bytes = 0;

	for (job = c->jobs; job < &c->jobs[CODER_JOBS]; job++) {
		if (state_of(job) == JOB_FREE) {
			place = job;
			continue;
		}
		if (is_same(job, g, key))
			return NULL;
		pages += job->selection.rare;
		bytes += job->len;
	}
	if (s->rare && pages >= CODER_PAGES)
		return NULL;
	return bytes == 0 || bytes + len <= CODER_BYTES ? place : NULL;
}

void
coder_ask(struct coder *c, struct generation *g, const struct selection *s,
    enum encoding encoding, struct str key, size_t len)
{
	struct job *job = find_place(c, g, s, key, len);

	if (job == NULL)
		return;
	g->refs++;
	g->lent++;
	job->generation = g;
	job->number = ++c->asked;
	selection_copy(&job->selection, s, &job->words);
	buf_reset(&job->key);
	buf_add(&job->key, key.p, key.len);
	job->encoding = encoding;
	job->len = len;
	atomic_store_explicit(&job->state, JOB_POSTED, memory_order_release);
	(void)sem_post(&c->posted);
}

/* Nobody has made it meanwhile, and somebody may ask for it. */
static void
keep_made(const struct job *job)
{
	struct cache *made = job->generation->made;
	struct str key = { job->key.data, job->key.len };
	struct blob *there;

	if (job->generation->old || job->blob == NULL)
		return;
	if ((there = cache_find(made, key)) == NULL)
		cache_add(made, key, job->blob);
	blob_unref(there);
}

void
coder_collect(struct coder *c)
{
	uint64_t done = atomic_load_explicit(&c->done, memory_order_acquire);
	struct job *job;

	if (done == c->collected)
		return;
	for (job = c->jobs; job < &c->jobs[CODER_JOBS]; job++) {
		if (state_of(job) != JOB_DONE)
			continue;
		keep_made(job);
		job_end(job);
		c->collected++;
	}
}
