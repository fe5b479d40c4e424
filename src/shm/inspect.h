/*
 * A segment looked at for damage: one verdict for each thing that can be told, by a
 * tool that believes nothing of it. What is being written at that moment, or was when
 * its writer died, is no damage: the format allows it (doc/segment-format.md).
 */
#ifndef SHM_INSPECT_H
#define SHM_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "shm/segment.h"

struct inspection {
	/* Told each verdict. where: "header", "image_generation: buffer 1"; what: what
	 * was found, for the operator. Both are as log_defuse() leaves them. */
	void (*say)(void *arg, bool good, const char *where, const char *what);
	void *arg;
	unsigned bad; /* verdicts that were not good */
	bool still;   /* nobody writes: what does not hold at once is not waited for */
};

/* For who has something to tell that is not of this room. */
void inspect_say(struct inspection *, bool good, const char *where, const char *fmt,
    ...) PRINTF_LIKE(4, 5);

/*
 * The header, and where the regions are, of the file that has the name ("/hydratord").
 * Returns 0, or -1 with errno: as open(2) of the file; EPROTO: it is of another layout;
 * EBADMSG: the header is damaged, which was said, and nothing more can be looked at.
 */
int inspect_header(struct inspection *, const char *name) MUST_CHECK;

/* What follows is for a segment of segment_look_whole(), which may be in use. */

/* The supervisor's lock, the daemon's record, orders, configuration and hosts. */
void inspect_daemon(struct inspection *, const struct segment *);
/* A process slot: its record, its counters, its log. slot < segment_nprocs(). */
void inspect_slot(struct inspection *, const struct segment *, unsigned slot);
/* A category: its name, latch, ledger and cycles. */
void inspect_category(struct inspection *, const struct segment *, unsigned category);
/*
 * Buffer 0 or 1 of a category: generation, length, checksum. Returns true if it holds a
 * whole generation, which is then in payload (emptied before), and its number in
 * *generation.
 */
bool inspect_buffer(struct inspection *, const struct segment *, unsigned category,
    unsigned buffer, struct buf *payload, uint64_t *generation) MUST_CHECK;

#endif
