/* Views of a history in a payload. Pure. Hydrators. */
#ifndef HISTORY_PRINT_H
#define HISTORY_PRINT_H

#include "base/buf.h"
#include "history/history.h"
#include "terms/category.h"

/*
 * Adds VIEW_HISTORY with `past`, and VIEW_CHANGES with `events`, to a complete payload
 * that has neither, and no encoded forms yet: that of the models which the history
 * noted last, whose VIEW_RISK has figures. Without those nothing is added. A model of
 * it that the history does not know is one of which nothing is known.
 */
void history_print(const struct history *, enum category, struct buf *payload);

/* Appends an event as a row of VIEW_CHANGES. */
void history_print_event(struct buf *, const struct history_event *);

#endif
