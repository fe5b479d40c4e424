/* Charts of characters: what can be read off them is so. */
#include <string.h>

#include "ctl/chart.h"
#include "unit.h"

/* The chart of those values, in ASCII, of so many lines. */
static void
assert_chart(const int64_t *values, size_t n, size_t columns, unsigned height,
    const char *expected)
{
	struct chart_scale s = chart_scale(n, columns);
	struct buf b = { 0 };

	chart_put(&b, &s, values, height, chart_lead(values, n), false);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

TEST(the_largest_reaches_the_top)
{
	static const int64_t values[] = { 4, 2, 1, 3 };

	assert_chart(values, 4, 4, 2,
	    "4 |#  :\n"
	    "0 |##:#\n");
}

TEST(none_and_not_known_differ)
{
	static const int64_t values[] = { 0, -1, 1000000 };

	assert_chart(values, 3, 3, 2,
	    "1000000 |  #\n"
	    "      0 |_ #\n");
}

TEST(what_is_not_none_is_seen)
{
	static const int64_t values[] = { 1, INT64_MAX };

	assert_chart(values, 2, 2, 2,
	    "9223372036854775807 | #\n"
	    "                  0 |.#\n");
}

TEST(nothing_at_all)
{
	static const int64_t none[] = { 0, 0 }, unknown[] = { -1 };

	assert_chart(none, 2, 2, 2,
	    "1 |  \n"
	    "0 |__\n");
	assert_chart(unknown, 1, 1, 2,
	    "1 | \n"
	    "0 | \n");
}

TEST(few_values_are_wide)
{
	static const int64_t values[] = { 1, 0 };

	assert_chart(values, 2, 5, 2,
	    "1 |##  \n"
	    "0 |##__\n");
	assert_int_equal(chart_scale(2, 5).width, 4);
	assert_int_equal(chart_scale(1, 80).width, 3);
}

/* A peak of a day is not lost among others. */
TEST(many_values_share_a_column)
{
	static const int64_t values[] = { 1, 1, 8, 1, 1, 1, 1 };
	struct chart_scale s = chart_scale(7, 3);

	assert_int_equal(s.per, 3);
	assert_int_equal(s.width, 3);
	assert_int_equal(chart_column(&s, 0), 0);
	assert_int_equal(chart_column(&s, 2), 0);
	assert_int_equal(chart_column(&s, 6), 2);
	assert_chart(values, 7, 3, 2,
	    "8 |#  \n"
	    "0 |#..\n");
}

TEST(any_number_fits)
{
	for (size_t n = 1; n < 500; n++)
		for (size_t columns = 1; columns < 120; columns += 7) {
			struct chart_scale s = chart_scale(n, columns);

			assert_true(s.width <= columns && s.width > 0);
			assert_true(chart_column(&s, n - 1) < s.width);
		}
}

TEST(blocks_are_eighths)
{
	static const int64_t values[] = { 1, 4, 8 };
	struct chart_scale s = chart_scale(3, 3);
	struct buf b = { 0 };

	chart_put(&b, &s, values, 1, 1, true);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, "8 |▁▄█\n");
	buf_free(&b);
}
