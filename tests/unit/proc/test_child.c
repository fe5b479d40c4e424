/* What a child says of itself in its counters. */
#include <sys/resource.h>

#include <unistd.h>

#include "base/clock.h"
#include "fixture/moved_clock.h"
#include "proc/child.h"
#include "shm/counters.h"
#include "unit.h"

/* The kernel need not let anybody else look. */
TEST(descriptors_are_counted_by_who_has_them)
{
	static struct counters c;
	uint64_t before;
	int fds[2];

	/* What others can write is not believed: it would count for ever. */
	counter_raise(&c.descriptors_max, UINT64_MAX);
	proc_child_beat(&c);
	assert_int_equal(counter_read(&c.descriptors), 0); /* nobody says up to where */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 200, 200 }), 0);
	proc_child_note_limits();
	moved_clock_set(11);
	proc_child_beat(&c);
	before = counter_read(&c.descriptors);
	assert_true(before >= 3);
	assert_int_equal(pipe(fds), 0);
	proc_child_beat(&c);
	assert_int_equal(counter_read(&c.descriptors), before);
	moved_clock_set(22);
	proc_child_beat(&c);
	assert_int_equal(counter_read(&c.descriptors), before + 2);
	close(fds[0]);
	close(fds[1]);
}

static int
set_up(void **state UNUSED)
{
	return moved_clock_start();
}

static int
tear_down(void **state UNUSED)
{
	return moved_clock_stop();
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
