/* What is written comes back, of which files something is read, and which are left. */
#include <sys/mount.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "fixture/directory.h"
#include "fixture/history_world.h"
#include "fixture/segment.h"
#include "history/store.h"
#include "history/store_file.h"
#include "unit.h"

/* What a test can fill. */
#undef STORE_EVENTS_MAX
#define STORE_EVENTS_MAX 3000
#undef STORE_EVENTS_MORE
#define STORE_EVENTS_MORE 100
#undef STORE_LOG_MAX
#define STORE_LOG_MAX ((int64_t)1 << 20)
#include "history/store_write.c"

#define MODELS 50
#define NOBODY 65534

static char path[PATH_MAX], copy[PATH_MAX], message[1024];
static struct history_rule rule;
static _Atomic bool stop;
static struct store_settings settings = { .path = path, .rule = &rule, .stop = &stop };
static struct store *store;
static struct history *history;
static struct history_world *world;

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1 ||
	    store_file_find(path, directory, "image_generation") == -1)
		return -1;
	snprintf(copy, sizeof(copy), "%s/copy", directory);
	history_defaults(&rule);
	rule.settle = 0;
	rule.events_max = 5000;
	atomic_store(&stop, false);
	world = history_world_new(MODELS);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	store_close(&store);
	history_free(&history);
	history_world_free(&world);
	(void)directory_sweep("image_generation.history.db*");
	(void)directory_sweep("copy*");
	return directory_remove(NULL, NULL);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static enum store_verdict
reopen(void)
{
	store_close(&store);
	message[0] = '\0';
	return store_open(&settings, &store, message, sizeof(message));
}

static void
open_good(void)
{
	if (reopen() != STORE_GOOD)
		fail_msg("%s", message);
}

static enum store_verdict
load(void)
{
	history_free(&history);
	history = history_new(&rule);
	return store_load(store, history, message, sizeof(message));
}

static void
load_good(void)
{
	open_good();
	if (load() != STORE_GOOD)
		fail_msg("%s", message);
}

static enum store_verdict
record(void)
{
	struct history_batch *batch = history_take_batch(history);
	enum store_verdict verdict;

	assert_non_null(batch);
	verdict = store_write(store, batch, message, sizeof(message));
	history_batch_done(history, &batch, verdict == STORE_GOOD);
	return verdict;
}

/* So many hours go by, and each is recorded. */
static void
live(int hours)
{
	for (; hours > 0; hours--) {
		history_world_step(world);
		history_world_note(world, history);
		if (record() != STORE_GOOD)
			fail_msg("%s", message);
	}
}

static void
assert_text(char *a, char *b)
{
	size_t i, line = 0;

	assert_non_null(a);
	assert_non_null(b);
	for (i = 0; a[i] != '\0' && a[i] == b[i]; i++)
		line = a[i] == '\n' ? i + 1 : line;
	if (a[i] != b[i])
		fail_msg("%.*s, not %.*s", (int)strcspn(a + line, "\n"), a + line,
		    (int)strcspn(b + line, "\n"), b + line);
	free(a);
	free(b);
}

/* What a history knows after it was loaded is what was in the file. */
TEST(what_was_written_comes_back)
{
	const char *tables = "meta models days events";
	struct stat st;

	load_good();
	live(24 * 12);
	load_good();
	assert_true(history_count(history)->models == MODELS);
	/* Also what follows from other rows. */
	history_record_all(history);
	assert_int_equal(record(), STORE_GOOD);
	load_good();
	history_record_all(history);
	store_close(&store);
	settings.path = copy;
	open_good();
	assert_int_equal(record(), STORE_GOOD);
	store_close(&store);
	settings.path = path;
	assert_true(history_world_ask(path, "SELECT count(*) FROM days") > 12 * 40);
	assert_true(history_world_ask(path, "SELECT count(*) FROM events") > 100);
	assert_text(history_world_dump(path, tables), history_world_dump(copy, tables));
	assert_true(history_world_is_whole(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* Nobody else reads what is beside it, either; and nothing is, once it is closed. */
TEST(its_log_has_its_mode)
{
	char log[PATH_MAX + 8];
	struct stat st;

	load_good();
	live(2);
	snprintf(log, sizeof(log), "%s-wal", path);
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(store_file_has_log(path));
	store_close(&store);
	assert_int_equal(access(log, F_OK), -1);
	assert_false(store_file_has_log(path));
}

TEST(what_is_too_old_goes)
{
	rule.days = 12;
	load_good();
	live(24 * 30);
	assert_int_equal(
	    history_world_ask(path, "SELECT max(day) - min(day) FROM days"), 12);
	assert_int_equal(
	    history_world_ask(path, "SELECT max(hour) - min(hour) FROM hours"),
	    HISTORY_HOURS_DAYS * 24);
	assert_true(history_world_ask(path, "SELECT max(at) - min(at) FROM samples") <=
		    12 * HISTORY_DAY);
}

/* An upstream that has other models each time does not fill the disk with them. */
TEST(the_newest_events_are_kept)
{
	struct history_model_now models[20];
	char names[20][16];
	int64_t now, last;
	size_t i;

	load_good();
	for (now = HISTORY_WORLD_BEGIN; now < HISTORY_WORLD_BEGIN + 200; now++) {
		for (i = 0; i < NELEM(models); i++) {
			snprintf(names[i], sizeof(names[i]), "%zu of %d", i,
			    (int)(now % 1000));
			models[i] = (struct history_model_now){
				.name = { names[i], strlen(names[i]) }
			};
		}
		(void)history_note(history, models, NELEM(models), now, true);
		assert_int_equal(record(), STORE_GOOD);
	}
	last = (int64_t)history_last_id(history);
	assert_true(history_count(history)->events > 2 * STORE_EVENTS_MAX);
	assert_in_range(history_world_ask(path, "SELECT count(*) FROM events"),
	    STORE_EVENTS_MAX, STORE_EVENTS_MAX + STORE_EVENTS_MORE);
	assert_true(history_world_ask(path, "SELECT max(id) FROM events") == last);
	load_good();
}

TEST(a_model_that_went_goes_with_its_days)
{
	struct history_model_now one = { .name = STR("gone"), .workers = 1 };

	rule.days = 4;
	load_good();
	assert_true(history_note(history, &one, 1, history_world_now(world), true));
	assert_int_equal(record(), STORE_GOOD);
	live(24 * 4);
	assert_int_equal(history_world_ask(path,
			     "SELECT count(*) FROM models WHERE name = x'676f6e65'"),
	    1);
	live(24 * 2);
	assert_int_equal(history_world_ask(path,
			     "SELECT count(*) FROM models WHERE name = x'676f6e65'"),
	    0);
	assert_int_equal(
	    history_world_ask(path, "SELECT count(*) FROM days WHERE model NOT IN"
				    " (SELECT id FROM models)"),
	    0);
	load_good();
}

TEST(a_clock_that_turns_back_doubles_nothing)
{
	struct history_model_now one = { .name = STR("one"), .usage = { 1, 2, 3 } };
	int64_t now = HISTORY_WORLD_BEGIN, i;

	load_good();
	for (i = 0; i < 96; i++) {
		one.usage[2] += 10;
		(void)history_note(history, &one, 1, now + i * HISTORY_HOUR, true);
		assert_int_equal(record(), STORE_GOOD);
	}
	now += 24 * HISTORY_HOUR;
	(void)history_note(history, &one, 1, now, true);
	assert_int_equal(record(), STORE_GOOD);
	assert_true(history_world_ask(path, "SELECT max(at) FROM samples") <= now);
	assert_true(
	    history_world_ask(path, "SELECT max(hour) FROM hours") <= now / 3600);
	assert_true(
	    history_world_ask(path, "SELECT max(day) FROM days") <= now / 86400);
	load_good();
}

/* Each counts models and events from what it has read. */
TEST(of_two_that_write_the_second_reads_anew)
{
	struct history_model_now models[] = { { .name = STR("a") },
		{ .name = STR("b") }, { .name = STR("c") } };
	struct store *other;

	load_good();
	assert_int_equal(
	    store_open(&settings, &other, message, sizeof(message)), STORE_GOOD);
	(void)history_note(history, models, 1, HISTORY_WORLD_BEGIN, true);
	assert_int_equal(record(), STORE_GOOD);
	(void)history_note(history, models, 2, HISTORY_WORLD_BEGIN + 60, true);
	assert_int_equal(record(), STORE_GOOD);
	store_close(&store);
	store = other;
	(void)history_note(history, models, 3, HISTORY_WORLD_BEGIN + 120, true);
	assert_int_equal(record(), STORE_TAKEN);
	load_good();
	assert_int_equal(history_count(history)->models, 2);
	(void)history_note(history, models, 3, HISTORY_WORLD_BEGIN + 180, true);
	assert_int_equal(record(), STORE_GOOD);
}

/* Names are bytes, and numbers have their whole range. */
TEST(any_name_and_number_comes_back)
{
	static char longest[HISTORY_NAME_MAX];
	struct history_model_now models[] = {
		{ .name = { "nul\0and\n\"quotes'", 15 }, .identity = UINT64_MAX },
		{ .name = STR("") },
		{ .name = { longest, sizeof(longest) },
		    .usage = { INT64_MAX, INT64_MAX, INT64_MAX },
		    .workers = INT64_MAX },
	};
	const char *tables = "meta models days events";

	memset(longest, 'x', sizeof(longest));
	load_good();
	(void)history_note(history, models, 3, HISTORY_WORLD_BEGIN, true);
	assert_int_equal(record(), STORE_GOOD);
	load_good();
	assert_true(history_count(history)->models == 3);
	history_record_all(history);
	store_close(&store);
	settings.path = copy;
	open_good();
	assert_int_equal(record(), STORE_GOOD);
	settings.path = path;
	assert_text(history_world_dump(path, tables), history_world_dump(copy, tables));
	assert_int_equal(
	    history_world_ask(path, "SELECT length(name) FROM models LIMIT 1"), 15);
}

/* A start that was killed while it made the file has left an empty one, or one without
 * tables. */
TEST(an_empty_file_is_begun)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fclose(fp);
	open_good();
	assert_int_equal(history_world_ask(path, "PRAGMA user_version"), STORE_VERSION);
	assert_int_equal(history_world_ask(path, "PRAGMA application_id"), 0x68796869);
}

/* As one that was killed while it made the file leaves it. */
TEST(what_was_not_made_to_the_end_is_made_anew)
{
	static const char *const left[] = { "image_generation.history.db.new",
		"image_generation.history.db.new-journal",
		"image_generation.history.db.new-wal",
		"image_generation.history.db.new-shm" };
	size_t i;
	FILE *fp;

	for (i = 0; i < NELEM(left); i++) {
		fp = fopen(directory_path(left[i]), "w");
		assert_non_null(fp);
		fprintf(fp, "%0600d", 0);
		fclose(fp);
	}
	load_good();
	live(2);
	assert_int_equal(directory_sweep("*.new*"), 0);
	assert_true(history_world_is_whole(path));
}

TEST(a_file_of_this_version_is_taken_as_it_is)
{
	char *before;

	load_good();
	live(3);
	store_close(&store);
	before = history_world_dump(path, NULL);
	load_good();
	store_close(&store);
	assert_text(before, history_world_dump(path, NULL));
}

TEST(a_later_version_is_left_untouched)
{
	char *before;

	load_good();
	live(3);
	store_close(&store);
	assert_int_equal(
	    history_world_run(path, "PRAGMA user_version = 2; CREATE TABLE more (a, b);"
				    "DROP TABLE samples"),
	    SQLITE_OK);
	before = history_world_dump(path, "meta models days more");
	assert_int_equal(reopen(), STORE_NEWER);
	assert_null(store);
	assert_non_null(strstr(message, path));
	assert_non_null(strstr(message, "is of version 2, this program knows up to 1"));
	assert_text(before, history_world_dump(path, "meta models days more"));
}

TEST(what_is_no_history_is_not_written)
{
	static const char *const contents[] = {
		"CREATE TABLE mine (a); INSERT INTO mine VALUES (1)",
		"CREATE TABLE mine (a); PRAGMA user_version = 1",
		"CREATE TABLE mine (a); PRAGMA user_version = 7",
		"PRAGMA application_id = 1752787049; CREATE TABLE meta (a)",
		"PRAGMA application_id = 1752787049; PRAGMA user_version = 1",
		"PRAGMA application_id = 1752787049; PRAGMA user_version = -1",
	};
	size_t i;

	for (i = 0; i < NELEM(contents); i++) {
		FILE *fp = fopen(path, "w");

		assert_non_null(fp);
		fclose(fp);
		assert_int_equal(history_world_run(path, contents[i]), SQLITE_OK);
		if (reopen() != STORE_DAMAGED)
			fail_msg("%s: %s", contents[i], message);
		assert_non_null(strstr(message, path));
		assert_int_equal(directory_sweep("image_generation.history.db*"), 1);
	}
}

TEST(no_link_is_followed)
{
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(reopen(), STORE_LATER);
	assert_non_null(strstr(message, "is no regular file"));
	assert_int_equal(access(directory_path("elsewhere"), F_OK), -1);
}

TEST(a_row_that_makes_no_sense_is_damage)
{
	static const char *const rows[] = {
		"UPDATE models SET id = -3 WHERE id = 3",
		"UPDATE models SET name = x'fffe' WHERE id = 3",
		"DELETE FROM models WHERE id = 3",
		"UPDATE events SET kind = 99",
	};
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		load_good();
		world = (history_world_free(&world), history_world_new(MODELS));
		live(30);
		store_close(&store);
		assert_int_equal(history_world_run(path, rows[i]), SQLITE_OK);
		open_good();
		if (load() != STORE_DAMAGED)
			fail_msg("%s", rows[i]);
		assert_non_null(strstr(message, "has a row that makes no sense"));
		store_close(&store);
		assert_true(directory_sweep("image_generation.history.db*") > 0);
	}
}

/* Set aside with its log, and the oldest but two go. */
TEST(two_that_were_set_aside_are_kept)
{
	char aside[PATH_MAX], log[PATH_MAX + 8];
	int64_t at;

	for (at = 1000; at < 1005; at++) {
		open_good();
		store_close(&store);
		snprintf(log, sizeof(log), "%s-wal", path);
		fclose(fopen(log, "w"));
		assert_int_equal(store_file_set_aside(path, at, aside), 0);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(access(log, F_OK), -1);
		assert_int_equal(access(aside, F_OK), 0);
	}
	assert_non_null(strstr(aside, "image_generation.history.db.damaged-1004"));
	assert_int_equal(access(directory_path("image_generation.history.db."
					       "damaged-1003-wal"),
			     F_OK),
	    0);
	fclose(fopen(directory_path("image_generation.history.db.damaged-mine"), "w"));
	assert_int_equal(
	    directory_sweep("image_generation.history.db.damaged-[0-9]*"), 4);
	assert_int_equal(directory_sweep("image_generation.history.db*"), 1);
}

/*
 * Others that use the file, and disks that do not do as they should.
 */

TEST(a_lock_of_another_is_waited_for_only_shortly)
{
	sqlite3 *other;
	int pages;

	load_good();
	live(2);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	history_world_step(world);
	history_world_note(world, history);
	assert_int_equal(record(), STORE_LATER);
	assert_non_null(strstr(message, "locked"));
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(record(), STORE_GOOD);
	/* One that reads holds up nobody. */
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN; SELECT count(*) FROM days", NULL, NULL, NULL),
	    SQLITE_OK);
	live(5);
	assert_int_equal(sqlite3_wal_checkpoint_v2(
			     other, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL),
	    SQLITE_LOCKED);
	sqlite3_close(other);
}

/* Only while it goes on; what was not recorded then is recorded after it. */
TEST(a_program_that_goes_on_reading_does_not_fill_the_disk)
{
	enum store_verdict verdict = STORE_GOOD;
	sqlite3 *other;
	int i;

	load_good();
	live(2);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN; SELECT count(*) FROM days", NULL, NULL, NULL),
	    SQLITE_OK);
	for (i = 0; i < 500 && verdict == STORE_GOOD; i++) {
		history_world_step(world);
		history_world_note(world, history);
		verdict = record();
	}
	assert_int_equal(verdict, STORE_LATER);
	assert_non_null(strstr(message, "-wal: has "));
	assert_non_null(strstr(message, "a program goes on reading from the database"));
	assert_true(store_file_bytes(path) < 8 * STORE_LOG_MAX);
	sqlite3_close(other);
	live(100);
	assert_true(store_file_bytes(path) < 8 * STORE_LOG_MAX);
	assert_int_equal(
	    history_world_ask(path, "SELECT count(*) FROM samples"), 2 + i + 100 - 1);
}

TEST(a_file_that_is_locked_is_read_later)
{
	sqlite3 *other;

	load_good();
	live(2);
	store_close(&store);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE",
		NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(reopen(), STORE_LATER);
	assert_non_null(strstr(message, "locked"));
	sqlite3_close(other);
	load_good();
}

TEST(a_stop_ends_reading)
{
	load_good();
	live(24 * 20);
	store_close(&store);
	atomic_store(&stop, true);
	assert_int_equal(reopen(), STORE_LATER);
	assert_non_null(strstr(message, "interrupted"));
}

/* What a child of another user finds: 0 is good, another number the step that went
 * wrong. */
static int
read_only(bool file_too)
{
	if (setgid(NOBODY) == -1 || setuid(NOBODY) == -1)
		return 1;
	if (reopen() != STORE_GOOD || load() != STORE_GOOD)
		return 2;
	if (history_count(history)->models != MODELS)
		return 3;
	history_world_step(world);
	history_world_note(world, history);
	if (record() != STORE_LATER || strstr(message, path) == NULL)
		return 4;
	return file_too && access(path, W_OK) == 0 ? 5 : 0;
}

static void
assert_read_only(mode_t of_directory, mode_t of_file)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	load_good();
	live(5);
	store_close(&store);
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	assert_int_equal(chown(directory, NOBODY, NOBODY), 0);
	assert_int_equal(chmod(path, of_file), 0);
	assert_int_equal(chmod(directory, of_directory), 0);
	if ((pid = fork()) == 0)
		_exit(read_only((of_file & 0200) == 0));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(chown(directory, 0, 0), 0);
	assert_int_equal(chmod(directory, 0700), 0);
}

/* It is shown as it was, and goes on where it can be written again. */
TEST(a_directory_that_cannot_be_written)
{
	assert_read_only(0500, 0640);
	world = (history_world_free(&world), history_world_new(MODELS));
	load_good();
}

TEST(a_file_that_cannot_be_written)
{
	assert_read_only(0700, 0400);
}

static int
fill_the_disk(struct segment *unused, void *arg)
{
	static char filler[4096];
	int fd;

	(void)unused;
	(void)arg;
	if (directory_mount("size=1m") == -1)
		return FIXTURE_SKIP;
	load_good();
	live(24);
	fd = open(directory_path("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, filler, sizeof(filler)) > 0)
		;
	close(fd);
	for (int i = 0; i < 48; i++) {
		history_world_step(world);
		history_world_note(world, history);
		if (record() != STORE_GOOD)
			break;
	}
	if (strstr(message, "full") == NULL)
		return 3;
	if (!history_world_is_whole(path))
		return 4;
	unlink(directory_path("filler"));
	history_world_step(world);
	history_world_note(world, history);
	if (record() != STORE_GOOD)
		return 5;
	load_good();
	return history_count(history)->models == MODELS ? 0 : 6;
}

TEST(a_full_disk_loses_nothing_that_was_written)
{
	fixture_fork_well(fill_the_disk, NULL, NULL);
}

static int
forbid_to_write(struct segment *unused, void *arg)
{
	(void)unused;
	(void)arg;
	if (directory_mount("size=1m") == -1)
		return FIXTURE_SKIP;
	load_good();
	live(2);
	store_close(&store);
	if (mount("none", directory, NULL, MS_REMOUNT | MS_RDONLY, NULL) == -1)
		return FIXTURE_SKIP;
	load_good();
	history_world_step(world);
	history_world_note(world, history);
	if (record() != STORE_LATER)
		return 3;
	return strstr(message, "Read-only file system") != NULL ? 0 : 4;
}

TEST(a_disk_that_is_read_only_is_called_so)
{
	fixture_fork_well(forbid_to_write, NULL, NULL);
}

TEST(what_is_cut_off_is_zeros)
{
	char was[100000], is[sizeof(was)], none[sizeof(was)] = { 0 };
	int fd = open(copy, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	memset(was, 'x', sizeof(was));
	assert_int_equal(write(fd, was, sizeof(was)), sizeof(was));
	assert_int_equal(store_file_cut(fd, 3), 0);
	assert_int_equal(pread(fd, is, sizeof(is), 0), sizeof(is));
	assert_memory_equal(is, was, 3);
	assert_memory_equal(is + 3, none, sizeof(is) - 3);
	assert_int_equal(store_file_cut(fd, sizeof(is) + 10), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(is) + 10);
	close(fd);
	fd = open(copy, O_RDONLY | O_CLOEXEC);
	assert_int_equal(store_file_cut(fd, 0), -1);
	close(fd);
}

/* What doc/history.md tells an operator to ask. */
TEST(the_questions_of_the_document_have_answers)
{
	const char *srcdir = getenv("srcdir");
	char line[512], name[PATH_MAX], sql[4096] = "";
	bool inside = false;
	int questions = 0;
	FILE *fp;

	snprintf(
	    name, sizeof(name), "%s/doc/history.md", srcdir != NULL ? srcdir : ".");
	fp = fopen(name, "r");
	assert_non_null(fp);
	load_good();
	live(24 * 3);
	while (fgets(line, sizeof(line), fp) != NULL) {
		if (strstr(line, "<<'SQL'") != NULL) {
			inside = true;
			sql[0] = '\0';
		} else if (inside && strcmp(line, "    SQL\n") == 0) {
			inside = false;
			questions++;
			if (history_world_run(path, sql) != SQLITE_OK)
				fail_msg("%s", sql);
		} else if (inside)
			strlcat(sql, line, sizeof(sql));
	}
	fclose(fp);
	assert_int_equal(questions, 3);
}
