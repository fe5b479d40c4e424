/* Structs in files: whole or refused, each fault in its words, the old one kept. */
#include "fixture/directory.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The code under test, with a record of what must happen in order: w(rite), s(ync),
 * r(ename). What is set fails. */
static char steps[16];
static int write_error, sync_error;
static size_t write_most = SIZE_MAX;

static ssize_t
test_write(int fd, const void *data, size_t len)
{
	strlcat(steps, "w", sizeof(steps));
	errno = write_error;
	if (write_error != 0)
		return -1;
	return write(fd, data, len < write_most ? len : write_most);
}

static int
test_fsync(int fd)
{
	strlcat(steps, "s", sizeof(steps));
	errno = sync_error;
	return sync_error != 0 ? -1 : fsync(fd);
}

static int
test_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	strlcat(steps, "r", sizeof(steps));
	return renameat(from_dir, from, to_dir, to);
}

#define write test_write
#define fsync test_fsync
#define renameat test_renameat
#include "shm/checked_file.c"
#include "unit.h"
#undef write
#undef fsync
#undef renameat

struct content {
	struct checked_head head;
	uint64_t value[4];
	uint64_t checksum;
};

static struct checked_file file;
static char path[160], temp[176], message[256];

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	file = (struct checked_file){ directory, "lora", ".kind", "HYDRATORD-TST-1",
		sizeof(struct content), true };
	snprintf(path, sizeof(path), "%s/lora.kind", directory);
	snprintf(temp, sizeof(temp), "%s.new", path);
	message[0] = steps[0] = '\0';
	write_error = sync_error = 0;
	write_most = SIZE_MAX;
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	rmdir(path);
	unlink(path);
	unlink(temp);
	return directory_remove(NULL, NULL);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static int
save(uint64_t value)
{
	struct content c = { .value = { value, 2, 3, 4 } };

	return checked_file_save(&file, &c, message, sizeof(message));
}

/* The value, or -1. */
static int
load(void)
{
	struct content c;
	int found = checked_file_load(&file, &c, message, sizeof(message));

	return found == 1 ? (int)c.value[0] : found;
}

static void
assert_refused(const char *why)
{
	char want[256];

	snprintf(want, sizeof(want), "%s: %s", path, why);
	message[0] = '\0';
	assert_int_equal(load(), -1);
	assert_string_equal(message, want);
}

static void
change(off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	assert_true(fd != -1);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

TEST(what_was_saved_is_loaded)
{
	struct stat st;

	assert_int_equal(load(), 0);
	assert_int_equal(save(7), 0);
	assert_string_equal(steps, "wsr");
	assert_int_equal(load(), 7);
	assert_int_equal(save(8), 0);
	assert_int_equal(load(), 8);
	assert_int_equal(access(temp, F_OK), -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640 & ~umask(022));
	steps[0] = '\0';
	file.synced = false;
	assert_int_equal(save(9), 0);
	assert_string_equal(steps, "wr");
}

TEST(no_byte_may_differ)
{
	assert_int_equal(save(7), 0);
	for (size_t i = 0; i < sizeof(struct content); i++) {
		change((off_t)i);
		assert_refused(i < sizeof(struct checked_head)
				   ? "is of another version or machine"
				   : "is damaged: its checksum is wrong");
		change((off_t)i);
	}
	assert_int_equal(load(), 7);
}

TEST(other_files_are_refused)
{
	int fd;

	assert_int_equal(save(7), 0);
	assert_int_equal(truncate(path, sizeof(struct content) - 1), 0);
	assert_refused("has another size than such files have");
	assert_int_equal(truncate(path, sizeof(struct content) + 1), 0);
	assert_refused("has another size than such files have");
	unlink(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_refused(strerror(ELOOP));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("is no regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("is no regular file");
	rmdir(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	assert_refused("has another size than such files have");
}

/* The last one stays, and nothing lies beside it. */
static void
assert_not_saved(int error)
{
	char want[256];

	snprintf(want, sizeof(want), "%s cannot be written: %s", path, strerror(error));
	message[0] = '\0';
	assert_int_equal(save(8), -1);
	assert_string_equal(message, want);
	assert_int_equal(access(temp, F_OK), -1);
	write_error = sync_error = 0;
	assert_int_equal(load(), 7);
}

TEST(a_disk_that_fails)
{
	assert_int_equal(save(7), 0);
	write_error = EIO;
	assert_not_saved(EIO);
	write_most = 10;
	assert_not_saved(ENOSPC);
	write_most = SIZE_MAX;
	sync_error = EDQUOT;
	assert_not_saved(EDQUOT);
}

TEST(what_a_dead_predecessor_left_is_written_over)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	close(fd);
	assert_int_equal(save(7), 0);
	assert_int_equal(load(), 7);
	assert_int_equal(access(temp, F_OK), -1);
	/* A link there leads nowhere else. */
	assert_int_equal(symlink("/proc/none/file", temp), 0);
	assert_int_equal(save(8), 0);
	assert_int_equal(load(), 8);
}

TEST(without_a_directory)
{
	file.dir = "/proc/none";
	assert_int_equal(save(7), -1);
	assert_string_equal(message,
	    "/proc/none/lora.kind cannot be written: No such file or directory");
	assert_int_equal(load(), 0);
}
