/* The lists of all views share one allocation, so that one number bounds them. */
#include "reader/row_lists.h"

#include <stdlib.h>

#include "base/mem.h"

/* Of an absent view view_open() has checked nothing. */
static uint64_t
count_matches(const struct view_directory *d)
{
	uint64_t n = 0;

	for (int k = 0; k < VIEW_MAX; k++)
		for (int p = 0; d->views[k].present != 0 && p < PRESET_MAX; p++)
			n += d->views[k].presets[p].matches;
	return n;
}

/* view_open() has counted: each preset finds as many rows as it says. */
static void
fill(const struct view_row *rows, uint32_t nrows, uint32_t *next[PRESET_MAX])
{
	for (uint32_t i = 0; i < nrows; i++)
		for (int p = 0; p < PRESET_MAX; p++)
			if (rows[i].presets & 1u << p)
				*next[p]++ = i;
}

void
row_lists_make(
    struct row_lists *lists, const char *data, const struct view_directory *d)
{
	uint64_t total = count_matches(d);
	uint32_t *next[PRESET_MAX], *at;

	at = lists->numbers = xcalloc(total > 0 ? total : 1, sizeof(*at));
	for (int k = 0; k < VIEW_MAX; k++) {
		const struct view *v = &d->views[k];

		if (v->present == 0)
			continue;
		for (int p = 0; p < PRESET_MAX; p++) {
			lists->preset[k][p] = next[p] = at;
			at += v->presets[p].matches;
		}
		fill((const void *)(data + v->rows), v->nrows, next);
	}
}

void
row_lists_free(struct row_lists *lists)
{
	free(lists->numbers);
	lists->numbers = NULL;
}
