/*
 * Taking generations beside the event loop: copying and checking a snapshot costs
 * milliseconds, and so does giving back its memory; a thread of low priority does both
 * while the loop answers from what it holds. Readers, after the fork.
 */
#ifndef READER_TAKER_H
#define READER_TAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "reader/generation.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "terms/category.h"

struct taker;

/* What came of one try. */
struct taken {
	enum snapshot_verdict verdict;
	struct generation *generation; /* with SNAPSHOT_FRESH: the caller's */
};

/* Takes the newest generation at once, unless it is `known` (0: none is). */
struct taken taker_take(
    const struct segment *, unsigned latch, enum category, uint64_t known) MUST_CHECK;

/* Starts the thread; the segment is borrowed. Dies if that is impossible. */
struct taker *taker_new(const struct segment *) MUST_CHECK;
/* Waits until the thread has ended, frees *t (NULL is fine) and sets it to NULL. */
void taker_free(struct taker **t);

/*
 * All that follows is the loop's and never waits. The thread has one task a category:
 * it is asked only while it is idle, and is idle again once taker_done() has said true.
 */
bool taker_idle(const struct taker *, enum category) MUST_CHECK;
/* As taker_take(), in the thread. */
void taker_ask(struct taker *, enum category, unsigned latch, uint64_t known);
/* Whether a task is finished; what came of it is in *out. */
bool taker_done(struct taker *, enum category, struct taken *out) MUST_CHECK;

/* Frees in the thread, at any time: a generation of which the caller has the only
 * reference and which was stripped, and what generation_strip() gave; or NULL. */
void taker_bury(struct taker *, struct generation *, struct cache *made);

#endif
