/* Taking a name from the dead, and never from the living. */
#include "shm/segment_name.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock_holder.h"
#include "shm/layout.h"

#define PATH_SIZE (sizeof(SEGMENT_DIR) + NAME_MAX)
#define TOOL_TRIES 100

static void
name_path(const struct segment *seg, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, SEGMENT_DIR "%s", seg->name);
}

static bool
name_is_ours(const struct segment *seg, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == seg->dev && st.st_ino == seg->ino;
}

int
segment_hold(struct segment *seg)
{
	char path[64];

	/* A description of its own: locks of flock(2) belong to descriptions. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", seg->fd);
	seg->fd_held = open(path, O_RDONLY | O_CLOEXEC);
	if (seg->fd_held == -1)
		return -1;
	return flock(seg->fd_held, LOCK_EX | LOCK_NB);
}

/* 0: unknown. The field stays where it is in every layout. */
static pid_t
held_by(int fd)
{
	struct segment_header h;

	if (pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    memcmp(h.magic, SEGMENT_MAGIC_STEM, sizeof(SEGMENT_MAGIC_STEM) - 1) != 0)
		return 0;
	return (pid_t)h.supervisor;
}

/* Locks what no daemon holds. A tool that looks (segment_is_held()) has it for a
 * moment, and shares it; one that was stopped just then is not waited for. */
static int
name_lock(int fd)
{
	const struct timespec moment = { .tv_nsec = NSEC_PER_MSEC };
	int tries = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (flock(fd, LOCK_SH | LOCK_NB) == -1)
			return -1;
		if (tries++ == TOOL_TRIES)
			return 0;
		flock(fd, LOCK_UN);
		nanosleep(&moment, NULL);
	}
	return 0;
}

/* Opens what has the name, with the lock on it unless this process has that already;
 * -1 with errno EBUSY, or 0 if there is nothing to be careful with: no file, or one
 * that another user made, who may claim what he likes in it. */
static int
name_open(const struct segment *seg, const char *path, pid_t *holder)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat own, st;

	errno = 0;
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && fstat(seg->fd, &own) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == own.st_uid && name_lock(fd) == -1) {
		*holder = held_by(fd);
		if (*holder != getpid()) {
			close(fd);
			errno = EBUSY;
			return -1;
		}
	}
	errno = 0;
	return fd;
}

/* By rename(2), so that there is one or the other at any moment. */
static int
name_replace(const char *own, const char *path)
{
	char temp[PATH_SIZE + SEGMENT_SUFFIX_MAX];
	int saved;

	snprintf(temp, sizeof(temp), "%s.%08" PRIx32, path, arc4random());
	if (linkat(AT_FDCWD, own, AT_FDCWD, temp, AT_SYMLINK_FOLLOW) == -1)
		return -1;
	if (rename(temp, path) == 0)
		return 0;
	saved = errno;
	unlink(temp);
	errno = saved;
	return -1;
}

int
segment_name_take(struct segment *seg, pid_t *holder)
{
	char path[PATH_SIZE], own[64];
	int fd, r, saved;

	*holder = 0;
	name_path(seg, path);
	snprintf(own, sizeof(own), "/proc/self/fd/%d", seg->fd);
	/* Of several that find no name one gets it, and the others find that one. */
	if (linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	/* rename(2) of a file to itself would leave both names. */
	if (name_is_ours(seg, path))
		return 0;
	if ((fd = name_open(seg, path, holder)) == -1 && errno == EBUSY)
		return -1;
	r = name_replace(own, path);
	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return r;
}

int
segment_take_name(struct segment *seg)
{
	pid_t holder;

	return segment_name_take(seg, &holder);
}

bool
segment_is_named(const struct segment *seg)
{
	char path[PATH_SIZE];

	name_path(seg, path);
	return name_is_ours(seg, path);
}

bool
segment_is_held(const struct segment *seg)
{
	if (flock(seg->fd_readonly, LOCK_SH | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
	flock(seg->fd_readonly, LOCK_UN);
	return false;
}

bool
segment_is_held_by(const struct segment *seg, pid_t pid)
{
	return segment_is_held(seg) && lock_holder_is(seg->fd_readonly, pid);
}

void
segment_unlink(struct segment *seg)
{
	char path[PATH_SIZE];

	name_path(seg, path);
	if (name_is_ours(seg, path))
		unlink(path);
}
