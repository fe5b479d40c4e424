/* Files of floors: one struct, its size and checksum included. */
#include "shm/retry_after.h"

#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/clock.h"
#include "shm/hosts.h"
#include "shm/layout.h"

#define FLOORS_MAGIC "HYDRATORD-FLR-1" /* the text carries the version */
#define FLOORS_SUFFIX ".floors"
#define FLOORS_MODE 0640

struct floor_item {
	int64_t until; /* clock_wall() */
	char name[HOST_NAME_SIZE];
};

/* All of it is there; what is not used is zero. */
struct floors_file {
	char magic[16];
	uint64_t byte_order; /* SEGMENT_BYTE_ORDER */
	struct floor_item item[HOSTS_MAX];
	uint64_t checksum; /* XXH3 of all before it */
};
_Static_assert(sizeof(struct floor_item) == 232 && sizeof(struct floors_file) == 7456,
    "as in doc/segment-format.md");

static uint64_t
checksum_of(const struct floors_file *f)
{
	return XXH3_64bits(f, offsetof(struct floors_file, checksum));
}

static void
collect(const struct segment *seg, struct floors_file *f)
{
	int64_t boot = clock_boot(), wall = clock_wall();
	struct floor_item *item = f->item;
	struct host_view v;
	unsigned i;

	memset(f, 0, sizeof(*f));
	strlcpy(f->magic, FLOORS_MAGIC, sizeof(f->magic));
	f->byte_order = SEGMENT_BYTE_ORDER;
	for (i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(seg, i, &v) || v.floor <= boot)
			continue;
		item->until = wall + (v.floor - boot);
		strlcpy(item++->name, v.name, sizeof(item->name));
	}
	f->checksum = checksum_of(f);
}

static int
write_file(int dir, const char *temp, const struct floors_file *f)
{
	ssize_t n;
	int fd;

	unlinkat(dir, temp, 0); /* a predecessor died over it */
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    FLOORS_MODE);
	if (fd == -1)
		return -1;
	n = write(fd, f, sizeof(*f));
	if (close(fd) == -1)
		return -1;
	if (n >= 0 && n != (ssize_t)sizeof(*f))
		errno = ENOSPC;
	return n == (ssize_t)sizeof(*f) ? 0 : -1;
}

int
retry_after_save(const struct segment *seg, const char *dirname, const char *category,
    char *err, size_t errlen)
{
	char name[SEGMENT_NAME_SIZE + 16], temp[SEGMENT_NAME_SIZE + 16];
	struct floors_file f;
	int dir = open(dirname, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

	snprintf(name, sizeof(name), "%.31s" FLOORS_SUFFIX, category);
	snprintf(temp, sizeof(temp), "%.31s" FLOORS_SUFFIX ".new", category);
	collect(seg, &f);
	if (dir != -1 && write_file(dir, temp, &f) == 0)
		rc = renameat(dir, temp, dir, name);
	if (rc == -1) {
		snprintf(err, errlen, "%s/%s cannot be written: %s", dirname, name,
		    strerror(errno));
		if (dir != -1)
			unlinkat(dir, temp, 0);
	}
	if (dir != -1)
		close(dir);
	return rc;
}

static bool
item_is_sane(const struct floor_item *item)
{
	size_t len = strnlen(item->name, sizeof(item->name)), i;

	if (len == sizeof(item->name))
		return false;
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)item->name[i]))
			return false;
	return true;
}

/* Returns why the file is not believed, or NULL. */
static const char *
fault_of(const struct floors_file *f)
{
	unsigned i;

	if (strncmp(f->magic, FLOORS_MAGIC, sizeof(f->magic)) != 0 ||
	    f->byte_order != SEGMENT_BYTE_ORDER)
		return "is of another version or machine";
	if (f->checksum != checksum_of(f))
		return "is damaged: its checksum is wrong";
	for (i = 0; i < HOSTS_MAX; i++)
		if (!item_is_sane(&f->item[i]))
			return "has a name that is none";
	return NULL;
}

static int
apply(const struct segment *seg, const struct floors_file *f)
{
	int64_t boot = clock_boot(), wall = clock_wall(), left;
	const struct floor_item *item;
	struct host *h;
	int n = 0;

	for (item = f->item; item < f->item + HOSTS_MAX; item++) {
		if (item->name[0] == '\0' || item->until <= wall)
			continue;
		if (__builtin_sub_overflow(item->until, wall, &left) ||
		    left > HOST_FLOOR_MAX)
			left = HOST_FLOOR_MAX;
		if ((h = hosts_claim(seg, item->name)) == NULL)
			break;
		host_raise_floor(h, boot + left, boot);
		n++;
	}
	return n;
}

/* Returns why nothing was read, or NULL. */
static const char *
read_file(int fd, struct floors_file *f)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (st.st_size != (off_t)sizeof(*f))
		return "has not the size of a file of floors";
	if ((n = read(fd, f, sizeof(*f))) == -1)
		return strerror(errno);
	return n == (ssize_t)sizeof(*f) ? fault_of(f) : "is truncated";
}

int
retry_after_load(const struct segment *seg, const char *dir, const char *category,
    char *err, size_t errlen)
{
	char path[PATH_MAX];
	struct floors_file f;
	const char *fault;
	int fd;

	snprintf(path, sizeof(path), "%s/%.31s" FLOORS_SUFFIX, dir, category);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return 0;
	fault = fd == -1 ? strerror(errno) : read_file(fd, &f);
	if (fd != -1)
		close(fd);
	if (fault == NULL)
		return apply(seg, &f);
	snprintf(err, errlen, "%s: %s", path, fault);
	return -1;
}
