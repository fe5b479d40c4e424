/* Generations that slow clients hold: kept, counted, bounded. */
#include "fixture/answer_world.h"
#include "reader/store.h"
#include "unit.h"

struct crowd {
	struct generation *held[STORE_OLD_MAX + 3]; /* as answers hold them */
	unsigned n, dropped;
};

static uint64_t
alive(const struct answer_world *w)
{
	return counter_get(&w->counters, COUNTER_SNAPSHOTS_TAKEN) -
	       counter_get(&w->counters, COUNTER_SNAPSHOTS_RELEASED);
}

static struct generation *
publish_and_get(struct answer_world *w)
{
	struct generation *g = NULL;

	answer_world_publish(w, CATEGORY_TEXT_GENERATION, 719, 719, 5);
	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_TEXT_GENERATION, &g), STORE_HELD);
	return g;
}

static void
drop(void *arg, void *generation)
{
	struct crowd *c = arg;

	assert_ptr_equal(generation, c->held[c->dropped]);
	generation_unref(c->held[c->dropped++]);
}

TEST(what_nobody_holds_goes_at_once)
{
	struct answer_world *w = *state;
	int i;

	for (i = 0; i < 5; i++)
		publish_and_get(w);
	assert_int_equal(alive(w), 1);
}

TEST(what_is_held_stays_until_it_is_not)
{
	struct answer_world *w = *state;
	struct generation *g = publish_and_get(w);

	g->refs++;
	publish_and_get(w);
	store_poll(w->answerer.store);
	assert_int_equal(alive(w), 2);
	assert_int_equal(g->snapshot->generation, 1);
	generation_unref(g);
	store_poll(w->answerer.store);
	assert_int_equal(alive(w), 1);
}

TEST(the_clients_of_the_oldest_go_first)
{
	struct answer_world *w = *state;
	struct crowd c = { .n = 0 };

	store_on_crowd(w->answerer.store, drop, &c);
	while (c.n < NELEM(c.held)) {
		c.held[c.n] = publish_and_get(w);
		c.held[c.n++]->refs++;
		assert_true(alive(w) <= STORE_OLD_MAX + 1);
	}
	assert_int_equal(c.dropped, NELEM(c.held) - STORE_OLD_MAX - 1);
	while (c.dropped < c.n)
		generation_unref(c.held[c.dropped++]);
	store_poll(w->answerer.store);
	assert_int_equal(alive(w), 1);
}

/* A reader that was killed has released nothing. */
TEST(a_successor_starts_from_none)
{
	struct answer_world *w = *state;
	struct store *successor;

	publish_and_get(w);
	assert_int_equal(alive(w), 1);
	successor = store_new(w->segment, &w->config, &w->counters);
	assert_int_equal(alive(w), 0);
	store_free(&successor);
}

UNIT_FIXTURE(.setup = answer_world_setup, .teardown = answer_world_teardown);
