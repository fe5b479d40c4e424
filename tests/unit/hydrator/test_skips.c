/* Skipped records: named when the set changes, silent while it stays. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hydrator/skips.h"
#include "unit.h"

static char path[] = "/tmp/hydratord-test-skips-XXXXXX";

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

/* How many lines with the text were logged since the last call of cycle(). */
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

static void
cycle(struct skips *s, int first, int n, int step)
{
	char what[64];
	int i;

	assert_int_equal(truncate(path, 0), 0);
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
	assert_int_equal(logged(""), 0);
	cycle(&s, 0, 3, 1);
	assert_int_equal(logged("warning: esrgan: skipped: record \"M2\": no"), 1);
	assert_int_equal(logged(""), 3);
	cycle(&s, 0, 3, 1);
	assert_int_equal(logged(""), 0);
	/* The same set in another order is the same set. */
	cycle(&s, 2, 3, -1);
	assert_int_equal(logged(""), 0);
	/* As many, but another one. */
	cycle(&s, 1, 3, 1);
	assert_int_equal(logged("M3"), 1);
	cycle(&s, 0, 0, 1);
	assert_int_equal(logged("nothing is skipped any more"), 1);
	assert_int_equal(logged(""), 1);
	skips_free(&s);
	skips_free(&s);
}

TEST(test_many_are_summed_up)
{
	struct skips s = { 0 };

	cycle(&s, 0, 250, 1);
	assert_int_equal(s.count, 250);
	assert_int_equal(logged("record"), SKIPS_NAMED);
	assert_int_equal(logged("esrgan: skipped: 240 more"), 1);
	assert_int_equal(logged(""), SKIPS_NAMED + 1);
	skips_free(&s);
}

UNIT_FIXTURE(.group_setup = setup_group, .group_teardown = teardown_group);
