/*
 * A thread that lives for one task, beside a loop that does not wait for it: for disks
 * and servers, which may take any time. What the task works on is the task's own until
 * task_ended() or task_wait() says that it has ended. Hydrators.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/attr.h"

/* Zeroed: none runs. */
struct task {
	bool running; /* from task_start() to where its end is told */
	_Atomic bool done;
	pthread_t thread;
	void (*work)(void *arg);
	void *arg;
};

/* Begins work(arg), while none runs. Returns 0, or the number of the error for which
 * there is no thread. */
int task_start(struct task *, void (*work)(void *arg), void *arg) MUST_CHECK;

/* Whether a task has ended: true once for each. */
bool task_ended(struct task *) MUST_CHECK;

/* The moment in so many seconds, by a clock that no test moves. */
struct timespec task_deadline(time_t seconds);
/* Waits for the end of a task. Returns false if there is none by the deadline: the
 * struct, and what the task works on, must then stay until the process ends. */
bool task_wait(struct task *, const struct timespec *deadline) MUST_CHECK;

#endif
