/* Generations replace each other in a thread: what is held stays good meanwhile. */
#include "fixture/answer_world.h"

#include <string.h>

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

static enum store_state
state_of(struct answer_world *w)
{
	struct generation *g = NULL;

	return store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g);
}

/* The clients of other categories would wait for the copy. */
TEST_WITH(a_large_first_generation_is_taken_beside_the_loop, answer_world_setup,
    answer_world_teardown)
{
	struct answer_world *w = *state;

	store_poll(w->answerer.store);
	w->padding = 9 << 20;
	answer_world_put(w, CATEGORY_IMAGE_GENERATION, 1, 1, 0);
	assert_int_equal(state_of(w), STORE_EMPTY);
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 1, 1, 0);
	assert_int_equal(state_of(w), STORE_HELD);
}

/* Nobody waits yet, and nobody shall find nothing. */
TEST_WITH(what_is_there_at_the_start_is_taken_at_once, answer_world_setup,
    answer_world_teardown)
{
	struct answer_world *w = *state;

	w->padding = 9 << 20;
	answer_world_put(w, CATEGORY_IMAGE_GENERATION, 1, 1, 0);
	store_poll(w->answerer.store);
	assert_int_equal(state_of(w), STORE_HELD);
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

/* What was made stays, and nothing is taken. */
TEST(a_refresh_that_changed_nothing_costs_nothing)
{
	struct answer_world *w = *state;
	struct generation *g;
	const char *data;
	size_t made;

	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 50);
	g = held(w);
	data = g->snapshot->data;
	assert_int_equal(answer_world_ask(w, "GET",
			     "/model_references/statistics/image_generation/"
			     "deletion-risk?preset=critical",
			     ""),
	    200);
	assert_non_null(strstr(w->response.fields.data, "Age: 50\r\n"));
	made = cache_bytes(g->made);
	assert_true(made > 0);
	for (int i = 0; i < 3; i++)
		answer_world_republish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	assert_ptr_equal(held(w), g);
	assert_ptr_equal(g->snapshot->data, data);
	assert_int_equal(g->snapshot->generation, 5);
	assert_int_equal(cache_bytes(g->made), made);
	assert_int_equal(counter_get(&w->counters, COUNTER_SNAPSHOTS_TAKEN), 3);
	assert_int_equal(answer_world_ask(w, "GET",
			     "/model_references/statistics/image_generation/"
			     "deletion-risk",
			     ""),
	    200);
	assert_non_null(strstr(w->response.fields.data, "Age: 5\r\n"));
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	assert_ptr_not_equal(held(w)->snapshot->data, data);
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
