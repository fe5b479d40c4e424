/* Saving a generation: write, sync, rename, sync. */
#include "shm/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/state_layout.h"

#define STATE_MODE 0640

static int
state_write(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Without the sync a crash could leave the name on a file without content. */
static int
state_fill(int fd, const struct state_header *h, const void *data)
{
	if (state_write(fd, h, sizeof(*h)) == -1 ||
	    state_write(fd, data, h->length) == -1)
		return -1;
	return fsync(fd);
}

/* A file system that cannot sync a directory says EINVAL: then it need not. */
static int
state_sync_dir(int dir)
{
	return fsync(dir) == -1 && errno != EINVAL ? -1 : 0;
}

/* On failure *step says what was being done. */
static int
state_replace(int dir, const char *name, const char *temp, const struct state_header *h,
    const void *data, const char **step)
{
	int fd, saved;

	*step = "cannot be made";
	unlinkat(dir, temp, 0); /* a predecessor died over it */
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    STATE_MODE);
	if (fd == -1)
		return -1;
	*step = "cannot be written";
	if (state_fill(fd, h, data) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	close(fd); /* what could be lost was synced */
	*step = "cannot be renamed";
	if (renameat(dir, temp, dir, name) == -1)
		return -1;
	*step = "cannot be synced";
	return state_sync_dir(dir);
}

int
state_save(const struct state_id *id, const void *data, size_t len,
    const struct snapshot_stamp *stamp, char *err, size_t errlen)
{
	char name[STATE_NAME_SIZE], temp[STATE_NAME_SIZE];
	struct state_header h;
	const char *step;
	int dir = open(id->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;

	if (dir == -1) {
		snprintf(err, errlen, "state_dir %s cannot be opened: %s", id->dir,
		    strerror(errno));
		return -1;
	}
	state_name(name, id, "");
	state_name(temp, id, ".new");
	state_header_init(&h, id);
	h.length = len;
	h.stamp = *stamp;
	h.checksum = state_checksum(&h, data, len);
	if (state_replace(dir, name, temp, &h, data, &step) == 0) {
		close(dir);
		return 0;
	}
	saved = errno;
	unlinkat(dir, temp, 0);
	close(dir);
	snprintf(err, errlen, "%s/%s %s: %s", id->dir, temp, step, strerror(saved));
	return -1;
}
