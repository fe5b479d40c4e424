/*
 * What top makes of the counters: sums over all process slots, the last seconds of
 * them, and what happened a second in between. All but top_counts_read() is pure.
 */
#ifndef CTL_TOP_COUNTS_H
#define CTL_TOP_COUNTS_H

#include <stdint.h>

#include "shm/counters.h"
#include "shm/segment.h"
#include "terms/route.h"

#define TOP_WINDOW 10 /* samples that are kept besides the newest */

/* Sums at one moment. */
struct top_counts {
	int64_t at;                  /* clock_boot() */
	uint64_t value[COUNTER_MAX]; /* by enum counter */
	/* By enum route, whatever the category, and as rows of counters.requests. */
	uint64_t answers[ROUTE_MAX][COUNTER_CODES];
	uint64_t duration[COUNTER_BUCKETS]; /* as counters.duration */
	uint64_t connections, streams;      /* open now */
};

/* Zeroed to start. */
struct top_window {
	struct top_counts held[TOP_WINDOW + 1];
	unsigned newest, n; /* where in held, and how many there are */
};

/* Adds up the counters of all slots, at this moment. */
void top_counts_read(const struct segment *, struct top_counts *);

/* Keeps a sample, in place of the oldest if need be. One that begins below the last, as
 * that of another daemon does, or that is not later, is the first of a new window. */
void top_window_add(struct top_window *, const struct top_counts *);
/* The newest sample; the window has one. */
const struct top_counts *top_window_now(const struct top_window *);
/* The sample so many before it, or the oldest if there are fewer; of a window with one
 * sample that one itself. */
const struct top_counts *top_window_then(const struct top_window *, unsigned back);

/* How many a second, from `then` to `now`, which are nsec apart; 0 if it fell, or no
 * time has passed. */
double top_counts_rate(uint64_t now, uint64_t then, int64_t nsec);

#define TOP_NO_REQUESTS INT64_C(-1)
/* The upper end, in nanoseconds, of the class of durations in which `share` (0 to 1) of
 * the requests between two samples were answered; 0: it is the last class, which has
 * none (COUNTER_DURATIONS); TOP_NO_REQUESTS: there were none. */
int64_t top_counts_percentile(
    const struct top_counts *now, const struct top_counts *then, double share);

/* What share of the bodies that could not be ready were kept from an answer before (0
 * to 1); negative: there was none, or nothing is known of that time. */
double top_counts_hit_ratio(
    const struct top_counts *now, const struct top_counts *then);

#endif
