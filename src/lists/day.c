/* Years are counted from March on, so that a leap day is the last of its year. */
#include "lists/day.h"

#define DAYS_TO_1970 719468 /* from the first of March of the year 0 */
#define DAYS_OF_400_YEARS 146097

static void
day_put_digits(char *at, unsigned digits, unsigned n)
{
	while (digits-- > 0) {
		at[digits] = (char)('0' + n % 10);
		n /= 10;
	}
}

void
day_put(struct buf *b, int64_t at)
{
	unsigned days = (unsigned)(at / DAY_SECONDS) + DAYS_TO_1970;
	unsigned rest = days % DAYS_OF_400_YEARS;
	/* But for leap days the rest would be 365 days a year. */
	unsigned year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	unsigned of_year = rest - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* 5 months have 153 days */
	char text[] = "0000-00-00";

	day_put_digits(text, 4, days / DAYS_OF_400_YEARS * 400 + year + (month >= 10));
	day_put_digits(text + 5, 2, month < 10 ? month + 3 : month - 9);
	day_put_digits(text + 8, 2, of_year - (153 * month + 2) / 5 + 1);
	buf_add(b, text, sizeof(text) - 1);
}
