/* What another machine made takes the place of what this one made. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/hydrator_world.h"
#include "hydrator/cycle.h"
#include "hydrator/recall.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/part.h"
#include "unit.h"

static struct hydrator_world world;
static struct cycle cycle;

static int
setup(void **state UNUSED)
{
	hydrator_world_make(&world, "image_generation", HYDRATOR_WORLD_CAPACITY);
	hydrator_world_open_cycle(&world, &cycle);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	hydrator_world_close_cycle(&cycle);
	hydrator_world_remove(&world);
	return 0;
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);

static bool
go_on(void *arg UNUSED)
{
	return true;
}

static const struct source_wait go_wait = { .fd = -1, .attend = go_on };

static struct snapshot *
latch(void)
{
	struct snapshot *s = NULL;

	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	return s;
}

/* What a machine would tell of the latch; to be freed. */
static struct buf
told(void)
{
	struct snapshot *s = latch();
	const struct view_directory *d = view_open(s->data, s->len, cycle.category);
	struct buf b = { 0 };

	assert_non_null(d);
	payload_identity(d, &b);
	snapshot_release(&s);
	return b;
}

static struct snapshot_stamp
some_stamp(void)
{
	struct snapshot_stamp stamp = { .published_wall = 5 };

	for (int i = 0; i < SNAPSHOT_PARTS; i++)
		stamp.part[i] = (struct part_stamp){ clock_boot(), 1000 + i };
	return stamp;
}

/* Adopts a copy. */
static int
adopt(const struct buf *payload, char *err, size_t errlen)
{
	struct snapshot_stamp stamp = some_stamp();
	struct buf copy = { 0 };
	int r;

	buf_add(&copy, payload->data, payload->len);
	r = cycle_adopt(&cycle, &copy, &stamp, &go_wait, err, errlen);
	buf_free(&copy);
	return r;
}

TEST(test_another_payload_is_published_as_it_is)
{
	struct buf theirs, now;
	struct snapshot *s;
	char err[256];

	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
	theirs = told();
	world.config.gate.min_ratio = 0;
	hydrator_world_put("status_image.json", "[]");
	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
	now = told();
	assert_true(
	    now.len != theirs.len || memcmp(now.data, theirs.data, now.len) != 0);
	buf_free(&now);

	assert_int_equal(adopt(&theirs, err, sizeof(err)), 0);
	now = told();
	assert_int_equal(now.len, theirs.len);
	assert_memory_equal(now.data, theirs.data, now.len);
	s = latch();
	assert_int_equal(s->generation, 3);
	assert_int_equal(s->stamp.published_wall, 5);
	assert_int_equal(s->stamp.part[PART_WORKERS].fetched_wall, 1002);
	snapshot_release(&s);
	buf_free(&now);
	buf_free(&theirs);
}

/* Readers keep their copies of it, forms and all. */
TEST(test_what_the_latch_has_gets_a_new_stamp_alone)
{
	struct snapshot *s;
	struct buf same;
	size_t len;
	char err[256];

	demand_note(&cycle.demand, UINT32_MAX, clock_boot());
	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
	same = told();
	s = latch();
	len = s->len;
	assert_true(len > same.len); /* it has forms */
	assert_int_equal(adopt(&same, err, sizeof(err)), 0);
	assert_int_equal(snapshot_generation(world.segment, 0), s->generation + 1);
	assert_true(snapshot_renew(world.segment, 0, s));
	assert_int_equal(s->len, len);
	assert_int_equal(s->stamp.published_wall, 5);
	snapshot_release(&s);
	buf_free(&same);
}

TEST(test_what_is_no_payload_is_not_published)
{
	struct buf theirs;
	char err[256];

	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
	theirs = told();
	theirs.len--;
	assert_int_equal(adopt(&theirs, err, sizeof(err)), -1);
	assert_string_equal(err, "is malformed");
	assert_int_equal(snapshot_generation(world.segment, 0), 1);
	buf_free(&theirs);
}

/* The documents of before are older than what was adopted: where one cannot be had the
 * part of the snapshot stands in, with its time. */
TEST(test_documents_of_before_do_not_come_back)
{
	struct buf theirs;
	struct snapshot *s;
	char err[256];

	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
	theirs = told();
	assert_int_equal(adopt(&theirs, err, sizeof(err)), 0);
	buf_free(&theirs);
	cycle_forget(&cycle);
	recall(&cycle);
	hydrator_world_put("status_image.json", "no JSON");
	cycle.fetch_since = clock_boot();
	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_REUSED);
	s = latch();
	assert_int_equal(s->stamp.part[PART_DELETION_RISK].fetched_wall, 1001);
	snapshot_release(&s);
}
