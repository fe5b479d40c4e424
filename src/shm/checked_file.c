/* Writing aside, renaming, and believing nothing. */
#include "shm/checked_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "shm/layout.h"

#define CHECKED_MODE 0640

static void
checked_path(char path[PATH_MAX], const struct checked_file *f, const char *beside)
{
	snprintf(path, PATH_MAX, "%s/%.*s%s%s", f->dir, SEGMENT_NAME_SIZE - 1,
	    f->category, f->suffix, beside);
}

static struct checked_head
checked_head_of(const struct checked_file *f)
{
	struct checked_head head = { .byte_order = SEGMENT_BYTE_ORDER };

	strlcpy(head.magic, f->magic, sizeof(head.magic));
	return head;
}

static uint64_t
content_checksum(const struct checked_file *f, const void *content)
{
	return XXH3_64bits(content, f->size - sizeof(uint64_t));
}

/* Returns 0, or -1 with errno. */
static int
checked_write(const struct checked_file *f, const char *temp, const void *content)
{
	ssize_t n;
	int fd;

	unlinkat(AT_FDCWD, temp, 0); /* a predecessor died over it */
	fd = open(
	    temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, CHECKED_MODE);
	if (fd == -1)
		return -1;
	n = write(fd, content, f->size);
	if (n >= 0 && n != (ssize_t)f->size) {
		errno = ENOSPC;
		n = -1;
	}
	if (n != -1 && f->synced && fsync(fd) == -1)
		n = -1;
	if (close(fd) == -1)
		n = -1;
	return n == -1 ? -1 : 0;
}

int
checked_file_save(const struct checked_file *f, void *content, char *err, size_t errlen)
{
	struct checked_head head = checked_head_of(f);
	char path[PATH_MAX], temp[PATH_MAX];
	uint64_t sum;
	int saved;

	checked_path(path, f, "");
	checked_path(temp, f, ".new");
	memcpy(content, &head, sizeof(head));
	sum = content_checksum(f, content);
	memcpy((char *)content + f->size - sizeof(sum), &sum, sizeof(sum));
	if (checked_write(f, temp, content) == 0 &&
	    renameat(AT_FDCWD, temp, AT_FDCWD, path) == 0)
		return 0;
	saved = errno;
	unlinkat(AT_FDCWD, temp, 0);
	snprintf(err, errlen, "%s cannot be written: %s", path, strerror(saved));
	return -1;
}

/* Returns why it is not believed, or NULL. */
static const char *
fault_of(const struct checked_file *f, const void *content)
{
	struct checked_head head = checked_head_of(f);
	uint64_t sum = content_checksum(f, content);

	if (memcmp(content, &head, sizeof(head)) != 0)
		return "is of another version or machine";
	if (memcmp((const char *)content + f->size - sizeof(sum), &sum, sizeof(sum)) !=
	    0)
		return "is damaged: its checksum is wrong";
	return NULL;
}

/* Returns why nothing was read, or NULL. */
static const char *
checked_read(const struct checked_file *f, int fd, void *content)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (st.st_size != (off_t)f->size)
		return "has another size than such files have";
	if ((n = read(fd, content, f->size)) == -1)
		return strerror(errno);
	return n == (ssize_t)f->size ? fault_of(f, content) : "is truncated";
}

int
checked_file_load(const struct checked_file *f, void *content, char *err, size_t errlen)
{
	char path[PATH_MAX];
	const char *fault;
	int fd;

	checked_path(path, f, "");
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return 0;
	fault = fd == -1 ? strerror(errno) : checked_read(f, fd, content);
	if (fd != -1)
		close(fd);
	if (fault == NULL)
		return 1;
	snprintf(err, errlen, "%s: %s", path, fault);
	return -1;
}
