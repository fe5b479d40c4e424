/* A segment that is too small for what is to be published in it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/config.h"
#include "fixture/segment.h"
#include "fixture/supervisor_world.h"
#include "shm/layout.h"
#include "supervisor/grow.h"
#include "unit.h"

#define MIB ((size_t)1 << 20)

/* What a stranger who opens the name finds. */
static size_t
capacity(void)
{
	struct segment_header h;
	FILE *f = fopen(fx.shm, "r");

	assert_non_null(f);
	assert_int_equal(fread(&h, sizeof(h), 1, f), 1);
	fclose(f);
	return h.capacity;
}

TEST_WITH(test_capacity_for_a_need, NULL, NULL)
{
	static const struct {
		size_t capacity, max, need, wanted;
	} row[] = {
		{ 16 * MIB, 512 * MIB, 0, 16 * MIB },
		{ 16 * MIB, 512 * MIB, 16 * MIB, 16 * MIB },
		{ 16 * MIB, 512 * MIB, 16 * MIB + 1, 32 * MIB + 2 },
		{ 16 * MIB, 512 * MIB, 300 * MIB, 512 * MIB },
		{ 16 * MIB, 512 * MIB, 512 * MIB, 512 * MIB },
		{ 16 * MIB, 512 * MIB, 513 * MIB, 512 * MIB },
		{ 16 * MIB, 512 * MIB, SIZE_MAX, 512 * MIB },
		{ 16 * MIB, 16 * MIB, 17 * MIB, 16 * MIB },
		{ 16 * MIB, 4096, 17 * MIB, 16 * MIB },
	};
	struct config c = { .readers = 1 };
	size_t i;

	for (i = 0; i < NELEM(row); i++) {
		c.segment.capacity = (int64_t)row[i].capacity;
		c.segment.max = (int64_t)row[i].max;
		assert_int_equal(grow_capacity(&c, row[i].need), row[i].wanted);
	}
}

/* Publishes in vain. */
static void
want(struct segment *seg, unsigned category, size_t len)
{
	struct publisher *p = fixture_publisher(seg, category);
	char err[256], *data = calloc(1, len);
	uint64_t generation;

	assert_int_equal(
	    publish(p, data, len, &fixture_stamp, &generation, err, sizeof(err)), -1);
	free(data);
	publisher_close(&p);
}

TEST_WITH(test_when_it_is_due, NULL, NULL)
{
	struct config c = { .segment = { .capacity = 4096, .max = 1 << 20 } };
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);
	struct grow g = { .said = GROW_FREE };
	unsigned category;

	assert_int_equal(grow_need(seg, &category), 0);
	fixture_publish(p, 'a', 5000);
	assert_int_equal(grow_need(seg, &category), 5000);
	assert_false(grow_is_due(&g, &c, seg, 1));
	want(seg, 1, 20000);
	assert_int_equal(grow_need(seg, &category), 20000);
	assert_int_equal(category, 1);
	assert_true(grow_is_due(&g, &c, seg, 1));
	grow_failed(&g, 1, "a test");
	assert_false(grow_is_due(&g, &c, seg, 29 * NSEC_PER_SEC));
	assert_true(grow_is_due(&g, &c, seg, 61 * NSEC_PER_SEC));
	grow_failed(&g, 1, "a test");
	assert_false(grow_is_due(&g, &c, seg, 59 * NSEC_PER_SEC));
	publisher_close(&p);
	segment_close(&seg);
}

TEST(test_the_segment_grows)
{
	config_category(0, "publish");
	config_category(1, "large");
	fx.config.segment.max = MIB;
	start();
	wait_log("no room for 100000", 1);
	wait_log(
	    "room for snapshots of 200704 bytes, before 65536; large needs 100000", 1);
	wait_log("has publish 1", 1);
	wait_log("published 1", 2);
	wait_log("published 2", 1);
	assert_int_equal(capacity(), 200704);
	assert_int_equal(logged("serving"), 1);
	/* A reload is not a step back. */
	write_file("");
	kill(fx.pid, SIGHUP);
	wait_log("published 3", 1);
	wait_log("published 2", 2);
	assert_int_equal(capacity(), 200704);
	stop();
	assert_int_equal(logged("has grown"), 1);
	assert_int_equal(logged("no room"), 1);
	assert_int_equal(logged("warning"), 0);
}

TEST(test_a_configuration_lives_as_long_as_its_crews)
{
	fx.config.segment.max = MIB;
	start();
	config_category(0, "large");
	write_file("");
	kill(fx.pid, SIGHUP);
	wait_log("has grown", 1); /* over the configuration that was loaded */
	wait_log("published 1", 1);
	wait_log("exited with status 0", 4);
	kill(fx.pid, SIGUSR2);
	wait_log("]: order", 1);
	kill(fx.pid, SIGHUP);
	wait_log("published 2", 1);
	stop();
	assert_int_equal(logged("has grown"), 1);
}

TEST(test_max_is_the_end)
{
	config_category(0, "large");
	fx.config.segment.max = 90000;
	start();
	wait_log("does not grow beyond segment.max (90000): raise that", 1);
	sleep_ms(2500);
	assert_int_equal(logged("segment.max"), 1);
	assert_int_equal(logged("started as"), 2);
	fx.config.segment.max = MIB;
	write_file("");
	kill(fx.pid, SIGHUP);
	wait_log("published 1", 1);
	assert_int_equal(capacity(), 200704);
	stop();
	assert_int_equal(logged("has grown"), 0); /* the reload has brought it */
}

TEST(test_greed_ends_at_max)
{
	config_category(0, "greedy");
	fx.config.segment.capacity = 4096;
	fx.config.segment.max = 65536;
	start();
	wait_log("segment.max", 1);
	assert_int_equal(capacity(), 65536);
	assert_true(logged("has grown") <= 4);
	stop();
}

TEST(test_stop_while_it_grows)
{
	config_category(0, "large");
	fx.config.segment.max = MIB;
	start();
	wait_log("reader 0 started", 2);
	stop();
}

UNIT_FIXTURE(.setup = supervisor_world_setup, .teardown = supervisor_world_teardown);
