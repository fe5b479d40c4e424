/* Generations that slow clients hold: kept, counted, bounded. */
#include "fixture/answer_world.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
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

/* Mappings, and those of them that the loop and other threads have given back. */
static const void *_Atomic watched[2];
static _Atomic unsigned by_loop, by_others;
static pthread_t loop;

/* In place of libc's. */
int
munmap(void *p, size_t len)
{
	for (size_t i = 0; p != NULL && i < NELEM(watched); i++) {
		if (watched[i] != p)
			continue;
		watched[i] = NULL;
		if (pthread_equal(pthread_self(), loop))
			by_loop++;
		else
			by_others++;
	}
	return (int)syscall(SYS_munmap, p, len);
}

/* Adds to what was made of a generation, as an answer of that length does. */
static const void *
make(struct generation *g, size_t len)
{
	struct blob *blob = blob_new(&(struct buf){ xcalloc(1, len), len, len, NULL });
	const void *data = blob->data;

	cache_add(g->made, STR("made"), blob);
	blob_forget(blob);
	blob_unref(blob);
	return data;
}

/* Which takes tens of milliseconds where a snapshot has hundreds of megabytes. */
TEST(the_loop_gives_no_memory_back)
{
	struct answer_world *w = *state;
	struct timespec pause = { .tv_nsec = 1000000 };
	struct generation *g = publish_and_get(w);

	loop = pthread_self();
	g->refs++;
	watched[0] = g->snapshot->data;
	watched[1] = make(g, 40000);
	publish_and_get(w);
	generation_unref(g);
	store_poll(w->answerer.store);
	for (int i = 0; by_loop + by_others < 2 && i < 30000; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(by_others, 2);
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
