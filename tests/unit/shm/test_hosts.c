/* The table of hosts: processes that share it, die in it, and what outlives them. */
#include "fixture/directory.h"
#include "fixture/segment.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <xxhash.h>

#include "base/clock.h"
#include "shm/hosts.h"
#include "shm/layout.h"
#include "shm/retry_after.h"
#include "unit.h"

#define A "https://a.example:443"
#define B "http://b.example:80"
#define CATEGORY "image_generation"

static struct segment *
segment(void)
{
	return fixture_segment();
}

/* --- Records --------------------------------------------------------------------- */

TEST(a_host_has_one_record)
{
	struct segment *seg = segment();
	struct host *a = hosts_claim(seg, A), *b = hosts_claim(seg, B);
	struct host_view v;

	assert_non_null(a);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(hosts_claim(seg, A), a);
	assert_ptr_equal(hosts_claim(seg, B), b);
	assert_true(hosts_read(seg, 1, &v));
	assert_string_equal(v.name, B);
	assert_false(hosts_read(seg, 2, &v));
	assert_true(hosts_find(seg, A, &v));
	assert_string_equal(v.name, A);
	assert_false(hosts_find(seg, "https://c.example:443", &v));
	segment_close(&seg);
}

TEST(codes_are_few_whatever_comes)
{
	static const struct {
		int status;
		const char *name;
	} row[] = { { 0, "none" }, { 200, "200" }, { 206, "other" }, { 304, "304" },
		{ 302, "3xx" }, { 404, "404" }, { 418, "4xx" }, { 500, "500" },
		{ 599, "5xx" }, { 600, "other" }, { 3, "other" }, { 100, "other" },
		{ -1, "other" }, { 99999, "other" }, { INT32_MIN, "other" } };

	for (size_t i = 0; i < NELEM(row); i++)
		assert_string_equal(
		    host_code_name(host_code_of(row[i].status)), row[i].name);
}

TEST(requests_are_counted_on_in_the_next_segment)
{
	struct segment *seg = segment(), *next = segment();
	struct host *a = hosts_claim(seg, A);
	struct host_view v;

	host_count(a, 200, 5);
	host_count(a, 503, 7);
	host_count(a, 200, 9);
	hosts_carry_counts(seg, next, A);
	hosts_carry_counts(seg, next, B);
	assert_true(hosts_read(next, 0, &v));
	assert_string_equal(v.name, A);
	assert_int_equal(v.answered[host_code_of(200)], 2);
	assert_int_equal(v.answered[host_code_of(503)], 1);
	assert_int_equal(v.answered[host_code_of(0)], 0);
	assert_int_equal(v.nsec, 21);
	assert_false(hosts_read(next, 1, &v));
	segment_close(&seg);
	segment_close(&next);
}

TEST(a_full_table_has_no_more)
{
	struct segment *seg = segment();
	char name[64];
	struct host_view v;
	int i;

	for (i = 0; i < HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "http://h%d:80", i);
		assert_non_null(hosts_claim(seg, name));
	}
	assert_null(hosts_claim(seg, A));
	assert_non_null(hosts_claim(seg, name));
	assert_true(hosts_read(seg, HOSTS_MAX - 1, &v));
	assert_string_equal(v.name, name);
	segment_close(&seg);
}

TEST(the_longest_name_fits)
{
	struct segment *seg = segment();
	char name[HOST_NAME_SIZE];
	struct host_view v;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_non_null(hosts_claim(seg, name));
	assert_true(hosts_read(seg, 0, &v));
	assert_string_equal(v.name, name);
	segment_close(&seg);
}

static int
claim_all(struct segment *seg, void *arg)
{
	int i, first = *(int *)arg;
	char name[64];

	for (i = 0; i < HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "http://h%d:80", (i * 7 + first) % 32);
		if (hosts_claim(seg, name) == NULL)
			return 1;
	}
	return 0;
}

/* Each in another order; all find room, so none was given two. */
TEST(processes_that_claim_at_once)
{
	struct segment *seg;
	pid_t pid[4];
	int i, first, round, status;
	struct host_view v;

	for (round = 0; round < 20; round++) {
		seg = segment();
		for (i = 0; i < 4; i++) {
			first = i * 5;
			if ((pid[i] = fork()) == 0)
				_exit(claim_all(seg, &first));
		}
		for (i = 0; i < 4; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_int_equal(status, 0);
		}
		for (i = 0; i < HOSTS_MAX; i++)
			assert_true(hosts_read(seg, (unsigned)i, &v));
		segment_close(&seg);
	}
}

/* Between the claim and the name: whoever comes next finishes it. */
TEST(a_claimant_that_died)
{
	struct segment *seg = segment();
	struct host *h = hosts_claim(seg, A);
	struct host_view v;

	h->named = 0;
	h->name[0] = 0;
	assert_false(hosts_read(seg, 0, &v));
	assert_ptr_equal(hosts_claim(seg, A), h);
	assert_true(hosts_read(seg, 0, &v));
	assert_string_equal(v.name, A);
	segment_close(&seg);
}

static int
raise_and_die(struct segment *seg, void *arg)
{
	struct host *h = hosts_claim(seg, A);

	host_raise_floor(h, *(int64_t *)arg, 0);
	atomic_store(&h->breaker, 77);
	raise(SIGKILL);
	return 0;
}

TEST(what_a_process_left_is_known_to_the_others)
{
	struct segment *seg = segment();
	int64_t floor = 100 * NSEC_PER_SEC;
	int status = fixture_fork(raise_and_die, seg, &floor);
	struct host_view v;

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(hosts_find(seg, A, &v));
	assert_int_equal(v.floor, floor);
	assert_int_equal(v.breaker, 77);
	segment_close(&seg);
}

static int
write_as_reader(struct segment *seg, void *arg)
{
	struct host *h = hosts_claim(seg, A);

	(void)arg;
	if (segment_attach_reader(seg, 1) == -1)
		return 2;
	atomic_store(&h->breaker, 1);
	return 0;
}

static int
look_as_reader(struct segment *seg, void *arg)
{
	struct host_view v;

	(void)arg;
	if (segment_attach_reader(seg, 1) == -1)
		return 2;
	return hosts_find(seg, A, &v) && v.breaker == 0 ? 0 : 1;
}

TEST(a_reader_looks_and_cannot_write)
{
	struct segment *seg = segment();
	int status = fixture_fork(write_as_reader, seg, NULL);

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_int_equal(fixture_fork(look_as_reader, seg, NULL), 0);
	segment_close(&seg);
}

/* --- Floors ---------------------------------------------------------------------- */

TEST(floors_only_rise_and_have_an_end)
{
	struct segment *seg = segment();
	struct host *h = hosts_claim(seg, A);
	int64_t now = 1000 * NSEC_PER_SEC;

	assert_true(host_raise_floor(h, now + 10, now));
	assert_false(host_raise_floor(h, now + 9, now));
	assert_false(host_raise_floor(h, now + 10, now));
	assert_int_equal(h->floor, now + 10);
	assert_true(host_raise_floor(h, now + 2 * HOST_FLOOR_MAX, now));
	assert_int_equal(h->floor, now + HOST_FLOOR_MAX);
	assert_true(host_raise_floor(h, INT64_MAX, now + 1));
	assert_int_equal(h->floor, now + 1 + HOST_FLOOR_MAX);
	segment_close(&seg);
}

TEST(a_new_segment_knows_what_the_old_one_knew)
{
	struct segment *from = segment(), *to = segment();
	int64_t now = 1000 * NSEC_PER_SEC;
	struct host_view v;

	host_raise_floor(hosts_claim(from, A), now + 50, now);
	hosts_claim(from, A)->breaker = 5;
	hosts_claim(from, B)->breaker = 6;
	hosts_claim(from, "http://quiet:80")->floor = now - 1;
	/* What has happened there already counts for more. */
	hosts_claim(to, B)->breaker = 7;
	hosts_claim(to, A)->floor = now + 60;
	hosts_carry(from, to, now);
	assert_true(hosts_find(to, A, &v));
	assert_int_equal(v.floor, now + 60);
	assert_int_equal(v.breaker, 5);
	assert_true(hosts_find(to, B, &v));
	assert_int_equal(v.breaker, 7);
	assert_false(hosts_find(to, "http://quiet:80", &v));
	/* Later, when both were at work. */
	hosts_claim(from, A)->breaker = 8;
	hosts_claim(to, A)->breaker = 0;
	host_raise_floor(hosts_claim(from, A), now + 70, now);
	hosts_carry_floors(from, to, now);
	assert_true(hosts_find(to, A, &v));
	assert_int_equal(v.floor, now + 70);
	assert_int_equal(v.breaker, 0);
	segment_close(&from);
	segment_close(&to);
}

/* --- Files ----------------------------------------------------------------------- */

static char file[128];

static int
make_dir(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(file, sizeof(file), "%s/" CATEGORY ".floors", directory);
	return 0;
}

static int
remove_dir(void **state UNUSED)
{
	return directory_remove(CATEGORY ".floors", NULL);
}

/* A file with the floors of two hosts, one of them over. */
static void
save(int64_t left)
{
	struct segment *seg = segment();
	int64_t now = clock_boot();
	char err[256] = "";

	host_raise_floor(hosts_claim(seg, B), now - NSEC_PER_SEC, now);
	host_raise_floor(hosts_claim(seg, A), now + left, now);
	if (retry_after_save(seg, directory, CATEGORY, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	segment_close(&seg);
}

static int
load(struct segment *seg, char err[256])
{
	return retry_after_load(seg, directory, CATEGORY, err, 256);
}

TEST_WITH(a_floor_survives, make_dir, remove_dir)
{
	struct segment *seg = segment();
	struct host_view v;
	char err[256];

	assert_int_equal(load(seg, err), 0);
	save(100 * NSEC_PER_SEC);
	assert_int_equal(load(seg, err), 1);
	assert_true(hosts_find(seg, A, &v));
	assert_in_range(v.floor, clock_boot() + 70 * NSEC_PER_SEC,
	    clock_boot() + 100 * NSEC_PER_SEC);
	assert_false(hosts_find(seg, B, &v));
	segment_close(&seg);
}

static void
rewrite(off_t offset, const void *data, size_t len)
{
	int fd = open(file, O_WRONLY);

	assert_true(fd != -1);
	assert_int_equal(pwrite(fd, data, len, offset), len);
	close(fd);
}

TEST_WITH(no_byte_may_differ, make_dir, remove_dir)
{
	struct segment *seg = segment();
	struct host_view v;
	struct stat st;
	char err[256], byte;
	off_t i;
	int fd;

	save(100 * NSEC_PER_SEC);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, 7456);
	assert_int_equal(st.st_mode & 0777, 0640 & ~umask(022));
	fd = open(file, O_RDONLY);
	for (i = 0; i < st.st_size; i += 13) {
		assert_int_equal(pread(fd, &byte, 1, i), 1);
		byte ^= 0x20;
		rewrite(i, &byte, 1);
		assert_int_equal(load(seg, err), -1);
		assert_non_null(strstr(err, file));
		byte ^= 0x20;
		rewrite(i, &byte, 1);
	}
	close(fd);
	assert_false(hosts_find(seg, A, &v));
	assert_int_equal(load(seg, err), 1);
	segment_close(&seg);
}

TEST_WITH(other_files_are_refused, make_dir, remove_dir)
{
	struct segment *seg = segment();
	char err[256];

	save(100 * NSEC_PER_SEC);
	assert_int_equal(truncate(file, 7455), 0);
	assert_int_equal(load(seg, err), -1);
	assert_int_equal(truncate(file, 0), 0);
	assert_int_equal(load(seg, err), -1);
	unlink(file);
	assert_int_equal(symlink("/dev/zero", file), 0);
	assert_int_equal(load(seg, err), -1);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(load(seg, err), -1);
	unlink(file);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(load(seg, err), -1);
	rmdir(file);
	segment_close(&seg);
}

/* As a clock that was an hour and a day fast when it was written. */
TEST_WITH(nobody_is_kept_away_for_more_than_the_cap, make_dir, remove_dir)
{
	struct segment *seg = segment();
	char content[7456], err[256];
	int64_t far = INT64_MAX;
	struct host_view v;
	uint64_t sum;
	int fd;

	save(100 * NSEC_PER_SEC);
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, content, sizeof(content)), sizeof(content));
	close(fd);
	memcpy(content + 24, &far, sizeof(far));
	sum = XXH3_64bits(content, sizeof(content) - 8);
	rewrite(24, &far, sizeof(far));
	rewrite(sizeof(content) - 8, &sum, sizeof(sum));
	assert_int_equal(load(seg, err), 1);
	assert_true(hosts_find(seg, A, &v));
	assert_in_range(v.floor, clock_boot(), clock_boot() + HOST_FLOOR_MAX);
	segment_close(&seg);
}

TEST_WITH(what_cannot_be_written_is_told, make_dir, remove_dir)
{
	struct segment *seg = segment();
	char err[256] = "";

	assert_int_equal(
	    retry_after_save(seg, "/proc/none", CATEGORY, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "/proc/none/" CATEGORY ".floors"));
	segment_close(&seg);
}
