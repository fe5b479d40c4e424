/* Loading a saved generation: nothing is believed that was not checked. */
#include "shm/state.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/state_layout.h"

/* The file under judgement. */
struct state_file {
	const struct state_id *id;
	size_t capacity;
	char *err;
	size_t errlen;
	struct state_header header;
	uint64_t size; /* bytes of the file */
};

static enum state_verdict PRINTF_LIKE(3, 4)
    state_refuse(struct state_file *f, enum state_verdict verdict, const char *fmt, ...)
{
	char name[STATE_NAME_SIZE];
	va_list ap;
	size_t n;

	state_name(name, f->id, "");
	snprintf(f->err, f->errlen, "%s/%s ", f->id->dir, name);
	n = strlen(f->err);
	va_start(ap, fmt);
	vsnprintf(f->err + n, f->errlen - n, fmt, ap);
	va_end(ap);
	return verdict;
}

/* Returns 0, or -1 with errno: EPIPE means that the file ended. */
static int
state_read(int fd, void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	while (len > 0) {
		n = read(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EPIPE;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static enum state_verdict
state_unread(struct state_file *f)
{
	if (errno == EPIPE)
		return state_refuse(f, STATE_BAD, "is truncated");
	return state_refuse(f, STATE_PASSED, "cannot be read: %s", strerror(errno));
}

/* Whose it is. What this process would write is in `own`. */
static enum state_verdict
state_check_kind(struct state_file *f)
{
	const struct state_header *h = &f->header;
	struct state_header own;

	state_header_init(&own, f->id);
	if (memcmp(h->magic, own.magic, STATE_MAGIC_KIND) != 0)
		return state_refuse(f, STATE_BAD, "is no snapshot of hydratord");
	if (memcmp(h->magic, own.magic, sizeof(own.magic)) != 0)
		return state_refuse(f, STATE_BAD, "is of another version of hydratord");
	if (h->byte_order != own.byte_order || h->header_size != own.header_size)
		return state_refuse(f, STATE_BAD, "is of another kind of machine");
	if (memcmp(h->format, own.format, sizeof(own.format)) != 0)
		return state_refuse(f, STATE_BAD,
		    "is of another version of hydratord: it has another content");
	if (memcmp(h->category, own.category, sizeof(own.category)) != 0)
		return state_refuse(f, STATE_BAD, "is of another category");
	return STATE_GOOD;
}

static enum state_verdict
state_check_length(struct state_file *f)
{
	uint64_t len = f->header.length, room = f->size - sizeof(f->header);

	if (len != room)
		return state_refuse(f, STATE_BAD,
		    "is truncated or damaged: it has %" PRIu64
		    " bytes of payload and says %" PRIu64,
		    room, len);
	if (len == 0)
		return state_refuse(f, STATE_BAD, "is empty");
	if (len > f->capacity)
		return state_refuse(f, STATE_PASSED,
		    "is passed over: %" PRIu64 " bytes, the segment has room for %zu",
		    len, f->capacity);
	return STATE_GOOD;
}

static bool
state_stamp_is_sane(const struct snapshot_stamp *stamp)
{
	int i;

	for (i = 0; i < SNAPSHOT_PARTS; i++)
		if (stamp->part[i].fetched_wall < 0)
			return false;
	return stamp->published_wall >= 0;
}

/* Of what the checksum vouches for, the stamp alone is used in arithmetic. */
static enum state_verdict
state_read_payload(struct state_file *f, int fd, struct state *out)
{
	const struct state_header *h = &f->header;
	void *data = malloc(h->length);

	if (data == NULL || state_read(fd, data, h->length) == -1) {
		int saved = errno;

		free(data);
		errno = saved;
		return state_unread(f);
	}
	if (state_checksum(h, data, h->length) != h->checksum ||
	    !state_stamp_is_sane(&h->stamp)) {
		free(data);
		return state_refuse(f, STATE_BAD, "is damaged: its checksum is wrong");
	}
	*out = (struct state){
		.data = data,
		.len = h->length,
		.stamp = h->stamp,
		.same_boot =
		    f->id->boot_id[0] != '\0' &&
		    strncmp(h->boot_id, f->id->boot_id, sizeof(h->boot_id)) == 0,
	};
	return STATE_GOOD;
}

static enum state_verdict
state_judge(struct state_file *f, int fd, struct state *out)
{
	enum state_verdict verdict;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return state_unread(f);
	if (!S_ISREG(st.st_mode))
		return state_refuse(f, STATE_BAD, "is no regular file");
	f->size = (uint64_t)st.st_size;
	if (f->size < sizeof(f->header))
		return state_refuse(f, STATE_BAD, "is truncated");
	if (state_read(fd, &f->header, sizeof(f->header)) == -1)
		return state_unread(f);
	if ((verdict = state_check_kind(f)) != STATE_GOOD ||
	    (verdict = state_check_length(f)) != STATE_GOOD)
		return verdict;
	return state_read_payload(f, fd, out);
}

/* Without following a link, and without waiting for whom a FIFO waits for. */
static int
state_open(const struct state_id *id)
{
	char name[STATE_NAME_SIZE];
	int dir = open(id->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, saved;

	if (dir == -1)
		return -1;
	state_name(name, id, "");
	fd = openat(
	    dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	saved = errno;
	close(dir);
	errno = saved;
	return fd;
}

enum state_verdict
state_load(const struct state_id *id, size_t capacity, struct state *out, char *err,
    size_t errlen)
{
	struct state_file f = {
		.id = id, .capacity = capacity, .err = err, .errlen = errlen
	};
	enum state_verdict verdict;
	int fd = state_open(id);

	if (fd == -1 && errno == ENOENT)
		return STATE_NONE;
	if (fd == -1 && (errno == ELOOP || errno == ENXIO)) /* a link, a socket */
		return state_refuse(&f, STATE_BAD, "is no regular file");
	if (fd == -1)
		return state_unread(&f);
	verdict = state_judge(&f, fd, out);
	close(fd);
	return verdict;
}

size_t
state_size(const struct state_id *id)
{
	int fd = state_open(id);
	struct stat st;
	size_t size = 0;

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size > sizeof(struct state_header))
		size = (size_t)st.st_size - sizeof(struct state_header);
	close(fd);
	return size;
}

void
state_free(struct state *s)
{
	free(s->data);
	*s = (struct state){ .data = NULL };
}

int
state_set_aside(const struct state_id *id)
{
	char name[STATE_NAME_SIZE], bad[STATE_NAME_SIZE];
	int dir = open(id->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, saved;

	if (dir == -1)
		return -1;
	state_name(name, id, "");
	state_name(bad, id, ".bad");
	rc = renameat(dir, name, dir, bad);
	saved = errno;
	close(dir);
	errno = saved;
	return rc;
}

static int64_t
state_rebase_part(
    struct part_stamp *p, bool same_boot, int64_t now_boot, int64_t now_wall)
{
	int64_t now = same_boot ? now_boot : now_wall, age;
	int64_t then = same_boot ? p->fetched_boot : p->fetched_wall;

	if (__builtin_sub_overflow(now, then, &age) || age < 0 ||
	    __builtin_sub_overflow(now_boot, age, &p->fetched_boot))
		return -1;
	return age;
}

int64_t
state_rebase(struct state *s, int64_t now_boot, int64_t now_wall)
{
	int64_t age, youngest = -1;
	struct part_stamp *p;

	for (p = s->stamp.part; p < s->stamp.part + SNAPSHOT_PARTS; p++) {
		if (!part_stamp_is_there(p))
			continue;
		age = state_rebase_part(p, s->same_boot, now_boot, now_wall);
		if (age == -1)
			return -1;
		if (youngest == -1 || age < youngest)
			youngest = age;
	}
	s->same_boot = true;
	return youngest;
}
