/* A line of /proc/PID/stat, whatever the process calls itself. */
#include <unistd.h>

#include "base/clock.h"
#include "ctl/process_stat.h"
#include "unit.h"

TEST(fields_are_counted_behind_the_last_bracket)
{
	struct process_stat s;
	int64_t tick = NSEC_PER_SEC / sysconf(_SC_CLK_TCK);

	assert_int_equal(
	    process_stat_parse(
		"7 (a) R 1 (b c) T 42 7 7 0 -1 4194304 9 0 0 0 30 12 0 0 20 "
		"0 1 0 555 1000000 25 18446744073709551615",
		&s),
	    0);
	assert_int_equal(s.state, 'T');
	assert_int_equal(s.parent, 42);
	assert_int_equal(s.ran, 42 * tick);
	assert_int_equal(s.resident, 25 * sysconf(_SC_PAGESIZE));
	assert_string_equal(process_stat_word(s.state), "stopped");
}

TEST(what_is_no_such_line_is_refused)
{
	struct process_stat s;

	assert_int_equal(process_stat_parse("", &s), -1);
	assert_int_equal(process_stat_parse("7 (a", &s), -1);
	assert_int_equal(process_stat_parse("7 (a) S 1 2 3", &s), -1);
	assert_int_equal(process_stat_read(0, &s), -1);
	assert_int_equal(process_stat_read(-5, &s), -1);
}

TEST(this_process_runs)
{
	struct process_stat s;

	assert_int_equal(process_stat_read(getpid(), &s), 0);
	assert_int_equal(s.parent, getppid());
	assert_true(s.resident > 0);
	assert_string_equal(process_stat_word(s.state), "running");
}
