/* A reader's share of the connections, against the counters of other readers. */
#include "fixture/segment.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "config/config.h"
#include "proc/child.h"
#include "reader/spread.h"
#include "shm/counters.h"
#include "unit.h"

#define HYDRATORS 2
#define READERS 3

struct crew {
	struct segment *segment;
	struct config config;
	struct spread spread; /* of the second reader */
};

static struct counters *
reader(const struct crew *w, unsigned index)
{
	return segment_counters(w->segment, HYDRATORS + index);
}

static void
has(const struct crew *w, unsigned index, uint64_t connections)
{
	atomic_store(&reader(w, index)->heartbeat, clock_boot());
	atomic_store(&reader(w, index)->connections, connections);
}

static void
accepts(const struct crew *w, unsigned index)
{
	counter_add(reader(w, index), COUNTER_CONNECTIONS, 1);
}

static int
setup(void **state)
{
	struct crew *w = calloc(1, sizeof(*w));
	struct segment_spec spec = fixture_spec();
	char err[256] = "";

	spec.nprocs = HYDRATORS + READERS + 1;
	if (segment_create(&spec, &w->segment, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	segment_unlink(w->segment);
	w->config.readers = READERS;
	spread_init(&w->spread, &(struct child_context){ .config = &w->config,
				    .segment = w->segment,
				    .slot = HYDRATORS + 1,
				    .index = 1 });
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct crew *w = *state;

	segment_close(&w->segment);
	free(w);
	return 0;
}

TEST(who_has_more_than_another_waits)
{
	struct crew *w = *state;

	has(w, 0, 3);
	has(w, 1, 0);
	has(w, 2, 5);
	assert_false(spread_crowded(&w->spread));
	has(w, 1, 3);
	assert_false(spread_crowded(&w->spread));
	has(w, 1, 4);
	assert_true(spread_crowded(&w->spread));
}

TEST(among_many_a_few_make_no_difference)
{
	struct crew *w = *state;

	has(w, 0, 800);
	has(w, 2, 1000);
	has(w, 1, 1000);
	assert_false(spread_crowded(&w->spread));
	has(w, 1, 1001);
	assert_true(spread_crowded(&w->spread));
}

TEST(the_dead_and_other_roles_are_not_waited_for)
{
	struct crew *w = *state;

	has(w, 0, 0);
	has(w, 1, 10);
	has(w, 2, 10);
	assert_true(spread_crowded(&w->spread));
	atomic_store(&reader(w, 0)->heartbeat, clock_boot() - 4 * NSEC_PER_SEC);
	assert_false(spread_crowded(&w->spread));
	/* A hydrator beats, and has no connections. */
	atomic_store(&segment_counters(w->segment, 0)->heartbeat, clock_boot());
	assert_false(spread_crowded(&w->spread));
}

TEST(a_sole_reader_never_waits)
{
	struct crew *w = *state;

	w->spread.n = 1;
	w->spread.first = w->spread.self;
	has(w, 1, 1000);
	assert_false(spread_crowded(&w->spread));
}

TEST(who_does_not_accept_is_waited_for_a_few_times)
{
	struct crew *w = *state;
	unsigned i, taken = 0;

	has(w, 0, 0);
	has(w, 1, 10);
	has(w, 2, 10);
	for (i = 0; i < 3; i++)
		assert_true(spread_crowded(&w->spread));
	for (i = 0; i < 10; i++)
		taken += !spread_crowded(&w->spread);
	assert_int_equal(taken, 5);
	/* It has come back. */
	for (i = 0; i < 20; i++) {
		accepts(w, 0);
		assert_true(spread_crowded(&w->spread));
	}
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
