/* The order to accept what the gate refuses: of the documents that it refuses now,
 * those that come once more as they were are believed, and nothing else. Hydrators. */
#ifndef HYDRATOR_ACCEPT_H
#define HYDRATOR_ACCEPT_H

#include <stdbool.h>

#include "base/attr.h"
#include "hydrator/cycle.h"

/* An order has come: the next cycle carries it out, and has to fetch all documents.
 * Returns false if it has ended at once, because nothing is refused. */
bool accept_begin(struct cycle *) MUST_CHECK;
/* An order has come to a machine that follows another, "": it is not known which: ends
 * it. */
void accept_elsewhere(struct cycle *, const char *leader);
/* That cycle has ended: writes to the ledger and the log what became of the order. */
void accept_end(struct cycle *, enum cycle_result);

#endif
