/*
 * The reading side of a category's latch: private, immutable copies. Readers answer
 * from them, hydrators save them and publish them again, the supervisor carries them
 * over to the segment of a reload.
 */
#ifndef SHM_SNAPSHOT_H
#define SHM_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/publish.h"
#include "shm/segment.h"

enum snapshot_verdict {
	SNAPSHOT_FRESH,     /* *out is a new, whole, checksum-true copy */
	SNAPSHOT_UNCHANGED, /* the latch still holds the known generation */
	SNAPSHOT_EMPTY,     /* nothing was ever published */
	SNAPSHOT_BUSY,      /* overtaken on every try: keep the last one */
	SNAPSHOT_FOREIGN,   /* lengths or checksum are not ours: keep the last one */
	SNAPSHOT_NOMEM,     /* no memory or descriptor for the copy, errno is set */
};

/* A copy in a memfd of its own, mapped read-only: large bodies leave by sendfile
 * from fd, small ones from data. Valid until snapshot_release(). */
struct snapshot {
	int fd;
	const char *data;
	size_t len;
	uint64_t payload;    /* checksum_of_payload(), as verified */
	uint64_t generation; /* 1, 2, ... */
	struct snapshot_stamp stamp;
};

/* The generation the latch holds now, 0 if none: one atomic load. */
uint64_t snapshot_generation(const struct segment *, unsigned category);

/* Its bytes, at most the capacity; 0 if there is none. Of another generation, if one is
 * published at this moment. */
size_t snapshot_length(const struct segment *, unsigned category);

/* The stamp of the newest generation; zeroed if there is none, or if it is damaged or
 * was overtaken on every try. Of metadata alone: nobody has looked at the payload. */
void snapshot_stamp_now(
    const struct segment *, unsigned category, struct snapshot_stamp *);

/*
 * Copies the newest generation if it is not `known` (0: none yet). *out is set only
 * with SNAPSHOT_FRESH. Bounded: a few retries, no waiting, no lock.
 */
enum snapshot_verdict snapshot_take(const struct segment *, unsigned category,
    uint64_t known, struct snapshot **out) MUST_CHECK;
/*
 * If the newest generation has the payload of *s, gives *s its number and its stamp and
 * returns true: a refresh that changed nothing costs no copy. False: it has not, or
 * that could not be told, *s is as it was. Looks at metadata only, tries once.
 */
bool snapshot_renew(
    const struct segment *, unsigned category, struct snapshot *s) MUST_CHECK;
/* Frees *s (NULL is fine) and sets it to NULL. */
void snapshot_release(struct snapshot **s);
/* "fresh", "unchanged", ...: for log lines. */
const char *snapshot_verdict_name(enum snapshot_verdict);

#endif
