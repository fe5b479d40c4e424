/* Sums, windows, rates and percentiles of counters. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/top_counts.h"
#include "fixture/segment.h"
#include "unit.h"

static struct top_window window;
static struct top_counts sample;

static int
forget(void **state UNUSED)
{
	memset(&window, 0, sizeof(window));
	memset(&sample, 0, sizeof(sample));
	return 0;
}

/* So many requests, a second after the last sample. */
static void
take(uint64_t requests)
{
	sample.at += NSEC_PER_SEC;
	sample.value[COUNTER_REQUESTS] = requests;
	top_window_add(&window, &sample);
}

static uint64_t
requests_of(const struct top_counts *c)
{
	return c->value[COUNTER_REQUESTS];
}

TEST(a_window_has_the_last_samples)
{
	uint64_t i;

	take(100);
	assert_int_equal(requests_of(top_window_now(&window)), 100);
	assert_ptr_equal(top_window_then(&window, 1), top_window_now(&window));
	for (i = 1; i <= 25; i++) {
		take(100 + i);
		assert_int_equal(requests_of(top_window_now(&window)), 100 + i);
		assert_int_equal(requests_of(top_window_then(&window, 1)), 99 + i);
		assert_int_equal(requests_of(top_window_then(&window, TOP_WINDOW)),
		    i < TOP_WINDOW ? 100 : 100 + i - TOP_WINDOW);
	}
}

/* What another daemon counts is no rate of this one. */
TEST(counts_that_fall_begin_a_window)
{
	take(1000);
	take(1010);
	take(3);
	assert_int_equal(window.n, 1);
	assert_int_equal(requests_of(top_window_then(&window, 1)), 3);
	take(8);
	assert_int_equal(requests_of(top_window_then(&window, TOP_WINDOW)), 3);
	/* A clock that a test has moved back. */
	sample.at -= 5 * NSEC_PER_SEC;
	take(9);
	assert_int_equal(window.n, 1);
}

TEST(a_rate_is_of_a_second)
{
	assert_float_equal(top_counts_rate(30, 10, 2 * NSEC_PER_SEC), 10, 1e-9);
	assert_float_equal(top_counts_rate(11, 10, NSEC_PER_SEC / 4), 4, 1e-9);
	assert_float_equal(top_counts_rate(10, 10, NSEC_PER_SEC), 0, 1e-9);
	assert_float_equal(top_counts_rate(9, 10, NSEC_PER_SEC), 0, 1e-9);
	assert_float_equal(top_counts_rate(11, 10, 0), 0, 1e-9);
}

TEST(percentiles_are_ends_of_classes)
{
	struct top_counts then = { 0 }, now = { 0 };
	unsigned last = 0;

	assert_int_equal(top_counts_percentile(&now, &then, 0.5), TOP_NO_REQUESTS);
	/* 90 up to 10 us, 9 up to 25 us, 1 up to 100 us; what was before is not of it.
	 */
	then.duration[5] = 1000;
	now.duration[0] = 90;
	now.duration[1] = 9;
	now.duration[3] = 1;
	now.duration[5] = 1000;
	assert_int_equal(top_counts_percentile(&now, &then, 0.5), 10000);
	assert_int_equal(top_counts_percentile(&now, &then, 0.9), 10000);
	assert_int_equal(top_counts_percentile(&now, &then, 0.91), 25000);
	assert_int_equal(top_counts_percentile(&now, &then, 0.99), 25000);
	assert_int_equal(top_counts_percentile(&now, &then, 0.999), 100000);
	assert_int_equal(top_counts_percentile(&now, &then, 0), 10000);
	assert_int_equal(top_counts_percentile(&now, &then, 1), 100000);
	while (counters_bound(last) > 0)
		last++;
	now.duration[last] = 100000;
	assert_int_equal(top_counts_percentile(&now, &then, 0.9), 0);
}

TEST(the_hit_ratio_leaves_out_what_is_ready)
{
	struct top_counts then = { 0 }, now = { 0 };

	assert_true(top_counts_hit_ratio(&now, &then) < 0);
	now.value[COUNTER_BODIES_READY] = 1000;
	assert_true(top_counts_hit_ratio(&now, &then) < 0);
	now.value[COUNTER_BODIES_KEPT] = 3;
	now.value[COUNTER_BODIES_MADE] = 1;
	assert_float_equal(top_counts_hit_ratio(&now, &then), 0.75, 1e-9);
}

/* A route that has categories is counted in two places of each slot. */
TEST(sums_are_of_all_slots_and_categories)
{
	struct segment *segment = fixture_segment();
	struct counters *c;
	unsigned slot;

	for (slot = 0; slot < FIXTURE_PROCS; slot++) {
		c = segment_counters(segment, slot);
		counter_add(c, COUNTER_REQUESTS, 10);
		counter_raise(&c->duration[2], 2);
		counter_raise(&c->connections, 1);
		counter_raise(&c->streams, 1);
		counter_raise(&c->requests[ROUTE_LIVEZ][0], 5);
		counter_raise(&c->requests[ROUTE_MODEL][1], 7);
		counter_raise(&c->of_category[0][route_row(ROUTE_MODEL)][1], 100);
		counter_raise(
		    &c->of_category[COUNTER_LATCHES - 1][route_row(ROUTE_MODEL)][1],
		    1000);
	}
	top_counts_read(segment, &sample);
	assert_true(sample.at > 0);
	assert_int_equal(requests_of(&sample), 10 * FIXTURE_PROCS);
	assert_int_equal(sample.duration[2], 2 * FIXTURE_PROCS);
	assert_int_equal(sample.connections, FIXTURE_PROCS);
	assert_int_equal(sample.streams, FIXTURE_PROCS);
	assert_int_equal(sample.answers[ROUTE_LIVEZ][0], 5 * FIXTURE_PROCS);
	assert_int_equal(sample.answers[ROUTE_MODEL][1], 1107 * FIXTURE_PROCS);
	assert_int_equal(sample.answers[ROUTE_RISK][1], 0);
	segment_close(&segment);
}

UNIT_FIXTURE(.setup = forget);
