/* Skipped records: named when the set changes, silent while it stays. */
#include <stdio.h>

#include "fixture/directory.h"
#include "fixture/log_lines.h"
#include "hydrator/skips.h"
#include "unit.h"

static int
setup_group(void **state UNUSED)
{
	return directory_make() | log_lines_begin();
}

static int
teardown_group(void **state UNUSED)
{
	return log_lines_end() | directory_remove(NULL, NULL);
}

static void
cycle(struct skips *s, int first, int n, int step)
{
	char what[64];
	int i;

	log_lines_forget();
	skips_begin(s);
	for (i = 0; i < n; i++) {
		snprintf(what, sizeof(what), "record \"M%d\": no", first + i * step);
		skips_add(s, what);
	}
	skips_report(s, "esrgan");
}

TEST(test_named_once)
{
	struct skips s = { 0 };

	cycle(&s, 0, 0, 1);
	assert_int_equal(log_lines(""), 0);
	cycle(&s, 0, 3, 1);
	assert_int_equal(log_lines("warning: esrgan: skipped: record \"M2\": no"), 1);
	assert_int_equal(log_lines(""), 3);
	cycle(&s, 0, 3, 1);
	assert_int_equal(log_lines(""), 0);
	/* The same set in another order is the same set. */
	cycle(&s, 2, 3, -1);
	assert_int_equal(log_lines(""), 0);
	/* As many, but another one. */
	cycle(&s, 1, 3, 1);
	assert_int_equal(log_lines("M3"), 1);
	cycle(&s, 0, 0, 1);
	assert_int_equal(log_lines("nothing is skipped any more"), 1);
	assert_int_equal(log_lines(""), 1);
	skips_free(&s);
	skips_free(&s);
}

TEST(test_many_are_summed_up)
{
	struct skips s = { 0 };

	cycle(&s, 0, 250, 1);
	assert_int_equal(s.count, 250);
	assert_int_equal(log_lines("record"), SKIPS_NAMED);
	assert_int_equal(log_lines("esrgan: skipped: 240 more"), 1);
	assert_int_equal(log_lines(""), SKIPS_NAMED + 1);
	skips_free(&s);
}

UNIT_FIXTURE(.group_setup = setup_group, .group_teardown = teardown_group);
