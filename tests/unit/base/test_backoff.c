/* The backoff: bounds, growth, cap, and no overflow. */
#include "base/backoff.h"
#include "unit.h"

/* With the largest draw the delay is the whole exponential value. */
TEST(test_doubles_up_to_the_cap)
{
	static const int64_t want[] = { 500, 1000, 2000, 4000, 8000, 10000, 10000 };
	unsigned i;

	for (i = 0; i < NELEM(want); i++)
		assert_int_equal(backoff_next(i, 500, 10000, UINT32_MAX), want[i]);
}

TEST(test_draw_stays_in_the_upper_half)
{
	uint32_t draw;
	int64_t delay, last = 0;

	assert_int_equal(backoff_next(2, 500, 10000, 0), 1000);
	for (draw = 0; draw < 0xf0000000u; draw += 0x01234567u) {
		delay = backoff_next(2, 500, 10000, draw);
		assert_in_range(delay, 1000, 2000);
		assert_true(delay >= last);
		last = delay;
	}
	assert_true(last > 1800);
}

TEST(test_smallest_delay_is_never_nothing)
{
	assert_int_equal(backoff_next(0, 1, 1, 0), 1);
	assert_int_equal(backoff_next(0, 3, 9, 0), 2);
}

TEST(test_many_failures_do_not_overflow)
{
	assert_int_equal(backoff_next(1000, 1, 3600000, UINT32_MAX), 3600000);
	assert_int_equal(
	    backoff_next(UINT32_MAX, 7, INT64_C(1) << 53, 0), INT64_C(1) << 52);
}
