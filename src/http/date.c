/* HTTP-dates: three forms to read, one of them with two digits of a year; one to write.
 */
#include "http/date.h"

#include <string.h>
#include <time.h>

#include "base/attr.h"

struct date {
	int year, month, day, hour, minute, second; /* month from 0 */
};

/* Each take_ function cuts what it wants off the front, or returns false. */

static bool
take(struct str *s, struct str what)
{
	if (!str_starts(*s, what))
		return false;
	*s = str_from(*s, what.len);
	return true;
}

static bool
take_digits(struct str *s, int n, int *value)
{
	*value = 0;
	for (; n > 0; n--) {
		if (s->len == 0 || s->p[0] < '0' || s->p[0] > '9')
			return false;
		*value = 10 * *value + (s->p[0] - '0');
		*s = str_from(*s, 1);
	}
	return true;
}

/* names: each of three letters. */
static bool
take_name(struct str *s, const char *names, int *index)
{
	int i;

	for (i = 0; names[3 * i] != '\0'; i++)
		if (take(s, (struct str){ names + 3 * i, 3 })) {
			*index = i;
			return true;
		}
	return false;
}

static bool
take_month(struct str *s, int *month)
{
	return take_name(s, "JanFebMarAprMayJunJulAugSepOctNovDec", month);
}

static bool
take_short_day(struct str *s)
{
	int day;

	return take_name(s, "SunMonTueWedThuFriSat", &day);
}

static bool
take_long_day(struct str *s)
{
	static const struct str days[] = { STR("Sunday"), STR("Monday"), STR("Tuesday"),
		STR("Wednesday"), STR("Thursday"), STR("Friday"), STR("Saturday") };
	size_t i;

	for (i = 0; i < NELEM(days); i++)
		if (take(s, days[i]))
			return true;
	return false;
}

static bool
take_time(struct str *s, struct date *d)
{
	return take_digits(s, 2, &d->hour) && take(s, STR(":")) &&
	       take_digits(s, 2, &d->minute) && take(s, STR(":")) &&
	       take_digits(s, 2, &d->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool
parse_imf(struct str s, struct date *d)
{
	return take_short_day(&s) && take(&s, STR(", ")) &&
	       take_digits(&s, 2, &d->day) && take(&s, STR(" ")) &&
	       take_month(&s, &d->month) && take(&s, STR(" ")) &&
	       take_digits(&s, 4, &d->year) && take(&s, STR(" ")) && take_time(&s, d) &&
	       str_eq(s, STR(" GMT"));
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool
parse_rfc850(struct str s, struct date *d)
{
	return take_long_day(&s) && take(&s, STR(", ")) &&
	       take_digits(&s, 2, &d->day) && take(&s, STR("-")) &&
	       take_month(&s, &d->month) && take(&s, STR("-")) &&
	       take_digits(&s, 2, &d->year) && take(&s, STR(" ")) && take_time(&s, d) &&
	       str_eq(s, STR(" GMT"));
}

/* Sun Nov  6 08:49:37 1994 */
static bool
parse_asctime(struct str s, struct date *d)
{
	return take_short_day(&s) && take(&s, STR(" ")) && take_month(&s, &d->month) &&
	       take(&s, STR(" ")) &&
	       (take(&s, STR(" ")) ? take_digits(&s, 1, &d->day)
				   : take_digits(&s, 2, &d->day)) &&
	       take(&s, STR(" ")) && take_time(&s, d) && take(&s, STR(" ")) &&
	       take_digits(&s, 4, &d->year) && s.len == 0;
}

static bool
leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1 January 1970 to 1 January of a year from 0 on. */
static int64_t
days_before_year(int year)
{
	/* Of the years before it, from year 1 on; year 0 is a leap year of its own. */
	int64_t y = year - 1;

	if (year == 0)
		return -719528;
	return 365 * y + y / 4 - y / 100 + y / 400 - 719162;
}

/* A second of 60 is a leap second, and the second after it too. */
static bool
to_unix(const struct date *d, int64_t *out)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304,
		334, 365 };
	int february = d->month == 1 && leap(d->year);
	int64_t days = days_before_year(d->year) + before[d->month] + d->day - 1;

	if (d->day < 1 || d->day > before[d->month + 1] - before[d->month] + february ||
	    d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	if (d->month > 1 && leap(d->year))
		days++;
	*out = ((days * 24 + d->hour) * 60 + d->minute) * 60 + d->second;
	return true;
}

/* A year has 31,556,952 seconds on average. */
static int
full_year(int two_digits, int64_t now)
{
	int this_year = (int)(1970 + now / 31556952);
	int year = this_year / 100 * 100 + 100 + two_digits;

	while (year > this_year + 50)
		year -= 100;
	return year;
}

bool
http_date_parse(struct str s, int64_t now, int64_t *out)
{
	struct date d;

	if (parse_rfc850(s, &d))
		d.year = full_year(d.year, now);
	else if (!parse_imf(s, &d) && !parse_asctime(s, &d))
		return false;
	return to_unix(&d, out);
}

static void
put_digits(char *end, int n, int digits)
{
	for (; digits > 0; digits--, n /= 10)
		*--end = (char)('0' + n % 10);
}

/* Not strftime(): the names of days and months must not follow the locale. */
void
http_date(int64_t unix_seconds, char out[HTTP_DATE_SIZE])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	memcpy(out, "ddd, dd mmm yyyy hh:mm:ss GMT", HTTP_DATE_SIZE);
	memcpy(out, days + 3 * tm.tm_wday, 3);
	memcpy(out + 8, months + 3 * tm.tm_mon, 3);
	put_digits(out + 7, tm.tm_mday, 2);
	put_digits(out + 16, tm.tm_year + 1900, 4);
	put_digits(out + 19, tm.tm_hour, 2);
	put_digits(out + 22, tm.tm_min, 2);
	put_digits(out + 25, tm.tm_sec, 2);
}
