/* VIEW_CHANGES: the last events. Private to history/. */
#ifndef HISTORY_CHANGES_H
#define HISTORY_CHANGES_H

#include "base/buf.h"
#include "base/mem.h"
#include "history/history.h"
#include "terms/category.h"

/* Adds the view and `events`. The arena is the caller's, for the time being. */
void changes_print(
    const struct history *, enum category, struct buf *payload, struct arena *);

#endif
