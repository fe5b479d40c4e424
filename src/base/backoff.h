/* How long to wait before trying again. Pure. Any process. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

#include "base/attr.h"

/*
 * The delay before the next try, after `attempt` tries have failed since the last good
 * one (0: this was the first failure): base_ms, doubled with each further failure,
 * never above cap_ms; then the upper half of it is drawn by `random` (any 32 bits, e.g.
 * arc4random()). So the delay lies in [d/2, d]: failures that start together spread
 * out, and yet none is retried at once. Milliseconds; 0 < base_ms <= cap_ms <= 2^53.
 */
int64_t backoff_next(
    unsigned attempt, int64_t base_ms, int64_t cap_ms, uint32_t random) MUST_CHECK;

#endif
