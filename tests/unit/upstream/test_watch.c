/* Every way in which a local file can become another one. Events come with the call
 * that causes them, and the time is ours: nothing here waits. */
#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "upstream/watch.h"
#include "fixture/directory.h"
#include "unit.h"

/* The directory is the current one while a test runs. */
static int home;
static int64_t now;

static int
setup(void **state UNUSED)
{
	now = NSEC_PER_SEC;
	home = open(".", O_RDONLY | O_DIRECTORY);
	return home == -1 || directory_make() == -1 || chdir(directory) == -1 ? -1 : 0;
}

static int
forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state UNUSED)
{
	int rc = fchdir(home);

	close(home);
	return rc == 0 ? nftw(directory, forget, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

/* Writes a file in place. */
static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct watch *
watch(const char *path)
{
	char url[256];
	const char *urls[] = { "https://example.org/x", url };

	snprintf(url, sizeof(url), "file://%s/%s", directory, path);
	return watch_open(urls, 2);
}

/* Whether a change is told once everything has become quiet. */
static bool
changed(struct watch *w)
{
	assert_false(watch_take(w, now));
	now += WATCH_QUIET;
	return watch_take(w, now);
}

/* That there is one, and only one. */
#define CHANGED(w)                                                                     \
	do {                                                                           \
		assert_true(changed(w));                                               \
		assert_false(changed(w));                                              \
	} while (0)

TEST_WITH(test_nothing_to_watch, NULL, NULL)
{
	static const char *const urls[] = { "https://example.org/x", "http://[::1]/y" };
	struct watch *w = watch_open(urls, 2);

	assert_null(w);
	assert_int_equal(watch_fd(w), -1);
	assert_true(watch_due(w) == INT64_MAX);
	assert_false(watch_take(w, now));
	watch_close(&w);
}

TEST(test_written_in_place)
{
	struct watch *w;
	struct pollfd pfd = { .events = POLLIN };

	put("a file", "one");
	w = watch("a%20file");
	assert_non_null(w);
	assert_false(changed(w));
	pfd.fd = watch_fd(w);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	put("a file", "two"); /* as long as before, perhaps in the same tick */
	assert_int_equal(poll(&pfd, 1, 0), 1);
	CHANGED(w);
	put("a file", "three");
	CHANGED(w);
	put("another", "x");
	assert_false(changed(w));
	watch_close(&w);
	assert_null(w);
}

TEST(test_renamed_over)
{
	struct watch *w;

	put("file", "one");
	w = watch("file");
	for (int i = 0; i < 3; i++) {
		put("new", "two");
		assert_int_equal(rename("new", "file"), 0);
		CHANGED(w);
	}
	/* The last one is watched, too. */
	put("file", "three");
	CHANGED(w);
	watch_close(&w);
}

TEST(test_deleted_and_made_again)
{
	struct watch *w;

	put("file", "one");
	w = watch("file");
	assert_int_equal(unlink("file"), 0);
	CHANGED(w);
	put("file", "one");
	CHANGED(w);
	assert_int_equal(rename("file", "away"), 0);
	CHANGED(w);
	put("away", "not ours any more");
	assert_false(changed(w));
	assert_int_equal(rename("away", "file"), 0);
	CHANGED(w);
	watch_close(&w);
}

TEST(test_a_directory_is_exchanged)
{
	struct watch *w;

	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("e", 0700), 0);
	put("d/file", "one");
	put("e/file", "two");
	w = watch("d/file");
	assert_int_equal(rename("d", "old"), 0);
	assert_int_equal(rename("e", "d"), 0);
	CHANGED(w);
	put("old/file", "x");
	assert_false(changed(w));
	put("d/file", "three");
	CHANGED(w);
	watch_close(&w);
}

/* As configuration is mounted into containers: file -> ..data/file, ..data -> stamp. */
TEST(test_a_link_is_exchanged)
{
	struct watch *w;

	assert_int_equal(mkdir("1", 0700), 0);
	assert_int_equal(mkdir("2", 0700), 0);
	put("1/file", "one");
	put("2/file", "two");
	assert_int_equal(symlink("1", "data"), 0);
	assert_int_equal(symlink("./data/../data//file", "file"), 0);
	w = watch("file");
	assert_false(changed(w));
	assert_int_equal(symlink("2", "next"), 0);
	assert_int_equal(rename("next", "data"), 0);
	CHANGED(w);
	put("1/file", "x");
	assert_false(changed(w));
	put("2/file", "three");
	CHANGED(w);
	assert_int_equal(unlink("file"), 0);
	put("file", "four");
	CHANGED(w);
	watch_close(&w);
}

TEST(test_an_absolute_link)
{
	char target[128];
	struct watch *w;

	put("real", "one");
	snprintf(target, sizeof(target), "%s/real", directory);
	assert_int_equal(symlink(target, "link"), 0);
	w = watch("link");
	put("new", "two");
	assert_int_equal(rename("new", "real"), 0);
	CHANGED(w);
	watch_close(&w);
}

/* What does not exist yet is waited for, directory by directory. */
TEST(test_a_way_that_grows)
{
	struct watch *w = watch("a/b/file");

	assert_non_null(w);
	assert_int_equal(mkdir("a", 0700), 0);
	assert_false(changed(w));
	assert_int_equal(mkdir("a/b", 0700), 0);
	put("a/b/file", "one");
	CHANGED(w);
	assert_int_equal(symlink("loop", "loop"), 0);
	watch_close(&w);
	w = watch("loop/file");
	assert_non_null(w);
	assert_false(changed(w));
	assert_int_equal(unlink("loop"), 0);
	assert_int_equal(symlink("a/b", "loop"), 0);
	CHANGED(w);
	watch_close(&w);
}

/* Quiet is waited for, but not for ever; and many changes are one. */
TEST(test_debounce)
{
	struct watch *w;
	int64_t begun = now;
	int writes = 0;

	put("file", "0");
	w = watch("file");
	put("file", "1");
	assert_true(watch_due(w) == INT64_MAX);
	assert_false(watch_take(w, now));
	assert_true(watch_due(w) == now + WATCH_QUIET);
	now += WATCH_QUIET - 1;
	assert_false(watch_take(w, now));
	for (writes = 0; now < begun + WATCH_LIMIT; writes++) {
		put("file", "2");
		assert_false(watch_take(w, now));
		assert_true(watch_due(w) <= begun + WATCH_LIMIT);
		now += WATCH_QUIET / 2;
	}
	assert_true(writes > 10);
	assert_true(watch_take(w, now));
	assert_false(changed(w));
	watch_close(&w);
}

/* More events of others than the kernel keeps: ours is among those that are lost. */
TEST(test_overflow)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	struct watch *w;
	bool told = false;
	int max = 0;

	if (f == NULL || fscanf(f, "%d", &max) != 1 || max > 200000)
		skip();
	fclose(f);
	put("file", "0");
	put("new", "1");
	w = watch("file");
	for (int i = 0; i <= max / 2; i++) {
		assert_int_equal(symlink("x", "link"), 0);
		assert_int_equal(unlink("link"), 0);
	}
	assert_int_equal(rename("new", "file"), 0);
	for (int i = 0; !told && i < 1000; i++) {
		told = watch_take(w, now);
		now += WATCH_QUIET;
	}
	assert_true(told);
	put("file", "1");
	CHANGED(w);
	watch_close(&w);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
