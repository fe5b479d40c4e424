/* Dates of If-Modified-Since: three forms, strictly, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "http/date.h"
#include "http/response.h"
#include "unit.h"

#define EXAMPLE INT64_C(784111777) /* RFC 9110 section 5.6.7 */
#define NOW INT64_C(1790000000)    /* in 2026 */

static bool
parse(const char *text, int64_t *out)
{
	return http_date_parse((struct str){ text, strlen(text) }, NOW, out);
}

static void
assert_date(const char *text, int64_t want)
{
	int64_t got = -1;

	if (!parse(text, &got) || got != want)
		fail_msg(
		    "\"%s\" is %lld, not %lld", text, (long long)got, (long long)want);
}

TEST(three_forms)
{
	assert_date("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE);
	assert_date("Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE);
	assert_date("Sun Nov  6 08:49:37 1994", EXAMPLE);
	assert_date("Sun Nov 16 08:49:37 1994", EXAMPLE + 10 * 86400);
	assert_date("Thu, 01 Jan 1970 00:00:00 GMT", 0);
	assert_date("Wed, 31 Dec 1969 23:59:59 GMT", -1);
	assert_date("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800);
}

/* 2076 is 50 years ahead of 2026, 2077 would be 51. */
TEST(years_of_two_digits)
{
	int64_t a, b;

	assert_date("Sunday, 01-Jan-77 00:00:00 GMT", 220924800);
	assert_true(parse("Sunday, 01-Jan-76 00:00:00 GMT", &a));
	assert_true(parse("Wed, 01 Jan 2076 00:00:00 GMT", &b));
	assert_int_equal(a, b);
	assert_date("Sunday, 01-Jan-00 00:00:00 GMT", 946684800);
}

/* What http_date() prints is read back, all over the years that it can print. */
TEST(agrees_with_printing)
{
	char text[HTTP_DATE_SIZE];
	int64_t t;

	for (t = INT64_C(-62167219200); t < INT64_C(253402300800); t += 7654321) {
		http_date(t, text);
		assert_date(text, t);
	}
}

TEST(refused)
{
	static const char *const bad[] = { "", "0", "now", "784111777",
		"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun,06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 00:00:00 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
		"Sun, 06 Nov 1994 +8:49:37 GMT", "Sun, 06 Nov 199" };
	int64_t t;
	size_t i;

	for (i = 0; i < NELEM(bad); i++)
		if (parse(bad[i], &t))
			fail_msg("\"%s\" is no date", bad[i]);
}
