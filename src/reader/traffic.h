/* Counting requests by route, category, status and duration. Readers. */
#ifndef READER_TRAFFIC_H
#define READER_TRAFFIC_H

#include <stdint.h>

#include "http/server.h"
#include "shm/counters.h"
#include "terms/route.h"

/* The label of an answer: its route, and of one that has a category that one's latch,
 * -1 if it is not configured: one name for all of those, or strangers could make rows.
 */
unsigned traffic_label(enum route, int latch);

/* Counts an answer in the reader's own counters. What the server has refused
 * (ROUTE_REFUSED) has no duration. */
void traffic_count(struct counters *, const struct http_exchange *);

#endif
