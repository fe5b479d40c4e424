/* Every day that a list can name. */
#include <time.h>

#include "base/buf.h"
#include "lists/day.h"
#include "payload/view.h"
#include "unit.h"

TEST(days_are_those_of_libc)
{
	struct buf b = { 0 };
	char text[16];
	struct tm tm;

	for (time_t at = 0; at <= VIEW_TIME_MAX; at += DAY_SECONDS - 1) {
		buf_reset(&b);
		day_put(&b, at);
		buf_putc(&b, '\0');
		strftime(text, sizeof(text), "%Y-%m-%d", gmtime_r(&at, &tm));
		assert_string_equal(b.data, text);
	}
	buf_free(&b);
}
