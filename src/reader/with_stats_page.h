/* The with-stats answers: selected, sorted and put together from the pieces of a
 * snapshot (payload/view.h, doc/reference.md 8.9). */
#ifndef READER_WITH_STATS_PAGE_H
#define READER_WITH_STATS_PAGE_H

#include "reader/generation.h"
#include "reader/selection.h"
#include "reader/sink.h"

/* Puts the whole body. The selection is of VIEW_WITH_STATS, which is present. */
void with_stats_body(
    const struct generation *, const struct selection *, struct sink *);

#endif
