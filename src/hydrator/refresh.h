/* The order to refresh, from its coming to what came of it in the ledger
 * (struct ledger_refresh). Hydrators. */
#ifndef HYDRATOR_REFRESH_H
#define HYDRATOR_REFRESH_H

#include <stdbool.h>

#include "base/attr.h"
#include "hydrator/cycle.h"

/* An order has come, perhaps before cycle_open(). */
void refresh_ask(struct cycle *);
/* Whether one has come, perhaps to a predecessor, that has not ended. */
bool refresh_is_open(const struct cycle *) MUST_CHECK;
/* A cycle begins that asks for all documents: it is for all orders that have come. */
void refresh_begin(struct cycle *);
/* It has ended so: those orders, too, unless it was stopped, which leaves them to a
 * successor. */
void refresh_end(struct cycle *, enum cycle_result);
/* The orders are another machine's, which leads; "": it is not known which. */
void refresh_elsewhere(struct cycle *, const char *leader);

#endif
