/* One struct, its size and checksum included. */
#include "hydrator/gate_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/clock.h"

#define GATE_MAGIC "HYDRATORD-GAT-1" /* the text carries the version */
#define GATE_BYTE_ORDER UINT32_C(0x01020304)
#define GATE_MODE 0640

struct gate_item {
	uint64_t known, at_least;
	uint64_t count, names; /* of the last document that was published */
};

/* All of it is there; what is not known is zero. */
struct gate_file {
	char magic[16];
	uint64_t byte_order;
	int64_t wall; /* clock_wall() of the writing */
	struct gate_item item[GATE_FILE_DOCUMENTS];
	uint64_t checksum; /* XXH3 of all before it */
};
_Static_assert(sizeof(struct gate_file) == 168, "as in doc/segment-format.md");

static uint64_t
checksum_of(const struct gate_file *f)
{
	return XXH3_64bits(f, offsetof(struct gate_file, checksum));
}

static void
collect(struct gate_file *f, const struct gate *g, int64_t wall)
{
	memset(f, 0, sizeof(*f));
	strlcpy(f->magic, GATE_MAGIC, sizeof(f->magic));
	f->byte_order = GATE_BYTE_ORDER;
	f->wall = wall;
	for (size_t i = 0; i < GATE_FILE_DOCUMENTS; i++)
		if (g[i].known)
			f->item[i] = (struct gate_item){ 1, g[i].at_least,
				g[i].good.count, g[i].good.names };
	f->checksum = checksum_of(f);
}

static int
write_file(const char *temp, const struct gate_file *f)
{
	ssize_t n;
	int fd;

	unlinkat(AT_FDCWD, temp, 0); /* a predecessor died over it */
	fd =
	    open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, GATE_MODE);
	if (fd == -1)
		return -1;
	n = write(fd, f, sizeof(*f));
	if (n >= 0 && n != (ssize_t)sizeof(*f)) {
		errno = ENOSPC;
		n = -1;
	}
	if (n != -1 && fsync(fd) == -1)
		n = -1;
	if (close(fd) == -1)
		n = -1;
	return n == -1 ? -1 : 0;
}

int
gate_save(const char *dir, const char *category,
    const struct gate gates[GATE_FILE_DOCUMENTS], int64_t wall, char *err,
    size_t errlen)
{
	char path[PATH_MAX], temp[PATH_MAX];
	struct gate_file f;
	int saved;

	snprintf(path, sizeof(path), "%s/%.31s.gate", dir, category);
	snprintf(temp, sizeof(temp), "%s/%.31s.gate.new", dir, category);
	collect(&f, gates, wall);
	if (write_file(temp, &f) == 0 && renameat(AT_FDCWD, temp, AT_FDCWD, path) == 0)
		return 0;
	saved = errno;
	unlinkat(AT_FDCWD, temp, 0);
	snprintf(err, errlen, "%s cannot be written: %s", path, strerror(saved));
	return -1;
}

/* Returns why nothing was read, or NULL. */
static const char *
read_file(int fd, struct gate_file *f)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)sizeof(*f))
		return "is no file of a gate";
	if ((n = read(fd, f, sizeof(*f))) == -1)
		return strerror(errno);
	if (n != (ssize_t)sizeof(*f) || f->checksum != checksum_of(f))
		return "is damaged: its checksum is wrong";
	if (strncmp(f->magic, GATE_MAGIC, sizeof(f->magic)) != 0 ||
	    f->byte_order != GATE_BYTE_ORDER)
		return "is of another version or machine";
	return NULL;
}

static int
apply(const struct gate_file *f, struct gate *g)
{
	const struct gate_item *item;
	int n = 0;

	for (size_t i = 0; i < GATE_FILE_DOCUMENTS; i++) {
		item = &f->item[i];
		if (g[i].known || item->known == 0)
			continue;
		g[i].known = true;
		g[i].at_least = item->at_least != 0;
		g[i].good =
		    (struct census){ .count = item->count, .names = item->names };
		n++;
	}
	return n;
}

int
gate_load(const char *dir, const char *category, int64_t max_age, int64_t wall,
    struct gate gates[GATE_FILE_DOCUMENTS], char *err, size_t errlen)
{
	char path[PATH_MAX];
	struct gate_file f;
	const char *fault;
	int fd;

	snprintf(path, sizeof(path), "%s/%.31s.gate", dir, category);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return 0;
	fault = fd == -1 ? strerror(errno) : read_file(fd, &f);
	if (fd != -1)
		close(fd);
	if (fault != NULL) {
		snprintf(err, errlen, "%s: %s", path, fault);
		return -1;
	}
	if (wall / NSEC_PER_SEC - f.wall / NSEC_PER_SEC > max_age)
		return 0;
	return apply(&f, gates);
}
