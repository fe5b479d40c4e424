/* Generations replace each other in a thread: what is held stays good meanwhile. */
#include "fixture/answer_world.h"

#include "reader/store.h"
#include "unit.h"

static struct generation *
held(struct answer_world *w)
{
	struct generation *g = NULL;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g), STORE_HELD);
	return g;
}

TEST_WITH(
    nothing_is_held_before_a_publication, answer_world_setup, answer_world_teardown)
{
	struct answer_world *w = *state;
	struct generation *g = NULL;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g), STORE_EMPTY);
	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_CLIP, &g), STORE_UNKNOWN);
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 1, 1, 0);
	assert_int_equal(held(w)->snapshot->generation, 1);
}

/* An answer on its way out holds the old one: the thread must leave it alone. */
TEST(a_generation_in_use_outlives_its_successors)
{
	struct answer_world *w = *state;
	struct generation *old = held(w);

	old->refs++;
	for (int i = 0; i < 3; i++)
		answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 0);
	assert_ptr_not_equal(held(w), old);
	assert_int_equal(old->refs, 2); /* ours and the store's */
	assert_int_equal(old->snapshot->generation, 1);
	assert_memory_equal(old->directory->magic, VIEW_MAGIC, 8);
	generation_unref(old);
}

TEST(replacements_in_a_row_end_with_the_newest)
{
	struct answer_world *w = *state;

	for (int i = 0; i < 200; i++)
		answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 0);
	assert_int_equal(held(w)->snapshot->generation, 201);
	assert_int_equal(held(w)->refs, 1);
	assert_int_equal(counter_get(&w->counters, COUNTER_SNAPSHOTS_TAKEN), 202);
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
