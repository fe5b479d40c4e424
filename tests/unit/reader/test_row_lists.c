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

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
