/* A database with any bytes in it is no way to crash a hydrator or to stop it from
 * publishing: it is read, or set aside with one line. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fixture/directory.h"
#include "fixture/history_world.h"
#include "fixture/log_lines.h"
#include "fixture/moved_clock.h"
#include "history/recorder.h"
#include "history/store_file.h"
#include "unit.h"

#define MUTATIONS 1000
#define SEED 15
#define MODELS 30
#define DAYS 12
#define HEADER 100 /* of a database, whose every byte has a meaning */

/* A file as it was, and as it is tried. */
struct image {
	char path[PATH_MAX + 8];
	size_t len;
	char *good, *bad;
};

/* SQLite's: what is here need not outlive the machine. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

static struct history_rule rule;
static struct history_world *world;
static struct image database, log_of_it;
static uint64_t chance = SEED;

/* splitmix64, below n. */
static size_t
pick(size_t n)
{
	uint64_t z = (chance += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return n > 0 ? (z ^ (z >> 31)) % n : 0;
}

static void
image_take(struct image *image)
{
	FILE *fp = fopen(image->path, "r");
	struct stat st;

	assert_non_null(fp);
	assert_int_equal(fstat(fileno(fp), &st), 0);
	image->len = (size_t)st.st_size;
	image->good = xmalloc(image->len + 1);
	image->bad = xmalloc(image->len + 1);
	assert_int_equal(fread(image->good, 1, image->len, fp), image->len);
	fclose(fp);
}

static void
image_put(const struct image *image, const char *bytes, size_t len)
{
	FILE *fp = fopen(image->path, "w");

	assert_non_null(fp);
	assert_int_equal(fwrite(bytes, 1, len, fp), len);
	fclose(fp);
}

/* Returns what it does next: until nothing is left to do. */
static void
attend(struct recorder *r, const struct recorder_view *was, struct recorder_view *is)
{
	int64_t since = clock_boot();

	do {
		recorder_attend(r);
		recorder_look(r, is);
		if (clock_boot() - since > 20 * NSEC_PER_SEC)
			fail_msg("nothing happens");
		usleep(200);
	} while (is->failures == was->failures && is->written == was->written &&
		 is->damaged == was->damaged && !is->off &&
		 !(recorder_history(r) != NULL && was->bytes == 0));
}

static int
set_up_group(void **state UNUSED)
{
	struct recorder_view was = { 0 }, is;
	struct recorder *r;
	int i;

	history_defaults(&rule);
	rule.settle = 0;
	if (moved_clock_start() == -1 || directory_make() == -1 ||
	    store_file_find(database.path, directory, "controlnet") == -1)
		return -1;
	strlcpy(log_of_it.path, database.path, sizeof(log_of_it.path));
	strlcat(log_of_it.path, "-wal", sizeof(log_of_it.path));
	world = history_world_new(MODELS);
	r = recorder_open(directory, "controlnet", &rule);
	attend(r, &was, &is);
	for (i = 0; i < DAYS * 24; i++) {
		history_world_step(world);
		history_world_note(world, recorder_history(r));
		was = is;
		attend(r, &was, &is);
	}
	image_take(&log_of_it);
	if (!recorder_close(&r))
		return -1;
	image_take(&database);
	return log_lines_begin();
}

static int
tear_down_group(void **state UNUSED)
{
	history_world_free(&world);
	free(database.good);
	free(database.bad);
	free(log_of_it.good);
	free(log_of_it.bad);
	(void)directory_sweep("controlnet.history.db*");
	return log_lines_end() | moved_clock_stop() | directory_remove(NULL, NULL);
}

UNIT_FIXTURE(.group_setup = set_up_group, .group_teardown = tear_down_group);

/* Some bytes, a run of bytes, a page in the place of another, or an end too early. */
static size_t
spoil(char *p, size_t len)
{
	size_t n, at, page;

	switch (pick(8)) {
	case 0:
		return pick(len);
	case 1:
		at = pick(len);
		n = pick(len - at < 5000 ? len - at : 5000);
		memset(p + at, (int)pick(256), n);
		return len;
	case 2:
		page = len < 8192 ? len / 2 : 4096;
		memcpy(p + pick(len / page) * page, p + pick(len / page) * page, page);
		return len;
	case 3:
		p[pick(HEADER)] = (char)pick(256);
		return len;
	default:
		for (n = 1 + pick(16); n > 0; n--)
			p[pick(len)] ^= (char)(1 << pick(8));
		return len;
	}
}

static size_t
image_spoil(struct image *image)
{
	memcpy(image->bad, image->good, image->len);
	return spoil(image->bad, image->len);
}

/* Publishes over it, as a hydrator does that begins with it. Returns whether it was
 * set aside. */
static bool
survive(int number)
{
	struct recorder *r = recorder_open(directory, "controlnet", &rule);
	struct recorder_view was = { 0 }, is;
	int before = log_lines("");

	attend(r, &was, &is);
	for (was = is; recorder_history(r) == NULL && !is.off; was = is) {
		if (is.failures > 0)
			fail_msg("%d: %s", number, is.error);
		attend(r, &was, &is);
	}
	while (!is.off && is.written == 0) {
		history_world_step(world);
		history_world_note(world, recorder_history(r));
		was = is;
		attend(r, &was, &is);
		if (is.failures > 0)
			fail_msg("%d: %s", number, is.error);
		moved_clock_add(RECORDER_RETRY);
	}
	assert_true(recorder_close(&r));
	assert_in_range(log_lines("") - before, 0, is.damaged + is.off);
	if (!is.off && !history_world_is_whole(database.path))
		fail_msg("%d: it is not whole", number);
	return is.damaged > 0;
}

static void
spoil_all(bool with_log)
{
	int number, aside = 0;

	for (number = 0; number < MUTATIONS / 2; number++) {
		size_t len = with_log ? image_spoil(&log_of_it) : 0;

		(void)directory_sweep("controlnet.history.db*");
		if (!with_log || pick(4) == 0)
			image_put(&database, database.bad, image_spoil(&database));
		else
			image_put(&database, database.good, database.len);
		if (with_log)
			image_put(&log_of_it, log_of_it.bad, len);
		aside += survive(number);
	}
	print_message("%d of %d were set aside\n", aside, number);
	assert_true(aside > 0);
}

TEST(any_bytes_of_a_database)
{
	spoil_all(false);
}

TEST(any_bytes_of_its_log)
{
	spoil_all(true);
}
