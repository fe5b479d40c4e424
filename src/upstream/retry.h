/* Whether a document is asked for once more, and when. Pure. Hydrators. */
#ifndef UPSTREAM_RETRY_H
#define UPSTREAM_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

#define RETRY_TRIES 3 /* in all, of one place in one cycle */
/* The longest wait before another try (doc/reference.md 9.3: the exponential part of
 * its formula never exceeds its minimum of 1 s within three tries). */
#define RETRY_WAIT NSEC_PER_SEC

/*
 * After `tried` tries (1, 2, ...) the last of which failed: how long to wait before the
 * next, nanoseconds, or -1 to give up. transient: trying again may help. Full jitter:
 * anything from 0 to RETRY_WAIT, drawn by `random` (any 32 bits, e.g. arc4random()), so
 * that those who failed together do not come back together.
 */
int64_t retry_wait(unsigned tried, bool transient, uint32_t random) MUST_CHECK;

#endif
