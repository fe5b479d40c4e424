/* New baselines: each is named once, and only so many. */
#include <stdio.h>
#include <string.h>

#include "fixture/directory.h"
#include "fixture/log_lines.h"
#include "hydrator/baselines.h"
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

static int
setup(void **state UNUSED)
{
	log_lines_forget();
	return 0;
}

TEST_WITH(test_named_once, setup, NULL)
{
	struct baselines b = { 0 };

	for (int cycle = 0; cycle < 3; cycle++) {
		baselines_note(&b, "image_generation", STR("flux_9"));
		baselines_note(&b, "image_generation", STR(""));
	}
	assert_int_equal(
	    log_lines("warning: image_generation: new baseline \"flux_9\": "
		      "its models are taken as they are\n"),
	    1);
	assert_int_equal(log_lines("new baseline \"\":"), 1);
	assert_int_equal(log_lines(""), 2);
}

/* A document that brings others in each cycle does not fill the disk. */
TEST_WITH(test_a_flood_is_dammed, setup, NULL)
{
	struct baselines b = { 0 };
	char name[32];

	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		baselines_note(
		    &b, "image_generation", (struct str){ name, strlen(name) });
	}
	assert_int_equal(log_lines("new baseline \"b"), BASELINES_NAMED);
	assert_int_equal(
	    log_lines("there are more new baselines: no more are named"), 1);
	assert_int_equal(log_lines(""), BASELINES_NAMED + 1);
}

TEST_WITH(test_no_name_forges_a_line, setup, NULL)
{
	struct baselines b = { 0 };
	char longer[1000];

	memset(longer, 'x', sizeof(longer));
	baselines_note(&b, "image_generation",
	    STR("x\r\n<3>hydratord: error: \x1b[2J\x00\x7f\xc2\x85\xc2\x9b\""));
	baselines_note(&b, "image_generation", STR("\xff\xe2\x80"));
	baselines_note(&b, "image_generation", (struct str){ longer, sizeof(longer) });
	assert_int_equal(log_lines(""), 3);
	assert_int_equal(log_lines("new baseline \"x?"
				   "?<3>hydratord: error: ?[2J"),
	    1);
	assert_int_equal(log_lines("\x1b"), 0);
	assert_int_equal(log_lines("\xc2"), 0);
	assert_int_equal(log_lines("xxx...\": its models"), 1);
}

UNIT_FIXTURE(.group_setup = setup_group, .group_teardown = teardown_group);
