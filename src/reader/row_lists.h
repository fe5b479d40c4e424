/* Lists of row numbers, made once with a generation: no request goes through all rows
 * of a view to find those of a preset. */
#ifndef READER_ROW_LISTS_H
#define READER_ROW_LISTS_H

#include <stdint.h>

#include "payload/view.h"
#include "terms/preset.h"

/* Four bytes for each preset that a row is in. */
struct row_lists {
	uint32_t *numbers; /* owned: all lists, one after the other */
	/* Of the rows that match, in the view's order: view.presets[].matches of them.
	 */
	const uint32_t *preset[VIEW_MAX][PRESET_MAX];
};

/* Makes the lists of a payload at data whose directory view_open() has accepted. Takes
 * time in proportion to the rows: readers do it in the thread that takes generations.
 */
void row_lists_make(
    struct row_lists *, const char *data, const struct view_directory *);
void row_lists_free(struct row_lists *);

#endif
