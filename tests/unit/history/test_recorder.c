/* When it is read and recorded, what is said about it, and that nobody waits for a
 * disk.
 */
#include <sys/stat.h>

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "fixture/directory.h"
#include "fixture/history_world.h"
#include "fixture/log_lines.h"
#include "fixture/moved_clock.h"

#include "history/recorder.h"
#undef RECORDER_PATIENCE
#define RECORDER_PATIENCE 1 /* nobody likes to wait, not even for a test */

/* The code under test with a disk, and a kernel, that do as they are told. */
#define store_open test_store_open
#define store_write test_store_write
#define task_start test_task_start
static int test_task_start(struct task *, void (*)(void *), void *);
#include "history/recorder.c"
#include "unit.h"
#undef store_open
#undef store_write
#undef task_start

#define MODELS 20

enum store_verdict store_open(
    const struct store_settings *, struct store **, char *, size_t);
enum store_verdict store_write(
    struct store *, const struct history_batch *, char *, size_t);

static struct history_rule rule;
static struct history_world *world;
static struct recorder *recorder;
static char path[PATH_MAX];
static _Atomic bool hang;
static _Atomic int opened, written;
static _Atomic int verdict;         /* of the next calls, unless it is good */
static const char *_Atomic failure; /* their message */
static int thread_error;            /* 0: none */

static void
rest(void)
{
	while (atomic_load(&hang))
		usleep(1000);
}

static bool
fails(char *err, size_t errlen)
{
	if (atomic_load(&verdict) == STORE_GOOD)
		return false;
	snprintf(err, errlen, "%s", atomic_load(&failure));
	return true;
}

enum store_verdict
test_store_open(
    const struct store_settings *set, struct store **out, char *err, size_t errlen)
{
	rest();
	atomic_fetch_add(&opened, 1);
	*out = NULL;
	if (fails(err, errlen))
		return (enum store_verdict)atomic_load(&verdict);
	return store_open(set, out, err, errlen);
}

enum store_verdict
test_store_write(
    struct store *s, const struct history_batch *b, char *err, size_t errlen)
{
	rest();
	atomic_fetch_add(&written, 1);
	/* Only a write tells that, and what is read next is the other's. */
	if (atomic_load(&verdict) == STORE_TAKEN) {
		snprintf(err, errlen, "%s", atomic_load(&failure));
		return (enum store_verdict)atomic_exchange(&verdict, STORE_GOOD);
	}
	if (fails(err, errlen))
		return (enum store_verdict)atomic_load(&verdict);
	return store_write(s, b, err, errlen);
}

static int
test_task_start(struct task *task, void (*work)(void *), void *arg)
{
	return thread_error != 0 ? thread_error : task_start(task, work, arg);
}

static int
set_up_group(void **state UNUSED)
{
	history_defaults(&rule);
	return moved_clock_start();
}

static int
tear_down_group(void **state UNUSED)
{
	return moved_clock_stop();
}

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1 ||
	    store_file_find(path, directory, "text_generation") == -1)
		return -1;
	world = history_world_new(MODELS);
	atomic_store(&hang, false);
	atomic_store(&opened, 0);
	atomic_store(&written, 0);
	atomic_store(&verdict, STORE_GOOD);
	atomic_store(&failure, "FILE: cannot");
	thread_error = 0;
	return log_lines_begin();
}

static int
tear_down(void **state UNUSED)
{
	bool ended;

	atomic_store(&hang, false);
	ended = recorder_close(&recorder);
	history_world_free(&world);
	(void)directory_sweep("text_generation.history.db*");
	return log_lines_end() | directory_remove(NULL, NULL) | -!ended;
}

UNIT_FIXTURE(.group_setup = set_up_group, .group_teardown = tear_down_group,
    .setup = set_up, .teardown = tear_down);

static void
begin(void)
{
	recorder = recorder_open(directory, "text_generation", &rule);
	assert_non_null(recorder);
	assert_null(recorder_history(recorder));
}

/* Attends until what it has begun is over. */
static void
attend(void)
{
	int64_t since = clock_boot();

	do {
		recorder_attend(recorder);
		if (clock_boot() - since > 20 * NSEC_PER_SEC)
			fail_msg("it does not end");
		usleep(1000);
	} while (recorder->task.running);
}

static void
minute(void)
{
	moved_clock_add(RECORDER_RETRY);
}

static void
publish(void)
{
	history_world_step(world);
	history_world_note(world, recorder_history(recorder));
}

static struct recorder_view
look(void)
{
	struct recorder_view view;

	recorder_look(recorder, &view);
	return view;
}

TEST(without_a_directory_there_is_none)
{
	struct recorder_view view;
	struct recorder *none = recorder_open("", "text_generation", &rule);

	assert_null(none);
	recorder_attend(none);
	assert_null(recorder_history(none));
	recorder_look(none, &view);
	assert_string_equal(view.error, "");
	assert_true(recorder_close(&none));
}

TEST(what_was_recorded_is_read_again)
{
	int i;

	begin();
	attend();
	assert_non_null(recorder_history(recorder));
	for (i = 0; i < 30; i++) {
		publish();
		attend();
	}
	assert_int_equal(atomic_load(&written), 30);
	assert_true(look().written == 30);
	assert_true(look().written_at != 0);
	assert_true(look().bytes > 4096);
	assert_true(recorder_close(&recorder));
	begin();
	attend();
	assert_true(history_count(recorder_history(recorder))->models == MODELS);
	assert_int_equal(log_lines("history"), 0);
}

TEST(nothing_new_is_not_recorded)
{
	begin();
	attend();
	attend();
	assert_int_equal(atomic_load(&written), 0);
	publish();
	attend();
	attend();
	assert_int_equal(atomic_load(&written), 1);
}

/* A disk that hangs holds up neither the cycle nor the stop. */
TEST(nobody_waits_for_the_disk)
{
	int64_t since;

	atomic_store(&hang, true);
	begin();
	since = clock_boot();
	recorder_attend(recorder);
	recorder_attend(recorder);
	assert_null(recorder_history(recorder));
	assert_true(clock_boot() - since < 20 * NSEC_PER_SEC);
	atomic_store(&hang, false);
	attend();
	publish();
	atomic_store(&hang, true);
	recorder_attend(recorder);
	publish();
	recorder_attend(recorder);
	assert_int_equal(atomic_load(&written), 0);
	atomic_store(&hang, false);
	attend();
	assert_int_equal(atomic_load(&written), 2);
}

TEST(a_stop_records_the_rest)
{
	begin();
	attend();
	publish();
	recorder_attend(recorder);
	publish();
	assert_true(recorder_close(&recorder));
	assert_int_equal(history_world_ask(path, "SELECT count(*) FROM samples"), 2);
}

TEST(a_stop_leaves_a_thread_that_hangs)
{
	static _Atomic bool *still;

	begin();
	attend();
	publish();
	atomic_store(&hang, true);
	recorder_attend(recorder);
	still = &recorder->task.done;
	assert_false(recorder_close(&recorder));
	assert_null(recorder);
	assert_int_equal(
	    log_lines("the history of text_generation is not recorded: after 1 s"), 1);
	atomic_store(&hang, false);
	while (!atomic_load(still))
		usleep(1000);
}

/* Nor is it told as a fault. */
TEST(a_stop_does_not_wait_for_reading)
{
	atomic_store(&hang, true);
	begin();
	recorder_attend(recorder);
	atomic_store(&verdict, STORE_LATER);
	atomic_store(&failure, "interrupted");
	atomic_store(&hang, false);
	assert_true(recorder_close(&recorder));
	assert_int_equal(log_lines("history"), 0);
}

TEST(what_cannot_be_read_is_tried_again_and_told_once)
{
	int i;

	begin();
	atomic_store(&verdict, STORE_LATER);
	for (i = 0; i < 3; i++) {
		attend();
		attend(); /* rests */
		minute();
	}
	assert_int_equal(atomic_load(&opened), 3);
	assert_true(look().failures == 3);
	assert_string_equal(look().error, "FILE: cannot");
	assert_int_equal(
	    log_lines("the history of text_generation cannot be read: FILE: cannot"),
	    1);
	atomic_store(&failure, "FILE: otherwise");
	attend();
	assert_int_equal(log_lines("cannot be read: FILE: otherwise"), 1);
	atomic_store(&verdict, STORE_GOOD);
	minute();
	attend();
	assert_non_null(recorder_history(recorder));
	assert_string_equal(look().error, "");
	assert_int_equal(
	    log_lines("the history of text_generation is recorded again"), 1);
}

TEST(what_cannot_be_recorded_is_recorded_later)
{
	begin();
	attend();
	atomic_store(&verdict, STORE_LATER);
	publish();
	attend();
	publish();
	attend();
	assert_int_equal(atomic_load(&written), 1);
	minute();
	attend();
	assert_int_equal(atomic_load(&written), 2);
	assert_int_equal(
	    log_lines("the history of text_generation is not recorded: FILE: cannot"),
	    1);
	atomic_store(&verdict, STORE_GOOD);
	minute();
	attend();
	assert_int_equal(
	    log_lines("the history of text_generation is recorded again"), 1);
	assert_true(look().failures == 2 && look().written == 1);
	assert_true(
	    history_world_ask(path, "SELECT count(*) FROM models") >= MODELS - 1);
}

TEST(what_another_has_written_is_read_anew)
{
	begin();
	attend();
	for (int i = 1; i <= 2; i++) {
		atomic_store(&verdict, STORE_TAKEN);
		publish();
		attend();
		assert_int_equal(atomic_load(&written), i);
		assert_int_equal(atomic_load(&opened), 1 + i);
		assert_non_null(recorder_history(recorder));
		assert_int_equal(history_count(recorder_history(recorder))->models, 0);
	}
	assert_int_equal(
	    log_lines("the history of text_generation is read anew: FILE: cannot"), 1);
	publish();
	attend();
	assert_int_equal(look().written, 1);
}

TEST(a_later_version_turns_it_off)
{
	begin();
	atomic_store(&verdict, STORE_NEWER);
	attend();
	minute();
	attend();
	assert_int_equal(atomic_load(&opened), 1);
	assert_true(look().off);
	assert_null(recorder_history(recorder));
	assert_int_equal(log_lines("text_generation has no history: FILE: cannot"), 1);
}

/* The file is beside the new one, which is good at once. */
TEST(a_damaged_file_is_set_aside)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fprintf(fp, "%01000d", 0);
	fclose(fp);
	begin();
	attend();
	assert_non_null(recorder_history(recorder));
	assert_true(look().damaged == 1);
	assert_int_equal(log_lines("the history of text_generation begins anew:"), 1);
	assert_int_equal(log_lines("text_generation.history.db.damaged-"), 1);
	assert_int_equal(log_lines("history"), 1);
	publish();
	attend();
	assert_true(look().written == 1);
}

/* What is in memory is not lost by it. */
TEST(a_file_that_is_damaged_later_is_made_anew)
{
	char *before, *after;
	int i;

	begin();
	attend();
	for (i = 0; i < 10; i++) {
		publish();
		attend();
	}
	history_record_all(recorder_history(recorder));
	attend();
	before = history_world_dump(path, "meta models days events");
	atomic_store(&verdict, STORE_DAMAGED);
	history_record_all(recorder_history(recorder));
	attend();
	assert_int_equal(log_lines("begins anew: FILE: cannot; it is"), 1);
	atomic_store(&verdict, STORE_GOOD);
	assert_int_equal(access(path, F_OK), -1);
	minute();
	attend();
	after = history_world_dump(path, "meta models days events");
	assert_non_null(after);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_int_equal(log_lines("history"), 1);
}

/* Else all of it would be written into a file without a name until the end. */
TEST(a_file_that_is_removed_is_made_anew)
{
	begin();
	attend();
	publish();
	attend();
	assert_true(look().written == 1);
	assert_int_equal(unlink(path), 0);
	publish();
	attend();
	assert_int_equal(log_lines("the history of text_generation begins anew: "), 1);
	assert_int_equal(log_lines("history.db: somebody has removed it"), 1);
	minute();
	publish();
	attend();
	assert_true(look().written == 2);
	assert_true(history_world_is_whole(path));
	assert_true(
	    history_world_ask(path, "SELECT count(*) FROM models") >= MODELS - 1);
}

TEST(another_file_in_its_place_is_told_and_kept)
{
	char away[PATH_MAX + 8];
	struct stat st;

	begin();
	attend();
	publish();
	attend();
	snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(mknod(path, S_IFREG | 0600, 0), 0);
	publish();
	attend();
	assert_int_equal(
	    log_lines("the history of text_generation is not recorded: "), 1);
	assert_int_equal(log_lines("history.db: another file is in its place"), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(rename(away, path), 0);
	minute();
	attend();
	assert_true(look().written == 2);
	assert_int_equal(
	    log_lines("the history of text_generation is recorded again"), 1);
}

TEST(no_thread_is_an_error_that_passes)
{
	begin();
	thread_error = EAGAIN;
	attend();
	assert_int_equal(log_lines("cannot be read: no thread for it: "), 1);
	thread_error = 0;
	minute();
	attend();
	publish();
	thread_error = EAGAIN;
	attend();
	assert_int_equal(log_lines("is not recorded: no thread for it: "), 1);
	thread_error = 0;
	minute();
	attend();
	assert_true(look().written == 1);
}
