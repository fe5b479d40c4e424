/* Options out of a segment. */
#include <string.h>

#include "ctl/running.h"
#include "fixture/segment.h"
#include "unit.h"

static struct segment *segment;

static int
set_up(void **state UNUSED)
{
	struct segment_spec spec = fixture_spec();
	char err[256];

	spec.config = "hydration.ttl\t300\t300\tdefault\tyes\n"
		      "segment.max\t\"512M\"\t\"1G\"\t/etc/x:1\tyes\n"
		      "gate.min_ratio\t0.5\t0.5\tdefault\tyes\n"
		      "hydration.enabled\ttrue\ttrue\tdefault\tyes\n"
		      "log.level\t\"info\"\t\"info\"\tdefault\tyes\n"
		      "list\t{ \"a\", \"bc\" }\t{}\tdefault\tno\n"
		      "broken\n";
	assert_int_equal(segment_create(&spec, &segment, err, sizeof(err)), 0);
	segment_unlink(segment);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	segment_close(&segment);
	return 0;
}

TEST(values)
{
	char text[8];

	assert_int_equal(running_int(segment, "hydration.ttl", 1), 300);
	assert_int_equal(running_int(segment, "segment.max", 1), 512 << 20);
	assert_int_equal(running_int(segment, "log.level", 7), 7);
	assert_int_equal(running_int(segment, "nothing", 7), 7);
	assert_true(running_double(segment, "gate.min_ratio", 0) == 0.5);
	assert_true(running_bool(segment, "hydration.enabled", false));
	assert_false(running_bool(segment, "log.level", true));
	assert_true(running_bool(segment, "nothing", true));
	running_text(segment, "log.level", text, sizeof(text));
	assert_string_equal(text, "info");
	running_text(segment, "log.level", text, 3);
	assert_string_equal(text, "in");
	running_text(segment, "nothing", text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(running_list_has(segment, "list", "bc"));
	assert_false(running_list_has(segment, "list", "b"));
	assert_false(running_list_has(segment, "nothing", "b"));
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
