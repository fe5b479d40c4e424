/* New baselines: each is named once, and only so many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hydrator/baselines.h"
#include "unit.h"

static char path[] = "/tmp/hydratord-test-baselines-XXXXXX";

static int
setup_group(void **state UNUSED)
{
	int fd = mkstemp(path);

	if (fd == -1)
		return -1;
	close(fd);
	return log_open(path, "info");
}

static int
teardown_group(void **state UNUSED)
{
	return log_open("stderr", "info") | unlink(path);
}

/* How many lines with the text the log has. */
static int
logged(const char *text)
{
	FILE *fp = fopen(path, "r");
	char line[4096];
	int n = 0;

	assert_non_null(fp);
	while (fgets(line, sizeof(line), fp) != NULL)
		n += strstr(line, text) != NULL;
	fclose(fp);
	return n;
}

static int
setup(void **state UNUSED)
{
	return truncate(path, 0);
}

TEST_WITH(test_named_once, setup, NULL)
{
	struct baselines b = { 0 };

	for (int cycle = 0; cycle < 3; cycle++) {
		baselines_note(&b, "image_generation", STR("flux_9"));
		baselines_note(&b, "image_generation", STR(""));
	}
	assert_int_equal(logged("warning: image_generation: new baseline \"flux_9\": "
				"its models are taken as they are\n"),
	    1);
	assert_int_equal(logged("new baseline \"\":"), 1);
	assert_int_equal(logged(""), 2);
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
	assert_int_equal(logged("new baseline \"b"), BASELINES_NAMED);
	assert_int_equal(logged("there are more new baselines: no more are named"), 1);
	assert_int_equal(logged(""), BASELINES_NAMED + 1);
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
	assert_int_equal(logged(""), 3);
	assert_int_equal(logged("new baseline \"x?"
				"?<3>hydratord: error: ?[2J"),
	    1);
	assert_int_equal(logged("\x1b"), 0);
	assert_int_equal(logged("\xc2"), 0);
	assert_int_equal(logged("xxx...\": its models"), 1);
}

UNIT_FIXTURE(.group_setup = setup_group, .group_teardown = teardown_group);
