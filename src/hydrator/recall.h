/* What a hydrator can tell from the snapshot that its predecessor left. */
#ifndef HYDRATOR_RECALL_H
#define HYDRATOR_RECALL_H

#include "hydrator/cycle.h"

/*
 * For a cycle that has begun nothing yet: notes since when the content of the latch is
 * what it is, which encoded forms of it there are, as if they were asked for now, and
 * what the gate compares with where that is not known otherwise, and keeps the snapshot
 * itself while the documents of this process do not give all that is in it. A snapshot
 * tells how many models there were; of status, stats and workers only whether they held
 * anything.
 */
void recall(struct cycle *);

#endif
