/* When a hydrator's next cycle is due. Pure. */
#ifndef HYDRATOR_SCHEDULE_H
#define HYDRATOR_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define SCHEDULE_NEVER INT64_MAX

/* Instants and spans in nanoseconds of clock_boot(). */
struct schedule {
	int64_t origin; /* tick 0 */
	int64_t period; /* > 0 */
	double jitter;  /* a cycle begins up to this part of the period late, 0..0.5 */
	bool periodic;  /* false: one good cycle, then only when asked */
};

/*
 * The instant of the next cycle, after `failures` cycles in a row have failed (0: the
 * last one succeeded) and it is now `now`; random is any 32 bits.
 *
 * Ticks lie at origin + k * period whatever a cycle took: a slow cycle does not stretch
 * the period, and ticks that it missed are left out. After a failure a cycle is tried
 * sooner, by backoff_next() between one second and the period, if that comes before the
 * tick.
 */
int64_t schedule_next(const struct schedule *, unsigned failures, int64_t now,
    uint32_t random) MUST_CHECK;
/* The last tick that is not after now; before the first one: now. */
int64_t schedule_last(const struct schedule *, int64_t now) MUST_CHECK;

#endif
