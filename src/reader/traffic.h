/* Counting requests by route, category, status and duration. Readers. */
#ifndef READER_TRAFFIC_H
#define READER_TRAFFIC_H

#include <stdint.h>

#include "http/server.h"
#include "reader/route.h"
#include "shm/counters.h"

/* The label of an answer: its route, and of one that has a category that one's latch,
 * -1 if it is not configured: one name for all of those, or strangers could make rows.
 */
unsigned traffic_label(enum route, int latch);

/* Counts an answer in the reader's own counters. What the server has refused
 * (ROUTE_REFUSED) has no duration. */
void traffic_count(struct counters *, const struct http_exchange *);

/* The status that is counted in a row of counters.requests; 0: the last row, which is
 * for all others; -1: the row is not used. */
int traffic_status(unsigned row);

/* Upper end of a class of counters.duration in nanoseconds; 0: the last one, which has
 * none; -1: not used. */
int64_t traffic_bound(unsigned bucket);

#endif
