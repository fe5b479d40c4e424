/* The clocks. Nanoseconds in int64_t: 292 years. Any process. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/attr.h"

#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)

/*
 * Tests move time instead of waiting: if the environment names a file of at least
 * eight bytes in HYDRATORD_TEST_CLOCK, its first eight bytes (int64_t nanoseconds,
 * native order) are mapped and added to both clocks on every reading. Called once
 * by the supervisor before it forks. Returns 0, or -1 with errno.
 */
int clock_init(void) MUST_CHECK;

/* CLOCK_BOOTTIME: ages, deadlines, schedules. It counts through suspend and no
 * administrator moves it. */
int64_t clock_boot(void);

/* CLOCK_REALTIME: only for headers, files and log lines. */
int64_t clock_wall(void);

#endif
