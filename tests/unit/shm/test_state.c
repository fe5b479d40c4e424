/* Saved generations: whole or refused, whatever happened to the file or the clock. */
#include "fixture/directory.h"
#include "fixture/segment.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <dirent.h>
#include <fcntl.h>

#include "shm/state_layout.h"

/* The code under test, with a record of what must happen in order: w(rite), s(ync),
 * r(ename). A sync fails with the error that is set for it. */
static char steps[16];
static int sync_error[2]; /* of a file, of a directory; 0: none */

static void
step(char c)
{
	size_t n = strlen(steps);

	if (n + 1 < sizeof(steps) && (n == 0 || steps[n - 1] != c))
		steps[n] = c;
}

static ssize_t
test_write(int fd, const void *data, size_t len)
{
	step('w');
	/* Less than asked for, as a signal or a quota makes it. */
	return write(fd, data, len > 1000 ? 1000 : len);
}

static int
test_fsync(int fd)
{
	struct stat st;

	step('s');
	if (fstat(fd, &st) == -1)
		return -1;
	errno = sync_error[S_ISDIR(st.st_mode)];
	return errno != 0 ? -1 : fsync(fd);
}

static int
test_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	step('r');
	return renameat(from_dir, from, to_dir, to);
}

#define write test_write
#define fsync test_fsync
#define renameat test_renameat
#include "shm/state_save.c"
#include "unit.h"
#undef write
#undef fsync
#undef renameat

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
#define CAPACITY 4096
#define SEC INT64_C(1000000000)

static char path[128], bad[160], temp[160], message[512];
static struct state_id id;
/* The last part is half a minute older than the first; one is not there. */
static const struct snapshot_stamp stamp = {
	.part = { { 5000 * SEC + 1, 1700000000 * SEC + 2 }, { 0, 0 },
	    { 4970 * SEC + 1, 1699999970 * SEC + 2 } },
	.published_wall = 1700000001 * SEC + 3
};

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/text_generation.snapshot", directory);
	snprintf(bad, sizeof(bad), "%s.bad", path);
	snprintf(temp, sizeof(temp), "%s.new", path);
	id = (struct state_id){ directory, "text_generation", "format01", BOOT };
	message[0] = '\0';
	memset(steps, 0, sizeof(steps));
	memset(sync_error, 0, sizeof(sync_error));
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	rmdir(path);
	rmdir(bad);
	unlink(path);
	unlink(bad);
	unlink(temp);
	return directory_remove(NULL, NULL);
}

static void
save(const char *data, size_t len)
{
	if (state_save(&id, data, len, &stamp, message, sizeof(message)) == -1)
		fail_msg("%s", message);
	assert_int_equal(access(temp, F_OK), -1);
}

static enum state_verdict
load(struct state *s)
{
	message[0] = '\0';
	return state_load(&id, CAPACITY, s, message, sizeof(message));
}

/* What is refused says so, names the file, and gives nothing. */
static void
assert_refused(enum state_verdict wanted, const char *why)
{
	struct state s = { .data = NULL };

	assert_int_equal(load(&s), wanted);
	assert_null(s.data);
	if (strncmp(message, path, strlen(path)) != 0 || strstr(message, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", message, why);
}

static void
assert_holds(const char *data, size_t len)
{
	struct state s;

	if (load(&s) != STATE_GOOD)
		fail_msg("%s", message);
	assert_int_equal(s.len, len);
	assert_memory_equal(s.data, data, len);
	assert_memory_equal(&s.stamp, &stamp, sizeof(stamp));
	state_free(&s);
	assert_null(s.data);
}

static void
write_file(const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static size_t
read_file(char *data, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, data, size);

	assert_true(n > 0);
	close(fd);
	return (size_t)n;
}

static void
fill(char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 256);
}

TEST(every_length_comes_back)
{
	const size_t lengths[] = { 1, 7, 8, 143, 144, 145, CAPACITY - 1, CAPACITY };
	char data[CAPACITY];
	struct stat st;
	size_t i;

	fill(data, sizeof(data));
	for (i = 0; i < NELEM(lengths); i++) { /* each over the one before */
		save(data, lengths[i]);
		assert_holds(data, lengths[i]);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640U, 0);
}

TEST(nothing_there_is_no_error)
{
	struct state s;

	assert_int_equal(load(&s), STATE_NONE);
	id.dir = "/tmp/hydratord-test-state-that-is-not-there";
	assert_int_equal(load(&s), STATE_NONE);
	assert_int_equal(state_save(&id, "x", 1, &stamp, message, sizeof(message)), -1);
	assert_non_null(strstr(message, "No such file"));
}

/* A bit of the payload's size or a bit of its checksum: no byte may be another. */
TEST(every_single_byte_counts)
{
	char good[sizeof(struct state_header) + 300], file[sizeof(good)];
	size_t i, n;

	fill(good, 300);
	save(good, 300);
	n = read_file(good, sizeof(good));
	assert_int_equal(n, sizeof(good));
	for (i = 0; i < n; i++) {
		memcpy(file, good, n);
		file[i] ^= (char)(1 << i % 8);
		write_file(file, n);
		assert_refused(STATE_BAD, " is ");
	}
	write_file(good, n);
	assert_holds(good + sizeof(struct state_header), 300);
}

/* The header as it is, but for one change and a checksum that is right. */
static void
forge(void (*change)(struct state_header *))
{
	char file[sizeof(struct state_header) + 20];
	struct state_header *h = (void *)file;

	save("twenty bytes of data", 20);
	assert_int_equal(read_file(file, sizeof(file)), sizeof(file));
	change(h);
	h->checksum = state_checksum(h, h + 1, 20);
	write_file(file, sizeof(file));
}

static void
change_kind(struct state_header *h)
{
	h->magic[0] = 'X';
}

static void
change_version(struct state_header *h)
{
	h->magic[STATE_MAGIC_KIND]++;
}

static void
change_byte_order(struct state_header *h)
{
	h->byte_order = __builtin_bswap32(h->byte_order);
}

static void
change_header_size(struct state_header *h)
{
	h->header_size += 8;
}

static void
change_format(struct state_header *h)
{
	h->format[7]++;
}

static void
change_category(struct state_header *h)
{
	memset(h->category, 0, sizeof(h->category));
	memcpy(h->category, "image_generation", 16);
}

static void
change_length(struct state_header *h)
{
	h->length--;
}

static void
change_length_to_huge(struct state_header *h)
{
	h->length = UINT64_MAX - sizeof(*h) + 1;
}

static void
change_wall(struct state_header *h)
{
	h->stamp.part[2].fetched_wall = INT64_MIN;
}

/* Who can write a checksum is refused by each field all the same. */
TEST(forged_fields_are_refused)
{
	static const struct {
		void (*change)(struct state_header *);
		const char *why;
	} rows[] = {
		{ change_kind, "no snapshot" },
		{ change_version, "another version" },
		{ change_byte_order, "another kind of machine" },
		{ change_header_size, "another kind of machine" },
		{ change_format, "another content" },
		{ change_category, "another category" },
		{ change_length, "20 bytes of payload and says 19" },
		{ change_length_to_huge, "truncated or damaged" },
		{ change_wall, "damaged" },
	};
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		forge(rows[i].change);
		assert_refused(STATE_BAD, rows[i].why);
	}
}

TEST(truncated_or_longer_is_refused)
{
	char data[sizeof(struct state_header) + 100 + 1] = "";
	size_t n;

	save(data, 100);
	read_file(data, sizeof(data));
	for (n = 0; n < sizeof(data); n++)
		if (n != sizeof(data) - 1) {
			write_file(data, n);
			assert_refused(STATE_BAD, "truncated");
		}
	write_file(data, sizeof(data));
	assert_refused(STATE_BAD, "says 100");
	write_file(data, sizeof(struct state_header));
	assert_refused(STATE_BAD, "truncated");
}

TEST(larger_than_the_capacity_is_left)
{
	char data[CAPACITY + 1] = "";

	save(data, sizeof(data));
	assert_int_equal(state_size(&id), sizeof(data));
	assert_refused(STATE_PASSED, "the segment has room for 4096");
	/* Address space only: nobody reads, or allocates, what is too much. */
	assert_int_equal(truncate(path, INT64_C(1) << 40), 0);
	assert_refused(STATE_BAD, "truncated or damaged");
}

TEST(random_damage_is_refused_or_equal)
{
	char good[sizeof(struct state_header) + 200], file[sizeof(good)], data[200];
	uint32_t seed = 12345;
	size_t n;
	int i, j, refused = 0;

	fill(data, sizeof(data));
	save(data, sizeof(data));
	n = read_file(good, sizeof(good));
	for (i = 0; i < 3000; i++) {
		memcpy(file, good, n);
		for (j = (int)(seed >> 8) % 4; j >= 0; j--) {
			seed = seed * 1664525 + 1013904223;
			file[(seed >> 8) % n] ^= (char)(seed >> 24);
		}
		write_file(file, n);
		if (memcmp(file, good, n) == 0)
			assert_holds(data, sizeof(data));
		else {
			assert_refused(STATE_BAD, " is ");
			refused++;
		}
	}
	assert_true(refused > 2000);
}

TEST(what_is_no_file_is_neither_followed_nor_waited_for)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	save("good", 4);
	assert_int_equal(rename(path, temp), 0);
	assert_int_equal(symlink(temp, path), 0);
	assert_refused(STATE_BAD, "no regular file");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(STATE_BAD, "no regular file");
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	assert_int_equal(bind(fd, (void *)&sun, sizeof(sun)), 0);
	assert_refused(STATE_BAD, "no regular file");
	close(fd);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(STATE_BAD, "no regular file");
}

/* A predecessor's temporary file, or a trap laid in its place, is just replaced. */
TEST(saving_follows_no_link_either)
{
	char victim[128];
	struct stat st;

	snprintf(victim, sizeof(victim), "%s/victim", directory);
	close(open(victim, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(symlink(victim, temp), 0);
	save("data", 4);
	assert_holds("data", 4);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(path);
	assert_int_equal(symlink(victim, path), 0);
	save("more", 4);
	assert_holds("more", 4);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(victim);
}

TEST(a_failed_saving_leaves_the_last_one)
{
	save("old", 3);
	assert_int_equal(mkdir(temp, 0700), 0); /* it cannot be made over this */
	assert_int_equal(
	    state_save(&id, "new", 3, &stamp, message, sizeof(message)), -1);
	assert_non_null(strstr(message, ".new cannot be made"));
	assert_holds("old", 3);
	assert_int_equal(rmdir(temp), 0);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0); /* nor renamed over this */
	assert_int_equal(
	    state_save(&id, "new", 3, &stamp, message, sizeof(message)), -1);
	assert_non_null(strstr(message, "cannot be renamed"));
	assert_int_equal(access(temp, F_OK), -1);
}

/* Else a crash of the machine could leave the name on nothing, or the old one. */
TEST(content_is_synced_before_the_name_and_the_name_after)
{
	save("data", 4);
	assert_string_equal(steps, "wsrs");
}

TEST(a_sync_that_fails_is_a_failed_saving)
{
	save("old", 3);
	sync_error[0] = EIO;
	assert_int_equal(
	    state_save(&id, "new", 3, &stamp, message, sizeof(message)), -1);
	assert_non_null(strstr(message, "cannot be written: Input/output error"));
	assert_int_equal(access(temp, F_OK), -1);
	assert_holds("old", 3);
	sync_error[0] = 0;
	sync_error[1] = EINVAL; /* this file system has no such thing */
	save("newer", 5);
	sync_error[1] = EIO;
	assert_int_equal(
	    state_save(&id, "newest", 6, &stamp, message, sizeof(message)), -1);
	assert_non_null(strstr(message, "cannot be synced"));
}

TEST(set_aside_replaces_an_older_one)
{
	struct state s;

	assert_int_equal(state_set_aside(&id), -1);
	save("one", 3);
	assert_int_equal(state_set_aside(&id), 0);
	save("two", 3);
	assert_int_equal(state_set_aside(&id), 0);
	assert_int_equal(load(&s), STATE_NONE);
	assert_int_equal(rename(bad, path), 0);
	assert_holds("two", 3);
}

static int64_t
age(bool same_boot, int64_t now_boot, int64_t now_wall, int64_t *fetched_boot)
{
	struct state s = { .stamp = stamp, .same_boot = same_boot };
	int64_t result = state_rebase(&s, now_boot, now_wall);

	*fetched_boot = s.stamp.part[0].fetched_boot;
	for (int p = 0; p < SNAPSHOT_PARTS; p++)
		assert_int_equal(
		    s.stamp.part[p].fetched_wall, stamp.part[p].fetched_wall);
	assert_false(part_stamp_is_there(&s.stamp.part[1]));
	if (result != -1)
		assert_int_equal(
		    s.stamp.part[2].fetched_boot, *fetched_boot - 30 * SEC);
	assert_int_equal(s.stamp.published_wall, stamp.published_wall);
	return result;
}

TEST(age_is_true_over_clocks_and_boots)
{
	const int64_t boot = stamp.part[0].fetched_boot;
	const int64_t wall = stamp.part[0].fetched_wall;
	int64_t then;

	/* This boot: the wall clock may have been moved either way. */
	assert_int_equal(age(true, boot + 70 * SEC, 0, &then), 70 * SEC);
	assert_int_equal(then, boot);
	assert_int_equal(age(true, boot + 70 * SEC, INT64_MAX, &then), 70 * SEC);
	assert_int_equal(then, boot);
	assert_int_equal(age(true, boot, wall, &then), 0);
	assert_int_equal(age(true, boot - 1, wall, &then), -1);
	/* Another one: fetched before this boot began counting. */
	assert_int_equal(age(false, 9 * SEC, wall + 90 * SEC, &then), 90 * SEC);
	assert_int_equal(then, -81 * SEC);
	assert_int_equal(age(false, boot, wall, &then), 0);
	assert_int_equal(age(false, boot, wall - 1, &then), -1);
	assert_int_equal(age(false, boot, 0, &then), -1);
}

TEST(absurd_stamps_do_not_overflow)
{
	struct state s = { .same_boot = true };

	s.stamp.part[1] = (struct part_stamp){ INT64_MIN, 1 };
	assert_int_equal(state_rebase(&s, 1, 1), -1);
	s.stamp.part[1].fetched_boot = INT64_MAX;
	assert_int_equal(state_rebase(&s, INT64_MIN, 1), -1);
	s.same_boot = false;
	assert_int_equal(state_rebase(&s, INT64_MIN, INT64_MAX), -1);
	/* Without a part there is no age. */
	s.stamp.part[1] = (struct part_stamp){ 0 };
	assert_int_equal(state_rebase(&s, 1, 1), -1);
}

TEST(boots_are_told_apart)
{
	struct state s;

	save("x", 1);
	assert_int_equal(load(&s), STATE_GOOD);
	assert_true(s.same_boot);
	state_free(&s);
	id.boot_id = "fedcba98-7654-3210-fedc-ba9876543210";
	assert_int_equal(load(&s), STATE_GOOD);
	assert_false(s.same_boot);
	state_free(&s);
	/* Two boots of a kernel that does not name them are not known to be one. */
	id.boot_id = "";
	save("x", 1);
	assert_int_equal(load(&s), STATE_GOOD);
	assert_false(s.same_boot);
	state_free(&s);
}

enum {
	OK,
	NOT_SAVED,
	NOT_REFUSED,
	BAD_MESSAGE,
	LEFTOVER,
	LOST,
	NOT_RECOVERED,
};

static int
holds(char c, size_t len)
{
	struct state s;
	int same;

	if (state_load(&id, 1 << 20, &s, message, sizeof(message)) != STATE_GOOD)
		return 0;
	same = s.len == len && ((char *)s.data)[len - 1] == c;
	state_free(&s);
	return same;
}

static int
fill_the_disk(struct segment *unused, void *arg)
{
	static char data[40000], filler[30000];
	char other[128];
	int fd;

	(void)unused;
	(void)arg;
	if (directory_mount("size=64k") == -1)
		return FIXTURE_SKIP;
	memset(data, 'a', 10000);
	if (state_save(&id, data, 10000, &stamp, message, sizeof(message)) == -1)
		return NOT_SAVED;
	snprintf(other, sizeof(other), "%s/filler", directory);
	fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, filler, sizeof(filler)) != sizeof(filler))
		return NOT_SAVED;
	close(fd);
	memset(data, 'b', sizeof(data));
	if (state_save(&id, data, sizeof(data), &stamp, message, sizeof(message)) == 0)
		return NOT_REFUSED;
	if (strstr(message, "cannot be written: No space left") == NULL)
		return BAD_MESSAGE;
	if (access(temp, F_OK) == 0)
		return LEFTOVER;
	if (!holds('a', 10000))
		return LOST;
	unlink(other);
	if (state_save(&id, data, sizeof(data), &stamp, message, sizeof(message)) ==
		-1 ||
	    !holds('b', sizeof(data)))
		return NOT_RECOVERED;
	return OK;
}

TEST(a_full_disk_loses_nothing)
{
	fixture_fork_well(fill_the_disk, NULL, NULL);
}

/* Saves in turn what is whole only if both ends are of one kind. */
static int
save_for_ever(struct segment *unused, void *arg)
{
	static char data[CAPACITY];
	char c = 'a';

	(void)unused;
	(void)arg;
	for (;;) {
		c = c == 'z' ? 'a' : (char)(c + 1);
		memset(data, c, sizeof(data));
		if (state_save(&id, data, sizeof(data), &stamp, message,
			sizeof(message)) == -1)
			return NOT_SAVED;
	}
}

/* A death at any instant leaves a whole file; the next saving tidies up. */
TEST(killed_at_any_instant)
{
	struct state s;
	int i, status;
	pid_t pid;

	save("x", 1);
	for (i = 0; i < 50; i++) {
		fflush(NULL);
		if ((pid = fork()) == 0)
			_exit(save_for_ever(NULL, NULL));
		usleep((useconds_t)(300 + i * 137));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		if (load(&s) != STATE_GOOD)
			fail_msg("%s", message);
		assert_int_equal(((char *)s.data)[0], ((char *)s.data)[s.len - 1]);
		state_free(&s);
	}
	save("end", 3);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
