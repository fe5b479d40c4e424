/* Printing JSON strings and integers; decimal rounding; compensated sums. */
#include "json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "decimal.h"
#include "json_bytes.h"

/* How many bytes of s need no escape. */
static size_t
plain_length(struct str s)
{
	const char *p = s.p, *end = s.p + s.len;
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		w = bytes_load(p);
		marks =
		    bytes_equal(w, '"') | bytes_equal(w, '\\') | bytes_below(w, 0x20);
		if (marks != 0)
			return (size_t)(p + bytes_first(marks) - s.p);
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return (size_t)(p - s.p);
}

static void
put_escape(struct buf *b, char c)
{
	static const char names[] = "btn?fr"; /* from U+0008 on */

	if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", c);
	else if (c >= '\b' && c <= '\r' && c != '\v')
		buf_printf(b, "\\%c", names[c - '\b']);
	else
		buf_printf(b, "\\u%04x", (unsigned)c);
}

void
json_put_string(struct buf *b, struct str s)
{
	size_t n;

	buf_putc(b, '"');
	while (s.len > 0) {
		n = plain_length(s);
		buf_add(b, s.p, n);
		s = str_from(s, n);
		if (s.len > 0) {
			put_escape(b, *s.p);
			s = str_from(s, 1);
		}
	}
	buf_putc(b, '"');
}

void
json_put_int(struct buf *b, int64_t n)
{
	char text[DECIMAL_MAX + 1], *end = text + sizeof(text), *p;

	p = decimal_before(end, n < 0 ? -(uint64_t)n : (uint64_t)n);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
}

void
json_put_bool(struct buf *b, bool v)
{
	buf_puts(b, v ? "true" : "false");
}

static double
round_slowly(double x, int digits)
{
	char text[512]; /* DBL_MAX has 309 digits before the point */

	snprintf(text, sizeof(text), "%.*f", digits, x);
	return strtod(text, NULL);
}

/*
 * x * 10^n is p + e exactly, p being the rounded product and e = fma(x, 10^n, -p),
 * which is at most half a unit in p's last place. While p is below 2^52 that unit
 * divides one half, so e decides only where p alone would be a tie. The result is an
 * integer below 2^53 divided by a power of ten that is a double: one rounding, the one
 * that strtod() would make.
 */
double
json_round(double x, int digits)
{
	double scale = digits == 2 ? 1e2 : 1e4, a = fabs(x), p = a * scale, whole, over,
	       e;

	if (!(p < 0x1p52))
		return x == trunc(x) ? x : round_slowly(x, digits);
	whole = trunc(p);
	over = p - whole - 0.5;
	if (over > 0) {
		whole += 1;
	} else if (over == 0) {
		e = fma(a, scale, -p);
		if (e > 0 || (e == 0 && (uint64_t)whole % 2 == 1))
			whole += 1;
	}
	return copysign(whole / scale, x);
}

void
json_sum_add(struct json_sum *s, double x)
{
	double t;

	if (!s->started) {
		/* Python begins with the integer 0, which turns -0.0 into 0.0. */
		s->sum = 0.0 + x;
		s->started = 1;
		return;
	}
	t = s->sum + x;
	if (fabs(s->sum) >= fabs(x))
		s->compensation += (s->sum - t) + x;
	else
		s->compensation += (x - t) + s->sum;
	s->sum = t;
}

double
json_sum_get(const struct json_sum *s)
{
	return s->compensation != 0 && isfinite(s->compensation)
		   ? s->sum + s->compensation
		   : s->sum;
}
