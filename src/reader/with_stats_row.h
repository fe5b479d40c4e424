/* The rows of with-stats answers: selected, and put together from the pieces of a
 * snapshot (payload/view.h, doc/reference.md 8.9). */
#ifndef READER_WITH_STATS_ROW_H
#define READER_WITH_STATS_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "reader/generation.h"
#include "reader/sink.h"

/* What a selection of VIEW_WITH_STATS, which is present, asks of each row. */
struct with_stats_choice {
	bool workers, variations;
	int64_t least;
};

/* Whether the row with that number is in the answer. */
bool with_stats_row_is_chosen(
    const struct generation *, const struct with_stats_choice *, uint32_t number);
/* Bytes of the name and the colon that a row begins with: at most its `head`. */
size_t with_stats_row_key(const struct generation *, uint32_t number);
/* digits: room for a number, whatever is in it. */
void with_stats_row_put(struct sink *, const struct generation *,
    const struct with_stats_choice *, uint32_t number, struct buf *digits);

#endif
