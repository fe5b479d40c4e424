/* Printing doubles as Python's repr does (doc/reference.md 1.4). */
#include "json/write.h"

#include <math.h>
#include <string.h>

#include "json/decimal.h"
#include "json/double_digits.h"

#define FIXED_MIN (-3) /* where the point may stand, counted from the first digit: */
#define FIXED_MAX 16   /* outside of this the form with an exponent is taken */
#define TEXT_MAX 32

static char *
put_zeros(char *to, int n)
{
	memset(to, '0', (size_t)n);
	return to + n;
}

static char *
put_text(char *to, const char *s, int n)
{
	memcpy(to, s, (size_t)n);
	return to + n;
}

/* 0.d * 10^point without an exponent; n digits. */
static char *
put_fixed(char *to, const char *d, int n, int point)
{
	if (point <= 0) {
		to = put_text(to, "0.", 2);
		to = put_zeros(to, -point);
		return put_text(to, d, n);
	}
	if (point >= n) {
		to = put_text(to, d, n);
		to = put_zeros(to, point - n);
		return put_text(to, ".0", 2);
	}
	to = put_text(to, d, point);
	*to++ = '.';
	return put_text(to, d + point, n - point);
}

static char *
put_exponent(char *to, const char *d, int n, int point)
{
	char text[DECIMAL_MAX], *end = text + sizeof(text), *p;
	int exponent = point - 1;

	*to++ = *d;
	if (n > 1) {
		*to++ = '.';
		to = put_text(to, d + 1, n - 1);
	}
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	p = decimal_before(end, (uint64_t)(exponent < 0 ? -exponent : exponent));
	if (end - p < 2)
		*--p = '0';
	return put_text(to, p, (int)(end - p));
}

static char *
put_shortest(char *to, double x)
{
	struct double_digits r = double_digits(x);
	char text[DECIMAL_MAX], *end = text + sizeof(text), *d;
	int n, point;

	d = decimal_before(end, r.digits);
	point = (int)(end - d) + r.exponent;
	while (end[-1] == '0')
		end--;
	n = (int)(end - d);
	if (point < FIXED_MIN || point > FIXED_MAX)
		return put_exponent(to, d, n, point);
	return put_fixed(to, d, n, point);
}

/*
 * The short cut for what most numbers here are: at most four decimals and 15 digits. If
 * m / 10^4 is x after the one rounding of the division, then the decimal m * 10^-4
 * reads back as x; and since no two decimals of 15 digits share a double (DBL_DIG), no
 * other one does: it is the shortest. NULL if x is not such a number.
 */
static char *
put_few_decimals(char *to, double x)
{
	char text[DECIMAL_MAX], *end = text + sizeof(text), *p;
	uint64_t m;

	if (!(x < 1e11))
		return NULL;
	m = (uint64_t)(x * 1e4 + 0.5);
	if ((double)m / 1e4 != x)
		return NULL;
	p = decimal_before(end, m / 10000);
	to = put_text(to, p, (int)(end - p));
	decimal_before(end, 10000 + m % 10000); /* the 1 keeps the zeros after it */
	while (end[-1] == '0' && end - text > DECIMAL_MAX - 3)
		end--;
	*to++ = '.';
	p = text + DECIMAL_MAX - 4;
	return put_text(to, p, (int)(end - p));
}

void
json_put_double(struct buf *b, double x)
{
	char *start = buf_reserve(b, TEXT_MAX), *to = start, *end;

	if (signbit(x))
		*to++ = '-';
	x = fabs(x);
	end = put_few_decimals(to, x);
	if (end == NULL)
		end = put_shortest(to, x);
	b->len += (size_t)(end - start);
}
