/* When generations are saved, what is said about it, and that nobody waits for a disk.
 */
#include "fixture/directory.h"
#include "fixture/log_lines.h"
#include "fixture/moved_clock.h"
#include "fixture/segment.h"

#include <sys/stat.h>

#include <stdatomic.h>

#include "base/clock.h"
#include "base/task.h"
#include "shm/publish.h"

#include "hydrator/keep.h"
#undef KEEP_PATIENCE
#define KEEP_PATIENCE 3 /* nobody likes to wait, not even for a test */

/* The code under test with a disk, and a kernel, that do as they are told. */
#define state_save test_state_save
#define task_start test_task_start
static int test_task_start(struct task *, void (*)(void *), void *);
#include "hydrator/keep.c"
#include "unit.h"
#undef state_save
#undef task_start

static struct segment *seg;
static struct publisher *writer;
static struct keeper *keeper;
static struct gate gates[GATE_FILE_DOCUMENTS];
static struct ledger ledger;
static _Atomic bool hang;
static _Atomic int saves;
static const char *_Atomic failure; /* NULL: none */
static _Atomic size_t last;         /* bytes of payload */

int
test_state_save(const struct state_id *state_id, const void *data, size_t len,
    const struct snapshot_stamp *stamp, char *err, size_t errlen)
{
	(void)data;
	while (atomic_load(&hang))
		usleep(1000);
	atomic_fetch_add(&saves, 1);
	if (atomic_load(&failure) != NULL) {
		snprintf(err, errlen, "%s", atomic_load(&failure));
		return -1;
	}
	if (strcmp(state_id->category, "image_generation") != 0 ||
	    memcmp(stamp, &fixture_stamp, sizeof(*stamp)) != 0)
		return -1;
	atomic_store(&last, len);
	return 0;
}

static int thread_error; /* 0: none */

static int
test_task_start(struct task *task, void (*work)(void *), void *arg)
{
	return thread_error != 0 ? thread_error : task_start(task, work, arg);
}

static int
set_up_group(void **state UNUSED)
{
	return directory_make() == -1 ? -1 : moved_clock_start();
}

static int
tear_down_group(void **state UNUSED)
{
	return moved_clock_stop() | directory_remove(NULL, NULL);
}

static int
set_up(void **state UNUSED)
{
	seg = fixture_segment();
	writer = fixture_publisher(seg, 0);
	atomic_store(&hang, false);
	atomic_store(&saves, 0);
	atomic_store(&failure, NULL);
	atomic_store(&last, 0);
	thread_error = 0;
	return log_lines_begin();
}

static int
tear_down(void **state UNUSED)
{
	atomic_store(&hang, false);
	keep_close(&keeper);
	publisher_close(&writer);
	segment_close(&seg);
	unlink(directory_path("image_generation.gate"));
	return log_lines_end();
}

/* Attends until so many were saved and nothing is being saved. */
static void
attend_until(int n)
{
	int64_t begin = clock_boot();

	do {
		keep_attend(keeper);
		if (clock_boot() - begin > 20 * NSEC_PER_SEC)
			fail_msg("%d saved, not %d", atomic_load(&saves), n);
		usleep(1000);
	} while (atomic_load(&saves) < n || keeper->task.running);
}

/* Nothing is begun, however often it is asked. */
static void
assert_rests(void)
{
	keep_attend(keeper);
	keep_attend(keeper);
	assert_false(keeper->task.running);
}

static void
minute(void)
{
	moved_clock_add(KEEP_INTERVAL);
}

TEST(at_once_then_once_a_minute)
{
	keeper = keep_open(seg, 0, directory, gates, &ledger);
	assert_rests(); /* nothing is there */
	fixture_publish(writer, 'a', 10);
	attend_until(1);
	fixture_publish(writer, 'b', 20);
	fixture_publish(writer, 'c', 30);
	assert_rests();
	moved_clock_add(KEEP_INTERVAL - 30);
	assert_rests();
	moved_clock_add(30);
	attend_until(2);
	assert_int_equal(atomic_load(&last), 30);
	minute();
	assert_rests(); /* it is saved already */
	assert_int_equal(atomic_load(&saves), 2);
	assert_int_equal(log_lines(""), 0);
}

TEST(the_last_one_at_the_stop)
{
	keeper = keep_open(seg, 0, directory, gates, &ledger);
	fixture_publish(writer, 'a', 10);
	attend_until(1);
	fixture_publish(writer, 'b', 20);
	keep_close(&keeper);
	assert_null(keeper);
	assert_int_equal(atomic_load(&saves), 2);
	assert_int_equal(atomic_load(&last), 20);
	/* One that is being saved is waited for, and what came after it saved. */
	keeper = keep_open(seg, 0, directory, gates, &ledger);
	minute();
	atomic_store(&hang, true);
	keep_attend(keeper);
	assert_true(keeper->task.running);
	atomic_store(&hang, false);
	keep_close(&keeper);
	assert_int_equal(atomic_load(&saves), 3);
}

TEST(what_was_restored_is_in_no_hurry)
{
	fixture_publish(writer, 'a', 10);
	keeper = keep_open(seg, 0, directory, gates, &ledger);
	assert_rests();
	minute();
	attend_until(1);
	assert_int_equal(atomic_load(&last), 10);
}

TEST(off_without_a_directory)
{
	fixture_publish(writer, 'a', 10);
	keeper = keep_open(seg, 0, "", gates, &ledger);
	assert_null(keeper);
	keep_attend(keeper);
	keep_close(&keeper);
	assert_int_equal(atomic_load(&saves), 0);
}

TEST(one_warning_for_each_new_error)
{
	int i;

	keeper = keep_open(seg, 0, directory, gates, &ledger);
	atomic_store(&failure, "the disk is full");
	fixture_publish(writer, 'a', 10);
	for (i = 1; i <= 3; i++) {
		attend_until(i); /* without a new generation, too */
		minute();
	}
	assert_int_equal(log_lines("the disk is full"), 1);
	assert_int_equal(log_lines("image_generation is not saved"), 1);
	atomic_store(&failure, "the disk is gone");
	attend_until(4);
	assert_int_equal(log_lines("the disk is gone"), 1);
	minute();
	atomic_store(&failure, NULL);
	attend_until(5);
	assert_int_equal(log_lines("image_generation is saved again"), 1);
	assert_int_equal(log_lines(""), 3);
}

/* It is tried again, neither at each look nor never. */
TEST(a_thread_that_cannot_be_is_an_error_like_others)
{
	const struct counters *counters = segment_counters(seg, 0);

	keeper = keep_open(seg, 0, directory, gates, &ledger);
	thread_error = EAGAIN;
	fixture_publish(writer, 'a', 10);
	assert_rests();
	assert_int_equal(log_lines("image_generation is not saved"), 1);
	assert_int_equal(log_lines("no thread for it: Resource temporarily"), 1);
	assert_int_equal(counter_get(counters, COUNTER_SAVE_FAILURES), 1);
	minute();
	assert_rests();
	assert_int_equal(counter_get(counters, COUNTER_SAVE_FAILURES), 2);
	thread_error = 0;
	fixture_publish(writer, 'b', 20);
	assert_rests();
	minute();
	attend_until(1);
	assert_int_equal(atomic_load(&last), 20);
	assert_int_equal(log_lines("image_generation is saved again"), 1);
	assert_int_equal(counter_get(counters, COUNTER_SAVES), 1);
	assert_int_equal(log_lines(""), 2);
	/* At the stop as well, which waits for nothing then. */
	fixture_publish(writer, 'c', 30);
	thread_error = EAGAIN;
	keep_close(&keeper);
	assert_int_equal(log_lines("no thread for it"), 2);
	assert_int_equal(atomic_load(&saves), 1);
}

/* What the gates compare with goes beside it, and without it nothing is saved. */
TEST(a_full_disk_under_the_gates_is_a_failed_saving)
{
	struct stat st;

	keeper = keep_open(seg, 0, directory, gates, &ledger);
	assert_int_equal(mkdir(directory_path("image_generation.gate"), 0700), 0);
	fixture_publish(writer, 'a', 10);
	attend_until(1);
	assert_int_equal(log_lines("image_generation is not saved"), 1);
	assert_int_equal(rmdir(directory_path("image_generation.gate")), 0);
	minute();
	attend_until(2);
	assert_int_equal(log_lines("image_generation is saved again"), 1);
	assert_int_equal(stat(directory_path("image_generation.gate"), &st), 0);
	assert_int_equal(st.st_size, 168);
}

/* While one is saved others are published: the next one that is saved is the newest. */
TEST(the_newest_follows_the_one_that_is_being_saved)
{
	keeper = keep_open(seg, 0, directory, gates, &ledger);
	fixture_publish(writer, 'a', 10);
	atomic_store(&hang, true);
	keep_attend(keeper);
	assert_true(keeper->task.running);
	fixture_publish(writer, 'b', 20);
	fixture_publish(writer, 'c', 30);
	atomic_store(&hang, false);
	attend_until(1);
	assert_true(keep_is_wanted(keeper) || atomic_load(&last) == 30);
	keep_close(&keeper);
	assert_int_equal(atomic_load(&last), 30);
}

TEST(nobody_waits_for_a_disk_that_hangs)
{
	int64_t begin;
	struct keeper *stuck;
	int i;

	stuck = keeper = keep_open(seg, 0, directory, gates, &ledger);
	atomic_store(&hang, true);
	fixture_publish(writer, 'a', 10);
	for (i = 0; i < 10; i++) {
		keep_attend(keeper);
		minute();
	}
	fixture_publish(writer, 'b', 20);
	begin = clock_boot();
	keep_close(&keeper);
	assert_true(clock_boot() - begin >= KEEP_PATIENCE * NSEC_PER_SEC);
	assert_int_equal(log_lines("still does not answer"), 1);
	assert_int_equal(atomic_load(&saves), 0);
	/* A real process would end here. */
	atomic_store(&hang, false);
	assert_int_equal(pthread_join(stuck->task.thread, NULL), 0);
	free(stuck);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down, .group_setup = set_up_group,
    .group_teardown = tear_down_group);
