/* The lists of a generation hold the rows that say that they match, and no others. */
#include "fixture/answer_world.h"
#include "reader/store.h"
#include "unit.h"

static void
assert_lists(struct answer_world *w, enum category category)
{
	struct generation *g = NULL;

	assert_int_equal(store_get(w->answerer.store, category, &g), STORE_HELD);
	for (int k = 0; k < VIEW_MAX; k++) {
		const struct view *v = &g->directory->views[k];
		const struct view_row *rows =
		    (const void *)(g->snapshot->data + v->rows);

		for (int p = 0; v->present != 0 && p < PRESET_MAX; p++) {
			const uint32_t *next = g->lists.preset[k][p];

			for (uint32_t i = 0; i < v->nrows; i++)
				if (rows[i].presets & 1u << p)
					assert_int_equal(*next++, i);
			assert_int_equal(
			    next - g->lists.preset[k][p], v->presets[p].matches);
		}
	}
}

TEST(each_preset_lists_its_rows)
{
	assert_lists(*state, CATEGORY_IMAGE_GENERATION);
	assert_lists(*state, CATEGORY_TEXT_GENERATION);
}

/* more: workers or variations, whichever the order depends on. */
static void
assert_order(const struct generation *g, enum query_sort sort, bool more, bool desc,
    int64_t (*key)(const struct with_stats_row *, bool more))
{
	const struct selection s = {
		.sort = sort, .workers = more, .variations = more, .desc = desc
	};
	const uint32_t *order = row_lists_order(&g->lists, &s);
	const struct with_stats_row *rows =
	    (const void *)(g->snapshot->data + g->directory->with_stats.rows);
	uint32_t n = g->directory->views[VIEW_WITH_STATS].nrows;
	int64_t a, b;

	for (uint32_t i = 1; i < n; i++) {
		a = key(&rows[order[i - 1]], more);
		b = key(&rows[order[i]], more);
		assert_true(desc ? a >= b : a <= b);
		if (a == b)
			assert_true(order[i - 1] < order[i]);
	}
}

static int64_t
workers(const struct with_stats_row *row, bool listed)
{
	return listed && row->nworkers > 0 ? row->nworkers : row->worker_count;
}

static int64_t
total(const struct with_stats_row *row, bool variations)
{
	return row->usage_total[variations];
}

static int64_t
month(const struct with_stats_row *row, bool variations)
{
	return row->usage_month[variations];
}

static int64_t
name(const struct with_stats_row *row, bool variations UNUSED)
{
	return row->rank;
}

/* Equal ones in the view's own order, also where the order is descending. */
TEST(each_order_is_sorted)
{
	struct answer_world *w = *state;
	struct generation *g = NULL;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_TEXT_GENERATION, &g), STORE_HELD);
	for (int i = 0; i < 4; i++) {
		assert_order(g, SORT_WORKER_COUNT, i & 1, i & 2, workers);
		assert_order(g, SORT_USAGE_TOTAL, i & 1, i & 2, total);
		assert_order(g, SORT_USAGE_MONTH, i & 1, i & 2, month);
		assert_order(g, SORT_NAME, i & 1, i & 2, name);
		assert_null(row_lists_order(&g->lists,
		    &(struct selection){ .sort = SORT_NONE, .desc = i & 2 }));
	}
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
