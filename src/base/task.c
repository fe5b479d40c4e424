/* The flag says that joining will not wait; that what was written is seen is join's. */
#include "base/task.h"

static void *
task_main(void *arg)
{
	struct task *t = arg;

	t->work(t->arg);
	atomic_store(&t->done, true);
	return NULL;
}

int
task_start(struct task *t, void (*work)(void *), void *arg)
{
	int rc;

	t->work = work;
	t->arg = arg;
	atomic_store(&t->done, false);
	rc = pthread_create(&t->thread, NULL, task_main, t);
	t->running = rc == 0;
	return rc;
}

bool
task_ended(struct task *t)
{
	if (!t->running || !atomic_load(&t->done))
		return false;
	pthread_join(t->thread, NULL);
	t->running = false;
	return true;
}

struct timespec
task_deadline(time_t seconds)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += seconds;
	return deadline;
}

bool
task_wait(struct task *t, const struct timespec *deadline)
{
	if (pthread_clockjoin_np(t->thread, NULL, CLOCK_MONOTONIC, deadline) != 0)
		return false;
	t->running = false;
	return true;
}
