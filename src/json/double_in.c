/* Reading decimal text as a double: an exact short cut, else strtod(3). */
#include "json/double_in.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define EXACT_MANTISSA (UINT64_C(1) << 53)
#define EXACT_POWER 22 /* 10^22 is the last power of ten that is a double */
#define EXPONENT_LIMIT 10000

struct decimal {
	uint64_t mantissa; /* at most EXACT_MANTISSA */
	int exponent;      /* of ten */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to the mantissa's end; false if it has too many digits to be exact. */
static bool
read_mantissa(struct str *s, struct decimal *d)
{
	bool point = false;

	for (; s->len > 0; *s = str_from(*s, 1)) {
		if (*s->p == '.') {
			point = true;
			continue;
		}
		if (!is_digit(*s->p))
			break;
		d->mantissa = d->mantissa * 10 + (uint64_t)(*s->p - '0');
		d->exponent -= point;
		if (d->mantissa > EXACT_MANTISSA || d->exponent < -EXPONENT_LIMIT)
			return false;
	}
	return true;
}

/* The rest: nothing or an exponent; false for another text (NaN) or a huge one. */
static bool
read_exponent(struct str s, struct decimal *d)
{
	bool negative;
	int n = 0;

	if (s.len == 0)
		return true;
	if (s.len < 2 || (*s.p != 'e' && *s.p != 'E'))
		return false;
	negative = s.p[1] == '-';
	for (s = str_from(s, negative || s.p[1] == '+' ? 2 : 1); s.len > 0;
	     s = str_from(s, 1)) {
		n = n * 10 + (*s.p - '0');
		if (n > EXPONENT_LIMIT)
			return false;
	}
	d->exponent += negative ? -n : n;
	return true;
}

static double
read_slowly(struct str text)
{
	char small[128], *copy = small;
	double x;

	if (text.len >= sizeof(small))
		copy = xmalloc(text.len + 1);
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	x = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return x;
}

double
json_read_double(struct str text)
{
	static const double power[EXACT_POWER + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5,
		1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
		1e18, 1e19, 1e20, 1e21, 1e22 };
	bool negative = text.len > 0 && *text.p == '-';
	bool sign = negative || (text.len > 0 && *text.p == '+');
	struct str rest = str_from(text, sign);
	struct decimal d = { 0, 0 };
	double x;

	if (rest.len == 0 || (!is_digit(*rest.p) && *rest.p != '.') ||
	    !read_mantissa(&rest, &d) || !read_exponent(rest, &d) ||
	    d.exponent < -EXACT_POWER || d.exponent > EXACT_POWER)
		return read_slowly(text);
	/* Both operands are doubles exactly, so that this one rounding is the correct
	 * one (W. D. Clinger, "How to read floating point numbers accurately", 1990).
	 */
	x = (double)d.mantissa;
	x = d.exponent < 0 ? x / power[-d.exponent] : x * power[d.exponent];
	return negative ? -x : x;
}
