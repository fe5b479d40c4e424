/* The lists of a generation hold the rows that say that they match, and no others. */
#include <xxhash.h>

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

/* Of a row, as the payload has it: since when the model of its name is at risk. */
static int64_t
at_risk_since(const struct generation *g, int kind, uint32_t row)
{
	const char *data = g->snapshot->data;
	const struct view_figures *f =
	    (const void *)(data + g->directory->views[kind].figures);
	const int64_t *since = (const void *)(data + g->directory->past.at_risk);
	int64_t model = view_find(g->directory, generation_span(g, f[row].name));

	return model >= 0 ? since[model] : 0;
}

/* Holds row_ages against a walk over all candidates. Returns how many they are. */
static uint32_t
assert_ages(const struct generation *g, int kind, int64_t days)
{
	const struct view *v = &g->directory->views[kind];
	const struct view_row *rows = (const void *)(g->snapshot->data + v->rows);
	const struct row_ages *a = &g->lists.ages[kind];
	int64_t until = g->directory->computed_at - days * 86400;
	uint64_t length = 0, hash = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->nrows; i++) {
		int64_t since = at_risk_since(g, kind, i);

		assert_int_equal(a->since[i], since);
		if (!(rows[i].presets & 1u << PRESET_DELETION_CANDIDATES) ||
		    since == 0 || since > until)
			continue;
		length += rows[i].len;
		hash += XXH3_64bits(&i, sizeof(i));
		n++;
	}
	assert_int_equal(row_ages_count(a, until), n);
	if (n > 0) {
		assert_int_equal(a->sorted[n - 1].length, length);
		assert_int_equal(a->sorted[n - 1].hash, hash);
	}
	return n;
}

/* Of text the models stand in one view from the last to the first. */
TEST_WITH(candidates_of_some_days_are_added_up, answer_world_setup_evidence,
    answer_world_teardown)
{
	struct answer_world *w = *state;
	struct generation *g = NULL;
	uint32_t found = 0;

	for (int c = CATEGORY_IMAGE_GENERATION; c <= CATEGORY_TEXT_GENERATION; c++) {
		assert_int_equal(
		    store_get(w->answerer.store, (enum category)c, &g), STORE_HELD);
		for (int k = VIEW_RISK; k <= VIEW_RISK_VARIATIONS; k++)
			for (int64_t d = 0; g->directory->views[k].present && d < 120;
			     d++)
				found += assert_ages(g, k, d);
	}
	assert_true(found > 1000);
	assert_int_not_equal(g->lists.ages[VIEW_RISK_VARIATIONS].since[700], 0);
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
