/* Counters that move to another segment: once each, and each to its own category. */
#include <string.h>

#include "shm/counters.h"
#include "unit.h"

static struct counters to, from, told;

static int
forget(void **state UNUSED)
{
	memset(&to, 0, sizeof(to));
	memset(&from, 0, sizeof(from));
	memset(&told, 0, sizeof(told));
	return 0;
}

TEST(sums_are_folded_once)
{
	const int latch[COUNTER_LATCHES] = { 0 };

	counter_add(&from, COUNTER_REQUESTS, 5);
	counter_raise(&from.requests[3][2], 7);
	counter_raise(&from.connections, 9);
	counters_fold(&to, &from, &told, latch);
	counters_fold(&to, &from, &told, latch);
	counter_add(&from, COUNTER_REQUESTS, 1);
	counters_fold(&to, &from, &told, latch);
	assert_int_equal(counter_get(&to, COUNTER_REQUESTS), 6);
	assert_int_equal(counter_read(&to.requests[3][2]), 7);
	/* How many there are now is no sum. */
	assert_int_equal(counter_read(&to.connections), 0);
}

/* Latches are in the order of a configuration, which the next one may not have. */
TEST(a_category_is_folded_where_it_is)
{
	int latch[COUNTER_LATCHES] = { 2, -1, 0 };
	unsigned i;

	for (i = 3; i < COUNTER_LATCHES; i++)
		latch[i] = -1;
	for (i = 0; i < 3; i++) {
		counter_raise(&from.of_category[i][0][0], 10 + i);
		counter_raise(&from.of_category[i][COUNTER_CATEGORY_ROUTES - 1]
					       [COUNTER_CODES - 1],
		    20 + i);
	}
	counters_fold(&to, &from, &told, latch);
	counters_fold(&to, &from, &told, latch);
	assert_int_equal(counter_read(&to.of_category[2][0][0]), 10);
	assert_int_equal(counter_read(&to.of_category[0][0][0]), 12);
	assert_int_equal(
	    counter_read(
		&to.of_category[2][COUNTER_CATEGORY_ROUTES - 1][COUNTER_CODES - 1]),
	    20);
	assert_int_equal(
	    counter_read(
		&to.of_category[0][COUNTER_CATEGORY_ROUTES - 1][COUNTER_CODES - 1]),
	    22);
	/* What is not configured any more goes with its counters. */
	for (i = 0; i < COUNTER_LATCHES; i++)
		if (i != 0 && i != 2)
			assert_int_equal(counter_read(&to.of_category[i][0][0]), 0);
	assert_int_equal(counter_read(&told.of_category[1][0][0]), 11);
}

UNIT_FIXTURE(.setup = forget);
