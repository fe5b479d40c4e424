/* Publishing: the lock of a category, and the writing of a generation. */
#include "shm/publish.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/checksum.h"
#include "shm/layout.h"
#include "shm/seqlock.h"

#define PUBLISHER_POLL_MS 5 /* between tries for a lock that is held */

struct publisher {
	struct segment *segment;
	unsigned category;
	int fd; /* a description of its own: OFD locks belong to descriptions */
};

/* The lock stands on the first byte of the category's slot. */
static int
publisher_try_lock(const struct publisher *p)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)segment_slot_offset(p->segment, p->category),
		.l_len = 1,
	};

	return fcntl(p->fd, F_OFD_SETLK, &lock);
}

static int
publisher_lock(const struct publisher *p, int wait_ms)
{
	const struct timespec pause = { .tv_nsec = PUBLISHER_POLL_MS * NSEC_PER_MSEC };
	int waited = 0;

	while (publisher_try_lock(p) == -1) {
		if (errno == EACCES)
			errno = EWOULDBLOCK; /* fcntl(2) allows either */
		if (errno != EWOULDBLOCK || waited >= wait_ms)
			return -1;
		nanosleep(&pause, NULL);
		waited += PUBLISHER_POLL_MS;
	}
	return 0;
}

int
publisher_open(struct segment *seg, unsigned category, int wait_ms,
    struct publisher **out, char *err, size_t errlen)
{
	struct publisher *p = xcalloc(1, sizeof(*p));
	char path[32];
	int saved;

	p->segment = seg;
	p->category = category;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", seg->fd);
	p->fd = open(path, O_RDWR | O_CLOEXEC);
	if (p->fd != -1 && publisher_lock(p, wait_ms) == 0) {
		*out = p;
		return 0;
	}
	saved = errno;
	if (p->fd == -1)
		snprintf(err, errlen, "cannot open the segment anew as %s: %s", path,
		    strerror(saved));
	else if (saved == EWOULDBLOCK)
		snprintf(err, errlen, "another process still publishes it");
	else
		snprintf(err, errlen, "cannot lock the segment: %s", strerror(saved));
	publisher_close(&p);
	errno = saved;
	return -1;
}

void
publisher_close(struct publisher **pp)
{
	struct publisher *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	if (p->fd != -1)
		close(p->fd);
	free(p);
}

/* Makes the pages real before they are written: a full tmpfs must not be SIGBUS. */
static int
publish_allocate(const struct publisher *p, uint64_t generation, size_t len, char *err,
    size_t errlen)
{
	const struct segment *seg = p->segment;
	off_t offset = (off_t)segment_buffer_offset(seg, p->category, generation);
	uint64_t page = seg->h.page_size;
	struct statvfs fs;
	int rc;

	do
		rc = posix_fallocate(
		    p->fd, offset, (off_t)((len + page - 1) / page * page));
	while (rc == EINTR);
	if (rc == 0)
		return 0;
	if (fstatvfs(p->fd, &fs) == -1)
		memset(&fs, 0, sizeof(fs));
	snprintf(err, errlen,
	    "cannot allocate %zu bytes in /dev/shm, which has %" PRIu64 " free: %s",
	    len, (uint64_t)fs.f_bavail * fs.f_frsize, strerror(rc));
	errno = rc;
	return -1;
}

static void
publish_meta(struct slot_meta *meta, uint64_t generation, uint64_t len,
    uint64_t checksum, const struct snapshot_stamp *stamp)
{
	uint64_t word[SNAPSHOT_STAMP_WORDS];
	size_t i;

	memcpy(word, stamp, sizeof(word));
	seqlock_put(&meta->generation, generation);
	seqlock_put(&meta->length, len);
	seqlock_put(&meta->checksum, checksum);
	for (i = 0; i < SNAPSHOT_STAMP_WORDS; i++)
		seqlock_put(&meta->stamp[i], word[i]);
}

/* The supervisor looks at it once a second. */
void
publisher_want(struct publisher *p, size_t len)
{
	atomic_store_explicit(
	    &segment_slot(p->segment, p->category)->wanted, len, memory_order_relaxed);
}

int
publish(struct publisher *p, const void *data, size_t len,
    const struct snapshot_stamp *stamp, uint64_t *generation, char *err, size_t errlen)
{
	const struct segment *seg = p->segment;
	struct seqlock *latch = &segment_slot(seg, p->category)->latch;
	uint64_t g = seqlock_current(latch) + 1;

	if (len == 0 || len > segment_capacity(seg)) {
		publisher_want(p, len);
		snprintf(err, errlen,
		    "a snapshot of %zu bytes does not fit: the segment has room for "
		    "%zu, and grows where " SEGMENT_DIR " and segment.max allow",
		    len, segment_capacity(seg));
		errno = EFBIG;
		return -1;
	}
	if (publish_allocate(p, g, len, err, errlen) == -1)
		return -1;
	g = seqlock_begin(latch);
	publish_meta(segment_meta(seg, p->category, g), g, len,
	    checksum_of(checksum_of_payload(data, len), len, g, stamp), stamp);
	seqlock_fill(segment_buffer(seg, p->category, g), data, len);
	seqlock_end(latch, g);
	publisher_want(p, 0);
	*generation = g;
	return 0;
}

const void *
publisher_payload(const struct publisher *p, size_t *len)
{
	const struct segment *seg = p->segment;
	uint64_t g = seqlock_current(&segment_slot(seg, p->category)->latch);
	const struct slot_meta *meta = segment_meta(seg, p->category, g);
	const void *data = segment_buffer(seg, p->category, g);
	struct snapshot_stamp stamp;
	uint64_t n = seqlock_get(&meta->length);

	if (g == 0 || n == 0 || n > segment_capacity(seg))
		return NULL;
	segment_read_stamp(&stamp, meta);
	if (checksum_of(checksum_of_payload(data, n), n, g, &stamp) !=
	    seqlock_get(&meta->checksum))
		return NULL;
	*len = (size_t)n;
	return data;
}

void
publisher_resume(struct publisher *p, uint64_t generation)
{
	seqlock_end(&segment_slot(p->segment, p->category)->latch, generation - 1);
}
