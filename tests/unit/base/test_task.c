/* Tasks: their end is told once, and nobody waits longer than he wants to. */
#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "autoconf.h"
#include "base/task.h"
#include "unit.h"

struct errand {
	_Atomic bool may_end;
	int result; /* the task's until it has ended */
};

static void
run(void *arg)
{
	struct errand *e = arg;

	while (!atomic_load(&e->may_end))
		poll(NULL, 0, 1);
	e->result++;
}

static void
await(struct task *t)
{
	int waited;

	for (waited = 0; !task_ended(t); waited++) {
		assert_true(waited < 30000);
		poll(NULL, 0, 1);
	}
}

#ifndef HAVE_SANITIZERS /* whose address space is no measure */
/* The first test: no stack of an earlier thread is there to be used again. */
TEST(test_where_there_is_no_thread_none_runs)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	struct errand e = { .may_end = true };
	struct task t = { 0 };
	struct rlimit before;
	int rc;

	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	rc = task_start(&t, run, &e);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_int_equal(rc, EAGAIN);
	assert_false(t.running);
	assert_false(task_ended(&t));
}
#endif

TEST(test_an_end_is_told_once_and_then_there_is_room_for_another)
{
	struct errand e = { .may_end = false };
	struct task t = { 0 };
	int i;

	assert_false(task_ended(&t));
	for (i = 1; i <= 3; i++) {
		atomic_store(&e.may_end, false);
		assert_int_equal(task_start(&t, run, &e), 0);
		assert_true(t.running);
		assert_false(task_ended(&t));
		atomic_store(&e.may_end, true);
		await(&t);
		assert_int_equal(e.result, i);
		assert_false(t.running);
		assert_false(task_ended(&t));
	}
}

TEST(test_who_waits_waits_until_the_deadline)
{
	struct errand e = { .may_end = false };
	struct task t = { 0 };
	struct timespec past = task_deadline(-1), deadline = task_deadline(0);

	assert_int_equal(task_start(&t, run, &e), 0);
	assert_false(task_wait(&t, &past));
	assert_false(task_wait(&t, &deadline));
	assert_true(t.running);
	assert_int_equal(e.result, 0);
	atomic_store(&e.may_end, true);
	deadline = task_deadline(30);
	assert_true(task_wait(&t, &deadline));
	assert_int_equal(e.result, 1);
	assert_false(t.running);
	assert_false(task_ended(&t));
}

/* Also one that has ended before. */
TEST(test_who_waits_for_one_that_has_ended_is_told)
{
	struct errand e = { .may_end = true };
	struct timespec past = task_deadline(-1);
	struct task t = { 0 };
	int waited;

	assert_int_equal(task_start(&t, run, &e), 0);
	for (waited = 0; !atomic_load(&t.done); waited++) {
		assert_true(waited < 30000);
		poll(NULL, 0, 1);
	}
	/* The thread has said so, and is about to be gone. */
	for (waited = 0; !task_wait(&t, &past); waited++) {
		assert_true(waited < 30000);
		poll(NULL, 0, 1);
	}
	assert_int_equal(e.result, 1);
	assert_false(task_ended(&t));
}
