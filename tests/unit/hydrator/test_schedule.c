/* The schedule: the grid holds, nothing bursts, failures come back sooner. */
#include "base/clock.h"
#include "hydrator/schedule.h"
#include "unit.h"

#define S NSEC_PER_SEC
#define ORIGIN (1000 * S + 7)

static const struct schedule plain = { ORIGIN, 240 * S, 0, true };
static const struct schedule jittered = { ORIGIN, 240 * S, 0.1, true };
static const struct schedule once = { ORIGIN, 240 * S, 0.1, false };

TEST(test_cycles_keep_to_the_grid)
{
	assert_int_equal(
	    schedule_next(&plain, 0, ORIGIN + S, UINT32_MAX), ORIGIN + 240 * S);
	assert_int_equal(
	    schedule_next(&plain, 0, ORIGIN + 239 * S, 5), ORIGIN + 240 * S);
	assert_int_equal(
	    schedule_next(&plain, 0, ORIGIN + 240 * S, 5), ORIGIN + 480 * S);
}

/* Three ticks went by during one cycle: the next one is the fourth, once. */
TEST(test_missed_ticks_are_left_out)
{
	int64_t now = ORIGIN + 3 * 240 * S + 17;

	assert_int_equal(schedule_next(&plain, 0, now, 0), ORIGIN + 4 * 240 * S);
}

TEST(test_the_last_tick)
{
	assert_int_equal(schedule_last(&jittered, ORIGIN), ORIGIN);
	assert_int_equal(schedule_last(&jittered, ORIGIN + 239 * S), ORIGIN);
	assert_int_equal(schedule_last(&jittered, ORIGIN + 500 * S), ORIGIN + 480 * S);
	assert_int_equal(schedule_last(&jittered, ORIGIN - S), ORIGIN - S);
}

TEST(test_jitter_delays_within_its_part)
{
	int64_t now = ORIGIN + S, due;
	uint32_t draw;

	assert_int_equal(schedule_next(&jittered, 0, now, 0), ORIGIN + 240 * S);
	assert_int_equal(
	    schedule_next(&jittered, 0, now, UINT32_MAX), ORIGIN + 264 * S);
	for (draw = 1; draw < 0xf0000000u; draw += 0x01234567u) {
		due = schedule_next(&jittered, 0, now, draw);
		assert_in_range(due, ORIGIN + 240 * S, ORIGIN + 264 * S);
		/* The cycle that begins late is not asked for again. */
		assert_true(schedule_next(&jittered, 0, due, draw) >= ORIGIN + 480 * S);
	}
}

/* However long cycles take and whatever is drawn, a day has as many as ticks. */
TEST(test_the_period_is_not_stretched)
{
	int64_t now = ORIGIN;
	uint32_t draw = 1;
	int cycles = 0;

	while (now < ORIGIN + 360 * 240 * S) {
		draw = draw * 1664525u + 1013904223u;
		now = schedule_next(&jittered, 0, now, draw) + 200 * S;
		cycles++;
	}
	assert_in_range(cycles, 359, 361);
}

TEST(test_failures_are_retried_sooner)
{
	int64_t now = ORIGIN + S;

	assert_int_equal(schedule_next(&plain, 1, now, UINT32_MAX), now + S);
	assert_int_equal(schedule_next(&plain, 1, now, 0), now + S / 2);
	assert_int_equal(schedule_next(&plain, 4, now, UINT32_MAX), now + 8 * S);
	/* Never later than the tick. */
	assert_int_equal(schedule_next(&plain, 100, now, UINT32_MAX), ORIGIN + 240 * S);
	now = ORIGIN + 240 * S - 1;
	assert_int_equal(schedule_next(&plain, 1, now, 0), ORIGIN + 240 * S);
}

TEST(test_once_only_repeats_failures)
{
	int64_t now = ORIGIN + S;

	assert_true(schedule_next(&once, 0, now, 1) == SCHEDULE_NEVER);
	assert_int_equal(schedule_next(&once, 1, now, UINT32_MAX), now + S);
	assert_int_equal(schedule_next(&once, 50, now, UINT32_MAX), now + 240 * S);
}

/* Tests shorten the period below the first retry; clocks may be before the origin. */
TEST(test_odd_ends)
{
	struct schedule fast = { ORIGIN, S / 4, 0, true };

	assert_int_equal(schedule_next(&fast, 3, ORIGIN + 1, 0), ORIGIN + S / 4);
	assert_int_equal(schedule_next(&plain, 0, ORIGIN - 5 * S, 0), ORIGIN);
}
