/* Sums of lengths. Each length is counted by what puts the row together. */
#include "reader/row_lengths.h"

#include <stdlib.h>

#include "base/mem.h"
#include "reader/generation.h"
#include "reader/with_stats_row.h"

static const uint32_t *
order_of(const struct generation *g, bool workers)
{
	return g->lists.order[workers ? KEY_WORKERS_LISTED : KEY_WORKERS][0];
}

static uint64_t *
sum_up(
    const struct generation *g, const struct with_stats_choice *c, struct buf *digits)
{
	uint32_t n = g->directory->views[VIEW_WITH_STATS].nrows;
	const uint32_t *order = order_of(g, c->workers);
	uint64_t *before = xcalloc((size_t)n + 1, sizeof(*before));
	struct sink sink = { .to = NULL };

	for (uint32_t i = 0; i < n; i++) {
		with_stats_row_put(&sink, g, c, order[i], digits);
		before[i + 1] = sink.len;
	}
	return before;
}

void
row_lengths_make(struct generation *g)
{
	struct buf digits = { 0 };

	if (g->directory->views[VIEW_WITH_STATS].present == 0)
		return;
	for (int workers = 0; workers < 2; workers++)
		for (int variations = 0; variations < 2; variations++)
			g->lengths.before[workers][variations] = sum_up(g,
			    &(struct with_stats_choice){
				.workers = workers, .variations = variations },
			    &digits);
	buf_free(&digits);
}

void
row_lengths_free(struct row_lengths *l)
{
	for (int workers = 0; workers < 2; workers++)
		for (int variations = 0; variations < 2; variations++)
			free(l->before[workers][variations]);
}

/* The first row of the order that is asked for. */
static uint32_t
find_first(const struct generation *g, const struct with_stats_choice *c, uint32_t n)
{
	const uint32_t *order = order_of(g, c->workers);
	uint32_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (with_stats_row_is_chosen(g, c, order[middle]))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

size_t
row_lengths_sum(
    const struct generation *g, const struct with_stats_choice *c, uint32_t *n)
{
	const uint64_t *before = g->lengths.before[c->workers][c->variations];
	uint32_t all = g->directory->views[VIEW_WITH_STATS].nrows;
	uint32_t first = find_first(g, c, all);

	*n = all - first;
	return before[all] - before[first] + (*n > 1 ? *n - 1 : 0);
}
