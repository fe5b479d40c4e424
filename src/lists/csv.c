/* A cell that needs no quotes has none, so that lines stay readable. */
#include "lists/csv.h"

#include <math.h>
#include <string.h>

#include "json/write.h"
#include "lists/day.h"

/* East Asian spreadsheets take the wide forms of the four for the same. */
static bool
csv_is_wide_sign(struct str s)
{
	return s.len >= 3 && memcmp(s.p, "\xef\xbc", 2) == 0 &&
	       memchr("\x8b\x8d\x9d\xa0", s.p[2], 4) != NULL;
}

/* The apostrophe itself is one of them, so that whoever finds one takes one away. */
static bool
csv_is_formula(struct str s)
{
	while (s.len > 0 && s.p[0] == ' ')
		s = (struct str){ s.p + 1, s.len - 1 };
	return (s.len > 0 && memchr("=+-@\t\r\n'", s.p[0], 8) != NULL) ||
	       csv_is_wide_sign(s);
}

static bool
csv_needs_quotes(struct str s)
{
	size_t i;

	if (s.len > 0 && (s.p[0] == ' ' || s.p[s.len - 1] == ' '))
		return true;
	for (i = 0; i < s.len; i++)
		if (memchr(",;\"\t\r\n", s.p[i], 6) != NULL)
			return true;
	return false;
}

void
csv_put_text(struct buf *b, struct str s)
{
	bool formula = csv_is_formula(s);
	size_t i;

	if (!csv_needs_quotes(s)) {
		if (formula)
			buf_putc(b, '\'');
		buf_add(b, s.p, s.len);
		return;
	}
	buf_puts(b, formula ? "\"'" : "\"");
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

void
csv_put_int(struct buf *b, int64_t n)
{
	json_put_int(b, n);
}

void
csv_put_double(struct buf *b, double d)
{
	if (isfinite(d))
		json_put_double(b, d);
}

void
csv_put_bool(struct buf *b, bool is)
{
	json_put_bool(b, is);
}

static void
csv_put_two_digits(struct buf *b, int64_t n)
{
	buf_add(b, (char[]){ (char)('0' + n / 10), (char)('0' + n % 10) }, 2);
}

void
csv_put_time(struct buf *b, int64_t at)
{
	int64_t second = at % DAY_SECONDS;

	if (at == 0)
		return;
	day_put(b, at);
	buf_putc(b, 'T');
	csv_put_two_digits(b, second / 3600);
	buf_putc(b, ':');
	csv_put_two_digits(b, second / 60 % 60);
	buf_putc(b, ':');
	csv_put_two_digits(b, second % 60);
	buf_putc(b, 'Z');
}
