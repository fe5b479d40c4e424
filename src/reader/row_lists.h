/* Lists of row numbers, made once with a generation: no request goes through all rows
 * of a view to find those of a preset, and none sorts. */
#ifndef READER_ROW_LISTS_H
#define READER_ROW_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/view.h"
#include "reader/row_ages.h"
#include "reader/selection.h"
#include "terms/preset.h"

/* What with-stats answers are sorted by: the sort keys of struct with_stats_row. */
enum row_key {
	KEY_WORKERS,
	KEY_WORKERS_LISTED,
	KEY_TOTAL,
	KEY_TOTAL_VARIATIONS,
	KEY_MONTH,
	KEY_MONTH_VARIATIONS,
	KEY_NAME,
	KEY_MAX
};

/* Four bytes for each order of a with-stats row and for each name; twelve for each
 * preset that a row is in. */
struct row_lists {
	uint32_t *numbers; /* owned: all lists, one after the other */
	/* Of the rows that match, in the view's order: view.presets[].matches of them.
	 */
	const uint32_t *preset[VIEW_MAX][PRESET_MAX];
	uint64_t *sums; /* owned: all of the next, one after the other */
	/* Bytes as JSON of those before each of them, and of all. */
	const uint64_t *before[VIEW_MAX][PRESET_MAX];
	struct row_ages ages[VIEW_MAX]; /* of views of models */
	/* Of all with-stats rows, ascending and descending; equal ones keep their order
	 * in both. NULL if there is no such view. */
	const uint32_t *order[KEY_MAX][2];
	/* The rows of VIEW_RISK by name (payload/name_order.h). */
	const uint32_t *names;
	uint32_t nnames;
};

/* Makes the lists of a payload at data whose directory view_open() has accepted. Takes
 * time in proportion to the rows: readers do it in the thread that takes generations.
 */
void row_lists_make(
    struct row_lists *, const char *data, const struct view_directory *);
void row_lists_free(struct row_lists *);

/* The order that a selection of with-stats asks for, or NULL: the view's own. */
const uint32_t *row_lists_order(const struct row_lists *, const struct selection *);

#endif
