/* The thread that takes generations. */
#include "reader/taker.h"

#include <sys/resource.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

/* As low as a hydrator's: on a processor that it shares with the loop, the loop goes
 * first. On Linux a thread has a priority of its own. */
#define TAKER_NICE 19

enum task_state {
	TASK_IDLE,   /* the loop's */
	TASK_POSTED, /* the thread's, from here on */
	TASK_DONE,   /* the loop's again */
};

/* Whose the other members are is told by the state. */
struct task {
	_Atomic enum task_state state;
	unsigned latch;
	uint64_t known;
	struct taken taken;
};

struct grave {
	struct grave *next;
	struct generation *generation; /* or NULL */
	struct cache *made;            /* or NULL */
};

struct taker {
	const struct segment *segment;
	pthread_t thread;
	sem_t posted;
	_Atomic bool stop;
	struct task tasks[CATEGORY_MAX];
	/* A stack: the loop adds to it, the thread takes it whole. It is empty before
	 * the thread takes anything, so no more is ever in it than the loop let go of
	 * between two generations. */
	_Atomic(struct grave *) graves;
};

struct taken
taker_take(const struct segment *segment, unsigned latch, enum category category,
    uint64_t known)
{
	struct snapshot *snapshot = NULL;
	struct taken taken = { .generation = NULL };

	taken.verdict = snapshot_take(segment, latch, known, &snapshot);
	if (taken.verdict != SNAPSHOT_FRESH)
		return taken;
	taken.generation = generation_new(snapshot, category);
	if (taken.generation == NULL)
		taken.verdict = SNAPSHOT_FOREIGN;
	return taken;
}

static void
free_graves(struct taker *t)
{
	struct grave *grave = atomic_exchange(&t->graves, NULL), *next;

	for (; grave != NULL; grave = next) {
		next = grave->next;
		cache_free(&grave->made);
		generation_unref(grave->generation);
		free(grave);
	}
}

static void
run_tasks(struct taker *t)
{
	struct task *task;

	for (int i = 0; i < CATEGORY_MAX; i++) {
		task = &t->tasks[i];
		if (atomic_load_explicit(&task->state, memory_order_acquire) !=
		    TASK_POSTED)
			continue;
		free_graves(t);
		task->taken =
		    taker_take(t->segment, task->latch, (enum category)i, task->known);
		atomic_store_explicit(&task->state, TASK_DONE, memory_order_release);
	}
}

/* Says nothing and counts nothing: log and counters are the loop's. */
static void *
taker_main(void *arg)
{
	struct taker *t = arg;

	(void)setpriority(PRIO_PROCESS, 0, TAKER_NICE);
	while (!atomic_load(&t->stop)) {
		while (sem_wait(&t->posted) == -1 && errno == EINTR)
			;
		free_graves(t);
		run_tasks(t);
	}
	return NULL;
}

struct taker *
taker_new(const struct segment *segment)
{
	struct taker *t = xcalloc(1, sizeof(*t));
	int error;

	t->segment = segment;
	if (sem_init(&t->posted, 0, 0) == -1)
		fatal("sem_init");
	if ((error = pthread_create(&t->thread, NULL, taker_main, t)) != 0) {
		errno = error;
		fatal("cannot start a thread");
	}
	return t;
}

void
taker_free(struct taker **tp)
{
	struct taker *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	atomic_store(&t->stop, true);
	(void)sem_post(&t->posted);
	(void)pthread_join(t->thread, NULL);
	(void)sem_destroy(&t->posted);
	free_graves(t);
	for (int i = 0; i < CATEGORY_MAX; i++)
		generation_unref(t->tasks[i].taken.generation);
	free(t);
}

bool
taker_idle(const struct taker *t, enum category category)
{
	return atomic_load_explicit(&t->tasks[category].state, memory_order_relaxed) ==
	       TASK_IDLE;
}

void
taker_ask(struct taker *t, enum category category, unsigned latch, uint64_t known)
{
	struct task *task = &t->tasks[category];

	task->latch = latch;
	task->known = known;
	atomic_store_explicit(&task->state, TASK_POSTED, memory_order_release);
	(void)sem_post(&t->posted);
}

void
taker_bury(struct taker *t, struct generation *g, struct cache *made)
{
	struct grave *grave = xmalloc(sizeof(*grave));

	*grave = (struct grave){ atomic_load(&t->graves), g, made };
	while (!atomic_compare_exchange_weak(&t->graves, &grave->next, grave))
		;
	(void)sem_post(&t->posted);
}

bool
taker_done(struct taker *t, enum category category, struct taken *out)
{
	struct task *task = &t->tasks[category];

	if (atomic_load_explicit(&task->state, memory_order_acquire) != TASK_DONE)
		return false;
	*out = task->taken;
	task->taken.generation = NULL;
	atomic_store_explicit(&task->state, TASK_IDLE, memory_order_relaxed);
	return true;
}
