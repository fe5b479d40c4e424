/* Deadlines: met, missed, and slept through. */
#include "supervisor/deadline.h"
#include "unit.h"

#define SECOND NSEC_PER_SEC

TEST(test_a_deadline_is_over_when_it_is_due)
{
	int64_t deadline = 10 * SECOND;

	assert_false(deadline_is_over(&deadline, 10 * SECOND - 1));
	assert_true(deadline_is_over(&deadline, 10 * SECOND));
	assert_true(deadline_is_over(&deadline, 12 * SECOND));
	assert_int_equal(deadline, 10 * SECOND);
}

TEST(test_one_that_was_slept_through_is_put_off_once)
{
	int64_t deadline = 10 * SECOND;

	assert_false(deadline_is_over(&deadline, 3600 * SECOND));
	assert_int_equal(deadline, 3602 * SECOND);
	assert_false(deadline_is_over(&deadline, 3601 * SECOND));
	assert_true(deadline_is_over(&deadline, 3602 * SECOND));
}

TEST(test_no_deadline_is_never_over)
{
	int64_t deadline = INT64_MAX;

	assert_false(deadline_is_over(&deadline, 3600 * SECOND));
}
