/* Taking snapshots: bounded tries to copy the newest generation whole. */
#include "shm/snapshot.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "shm/checksum.h"
#include "shm/layout.h"
#include "shm/seqlock.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

#define LARGE_PAGE ((size_t)2 << 20)
#define GATHER_MIN ((size_t)128 << 10) /* a smaller one is not worth a large page */

#define SNAPSHOT_TRIES 8 /* overtaking one means two publications during a copy */

/* The torture test takes copies on the latch's word alone. */
#ifndef SNAPSHOT_TEST_SKIP_CHECKSUM
#define SNAPSHOT_TEST_SKIP_CHECKSUM 0
#endif

uint64_t
snapshot_generation(const struct segment *seg, unsigned category)
{
	return seqlock_current(&segment_slot(seg, category)->latch);
}

size_t
snapshot_length(const struct segment *seg, unsigned category)
{
	uint64_t g = snapshot_generation(seg, category), len;

	if (g == 0)
		return 0;
	len = seqlock_get(&segment_meta(seg, category, g)->length);
	return len < segment_capacity(seg) ? len : segment_capacity(seg);
}

static size_t
snapshot_padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

static void
snapshot_unmap(struct snapshot *s)
{
	if (s->data != NULL)
		munmap((void *)(uintptr_t)s->data, snapshot_padded(s->len));
	s->data = NULL;
}

/* Puts the file, but for its end, into large pages if the system has them to spare:
 * sendfile passes on one for less than hundreds of small ones. Only a mapping at a
 * multiple of their size can be collapsed; nobody else needs it. Made longer by a byte
 * at the end, because a reader may not ftruncate(2): see src/proc/sandbox.c. */
static void
snapshot_gather(int fd, size_t size)
{
	size_t len = size / LARGE_PAGE * LARGE_PAGE;
	char *room, *at;

	if (size >= GATHER_MIN && size < LARGE_PAGE &&
	    lseek(fd, (off_t)LARGE_PAGE - 1, SEEK_SET) != -1 && write(fd, "", 1) == 1)
		len = LARGE_PAGE;
	if (len == 0)
		return;
	room =
	    mmap(NULL, len + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return;
	at = room + (LARGE_PAGE - (uintptr_t)room % LARGE_PAGE) % LARGE_PAGE;
	if (mmap(at, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED)
		(void)madvise(at, len, MADV_COLLAPSE);
	munmap(room, len + LARGE_PAGE);
}

/* Room for len bytes, allocated now: memory that is out is an error, not SIGBUS. */
static struct snapshot *
snapshot_new(size_t len)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	size_t size = snapshot_padded(len);
	void *p;
	int saved, rc;

	s->len = len;
	s->fd = memfd_create("snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->fd == -1)
		goto fail;
	do
		rc = posix_fallocate(s->fd, 0, (off_t)size);
	while (rc == EINTR);
	errno = rc;
	if (rc != 0)
		goto fail;
	snapshot_gather(s->fd, size);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (p == MAP_FAILED)
		goto fail;
	s->data = p;
	return s;
fail:
	saved = errno;
	snapshot_release(&s);
	errno = saved;
	return NULL;
}

/* From here on nobody can change the copy, not even this process. */
static int
snapshot_seal(struct snapshot *s)
{
	void *p;

	snapshot_unmap(s);
	if (fcntl(s->fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == -1)
		return -1;
	p = mmap(NULL, snapshot_padded(s->len), PROT_READ, MAP_SHARED, s->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	s->data = p;
	return 0;
}

/* One try. Nothing that was read is believed before seqlock_overtaken(), and no
 * length is used before it is bounded. */
static enum snapshot_verdict
snapshot_copy(const struct segment *seg, unsigned category, uint64_t generation,
    struct snapshot **out)
{
	const struct seqlock *latch = &segment_slot(seg, category)->latch;
	const struct slot_meta *meta = segment_meta(seg, category, generation);
	uint64_t number = seqlock_get(&meta->generation);
	uint64_t len = seqlock_get(&meta->length);
	uint64_t checksum = seqlock_get(&meta->checksum);
	struct snapshot *s;

	if (len == 0 || len > segment_capacity(seg))
		return seqlock_overtaken(latch, generation) ? SNAPSHOT_BUSY
							    : SNAPSHOT_FOREIGN;
	if ((s = *out = snapshot_new((size_t)len)) == NULL)
		return SNAPSHOT_NOMEM;
	s->generation = generation;
	segment_read_stamp(&s->stamp, meta);
	seqlock_copy((uint64_t *)(uintptr_t)s->data,
	    segment_buffer(seg, category, generation), s->len);
	if (seqlock_overtaken(latch, generation))
		return SNAPSHOT_BUSY;
	if (number != generation)
		return SNAPSHOT_FOREIGN;
	if (snapshot_seal(s) == -1)
		return SNAPSHOT_NOMEM;
	if (SNAPSHOT_TEST_SKIP_CHECKSUM)
		return SNAPSHOT_FRESH;
	s->payload = checksum_of_payload(s->data, s->len);
	if (checksum_of(s->payload, s->len, generation, &s->stamp) != checksum)
		return SNAPSHOT_FOREIGN;
	return SNAPSHOT_FRESH;
}

enum snapshot_verdict
snapshot_take(
    const struct segment *seg, unsigned category, uint64_t known, struct snapshot **out)
{
	enum snapshot_verdict verdict = SNAPSHOT_BUSY;
	struct snapshot *s = NULL;
	uint64_t generation;
	int i, saved;

	for (i = 0; i < SNAPSHOT_TRIES && verdict == SNAPSHOT_BUSY; i++) {
		generation = snapshot_generation(seg, category);
		if (generation == 0)
			return SNAPSHOT_EMPTY;
		if (generation == known)
			return SNAPSHOT_UNCHANGED;
		verdict = snapshot_copy(seg, category, generation, &s);
		if (verdict == SNAPSHOT_FRESH) {
			*out = s;
			return verdict;
		}
		saved = errno;
		snapshot_release(&s);
		errno = saved;
	}
	return verdict;
}

void
snapshot_stamp_now(
    const struct segment *seg, unsigned category, struct snapshot_stamp *stamp)
{
	const struct seqlock *latch = &segment_slot(seg, category)->latch;
	const struct slot_meta *meta;
	uint64_t generation, number;
	int i;

	for (i = 0; i < SNAPSHOT_TRIES; i++) {
		generation = snapshot_generation(seg, category);
		meta = segment_meta(seg, category, generation);
		number = seqlock_get(&meta->generation);
		segment_read_stamp(stamp, meta);
		if (!seqlock_overtaken(latch, generation) && generation != 0 &&
		    number == generation)
			return;
	}
	memset(stamp, 0, sizeof(*stamp));
}

bool
snapshot_renew(const struct segment *seg, unsigned category, struct snapshot *s)
{
	const struct seqlock *latch = &segment_slot(seg, category)->latch;
	uint64_t generation = snapshot_generation(seg, category);
	const struct slot_meta *meta = segment_meta(seg, category, generation);
	uint64_t number = seqlock_get(&meta->generation);
	uint64_t len = seqlock_get(&meta->length);
	uint64_t checksum = seqlock_get(&meta->checksum);
	struct snapshot_stamp stamp;

	segment_read_stamp(&stamp, meta);
	if (seqlock_overtaken(latch, generation) || number != generation ||
	    len != s->len ||
	    checksum_of(s->payload, len, generation, &stamp) != checksum)
		return false;
	s->generation = generation;
	s->stamp = stamp;
	return true;
}

void
snapshot_release(struct snapshot **sp)
{
	struct snapshot *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	snapshot_unmap(s);
	if (s->fd != -1)
		close(s->fd);
	free(s);
}

const char *
snapshot_verdict_name(enum snapshot_verdict verdict)
{
	static const char *const names[] = {
		[SNAPSHOT_FRESH] = "fresh",
		[SNAPSHOT_UNCHANGED] = "unchanged",
		[SNAPSHOT_EMPTY] = "empty",
		[SNAPSHOT_BUSY] = "busy",
		[SNAPSHOT_FOREIGN] = "foreign",
		[SNAPSHOT_NOMEM] = "no memory",
	};

	return names[verdict];
}
