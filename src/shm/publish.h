/*
 * The writing side of a category's latch. A hydrator publishes what it has computed;
 * the supervisor publishes what was saved or what another segment holds, while the
 * latch has no hydrator. Whoever writes holds the writer's lock.
 */
#ifndef SHM_PUBLISH_H
#define SHM_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/segment.h"

#define SNAPSHOT_PARTS 3

/* When a part of the data is from; zeroed: the snapshot does not have the part. */
struct part_stamp {
	int64_t fetched_boot; /* clock_boot() of its oldest input's fetch: ages */
	int64_t fetched_wall; /* clock_wall() of the same: headers; never 0 */
};

/* When the data is from. Travels with each generation. Which part is which the payload
 * says (terms/part.h). */
struct snapshot_stamp {
	struct part_stamp part[SNAPSHOT_PARTS];
	int64_t published_wall; /* clock_wall() when it was published */
};
/* It is written and checked as so many words. */
#define SNAPSHOT_STAMP_WORDS (sizeof(struct snapshot_stamp) / sizeof(uint64_t))

static inline bool
part_stamp_is_there(const struct part_stamp *p)
{
	return p->fetched_wall != 0;
}

struct publisher;

/*
 * Takes the writer's lock (OFD) of a category, waiting for a predecessor
 * that is still leaving up to wait_ms. The lock is on a descriptor of its own: the
 * kernel drops it with the process, and siblings do not share it; so the process
 * must be root or the segment's owner (segment_spec). A sequence that a killed
 * predecessor left odd is no obstacle. The segment must outlive the publisher.
 * Returns 0, or -1 with errno and a message in err, which leaves the category to the
 * caller (EWOULDBLOCK: still held).
 */
int publisher_open(struct segment *, unsigned category, int wait_ms,
    struct publisher **out, char *err, size_t errlen) MUST_CHECK;
/* Releases the lock, frees *p and sets it to NULL. */
void publisher_close(struct publisher **p);

/*
 * Publishes len bytes as the next generation. Never waits for readers. Returns 0
 * and sets *generation, or -1 with errno and a message in err, which leaves the
 * category to the caller, and the last generation stays: EFBIG if it is larger than the
 * capacity, which makes it the category's segment_wanted() until something is
 * published, or what posix_fallocate(3) says if /dev/shm is full. data must not lie in
 * the segment; len is not 0.
 */
int publish(struct publisher *, const void *data, size_t len,
    const struct snapshot_stamp *, uint64_t *generation, char *err,
    size_t errlen) MUST_CHECK;

/* Leaves the size of a snapshot that is not published because it is larger than the
 * capacity, or how much of it is known, as the category's segment_wanted(). */
void publisher_want(struct publisher *, size_t len);

/*
 * What the latch holds, of which *len bytes are checksum-true; NULL: nothing, or it is
 * damaged. It lies in the segment, where this process alone writes: it stays as it is
 * until the second publish() from now.
 */
const void *publisher_payload(const struct publisher *, size_t *len) MUST_CHECK;

/*
 * Supervisor, for a latch that holds nothing yet and has no reader: the next publish()
 * makes this generation (> 0), so that one that is carried over from another segment
 * keeps its number.
 */
void publisher_resume(struct publisher *, uint64_t generation);

#endif
