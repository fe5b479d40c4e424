/* A warm start: what of earlier runs and earlier boots is published, and how old. */
#include "fixture/directory.h"
#include "fixture/log_lines.h"
#include "fixture/segment.h"

#include <sys/stat.h>

#include <stdatomic.h>

#include "base/clock.h"
#include "config/config.h"
#include "payload/view.h"
#include "proc/privilege.h"
#include "shm/state.h"
#include "supervisor/warm.h"
#include "unit.h"

static char path[128], bad[160];
static struct config config;
static struct segment *seg;

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/image_generation.snapshot", directory);
	snprintf(bad, sizeof(bad), "%s.bad", path);
	seg = fixture_segment();
	config = (struct config){ .state_dir = directory,
		.hydration = { .stale_if_error = 1000 } };
	return log_lines_begin();
}

static int
tear_down(void **state UNUSED)
{
	segment_close(&seg);
	unlink(path);
	unlink(bad);
	return log_lines_end() | directory_remove(NULL, NULL);
}

/* What a run that fetched age_boot seconds ago by one clock and age_wall by the other
 * left behind, and published a second later. */
static void
save(const char *boot_id, int64_t age_boot, int64_t age_wall)
{
	struct state_id id = { directory, "image_generation", VIEW_MAGIC, boot_id };
	struct snapshot_stamp stamp = {
		.part = { { clock_boot() - age_boot * NSEC_PER_SEC,
		    clock_wall() - age_wall * NSEC_PER_SEC } },
		.published_wall = clock_wall() - (age_wall - 1) * NSEC_PER_SEC,
	};
	char err[256];

	if (state_save(&id, "payload", 7, &stamp, err, sizeof(err)) == -1)
		fail_msg("%s", err);
}

static int64_t
seconds_since(int64_t then, int64_t now)
{
	return (now - then) / NSEC_PER_SEC;
}

/* The category holds the payload, and is that old; a slow machine adds to it. */
static void
assert_published(int64_t age, int64_t wall_age)
{
	const struct counters *k = segment_counters(seg, 0);
	struct snapshot *s = NULL;
	int64_t success;

	assert_int_equal(snapshot_take(seg, 0, 0, &s), SNAPSHOT_FRESH);
	assert_int_equal(s->generation, 1);
	assert_int_equal(s->len, 7);
	assert_memory_equal(s->data, "payload", 7);
	assert_in_range(
	    seconds_since(s->stamp.part[0].fetched_boot, clock_boot()), age, age + 60);
	assert_in_range(seconds_since(s->stamp.part[0].fetched_wall, clock_wall()),
	    wall_age, wall_age + 60);
	snapshot_release(&s);
	success = atomic_load(&k->last_success_wall);
	assert_in_range(
	    seconds_since(success, clock_wall()), wall_age - 1, wall_age + 60);
	success = atomic_load(&k->last_success);
	assert_in_range(
	    seconds_since(success, clock_boot()), wall_age - 1, wall_age + 60);
	assert_int_equal(log_lines("restored image_generation: 7 bytes"), 1);
}

static void
assert_passed_over(const char *why)
{
	assert_int_equal(snapshot_generation(seg, 0), 0);
	assert_int_equal(atomic_load(&segment_counters(seg, 0)->last_success_wall), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(log_lines(why), 1);
	assert_int_equal(log_lines(""), 1);
}

TEST(this_boot_goes_by_its_own_clock)
{
	/* The wall clock was put forward by a day. */
	save(segment_boot_id(seg), 100, 86500);
	warm_load(seg, &config);
	assert_published(100, 86500);
}

TEST(another_boot_goes_by_the_wall_clock)
{
	save("another boot", -5000, 300);
	warm_load(seg, &config);
	assert_published(300, 300);
}

TEST(too_old_is_passed_over)
{
	save("another boot", 0, 1100);
	warm_load(seg, &config);
	assert_passed_over("s old, hydration.stale_if_error is 1000 s");
}

TEST(future_is_passed_over)
{
	save("another boot", 0, -3600);
	warm_load(seg, &config);
	assert_passed_over("from the future");
}

/* The wall clock was ahead while it was published: not in the future, all the same. */
TEST(last_success_is_never_to_come)
{
	int64_t success;

	save(segment_boot_id(seg), 100, -3600);
	warm_load(seg, &config);
	assert_int_equal(snapshot_generation(seg, 0), 1);
	success = atomic_load(&segment_counters(seg, 0)->last_success_wall);
	assert_in_range(seconds_since(success, clock_wall()), 0, 60);
}

TEST(what_is_published_already_stays)
{
	struct publisher *p = fixture_publisher(seg, 0);

	fixture_publish(p, 'n', 3);
	publisher_close(&p);
	save(segment_boot_id(seg), 1, 1);
	warm_load(seg, &config);
	assert_true(fixture_holds(seg, 1, 'n', 3));
}

TEST(damaged_is_set_aside)
{
	save(segment_boot_id(seg), 1, 1);
	assert_int_equal(truncate(path, 100), 0);
	warm_load(seg, &config);
	assert_int_equal(snapshot_generation(seg, 0), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(bad, F_OK), 0);
	assert_int_equal(log_lines("is truncated; set aside as .bad"), 1);
	assert_int_equal(log_lines(""), 1);
	warm_load(seg, &config); /* and is not spoken of again */
	assert_int_equal(log_lines(""), 1);
}

TEST(off_means_off)
{
	char none[] = "";

	save(segment_boot_id(seg), 1, 1);
	config.state_dir = none;
	warm_make_dir(&config, &(struct privilege){ .drop = false });
	warm_load(seg, &config);
	assert_int_equal(snapshot_generation(seg, 0), 0);
	assert_int_equal(log_lines(""), 0);
}

TEST(only_the_last_level_is_made)
{
	char deep[96], deeper[112];
	struct privilege nobody = {
		.drop = geteuid() == 0, .uid = 65534, .gid = 65534
	};
	struct stat st;

	snprintf(deep, sizeof(deep), "%s/state", directory);
	snprintf(deeper, sizeof(deeper), "%s/state/deep", directory);
	config.state_dir = deeper;
	warm_make_dir(&config, &nobody);
	assert_int_equal(log_lines("cannot be made"), 1);
	config.state_dir = deep;
	warm_make_dir(&config, &nobody);
	warm_make_dir(&config, &nobody); /* that it is there is fine */
	assert_int_equal(log_lines(""), 1);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0750U, 0);
	assert_int_equal(st.st_uid, nobody.drop ? nobody.uid : geteuid());
	assert_int_equal(rmdir(deep), 0);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
