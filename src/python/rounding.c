/* Decimal rounding of binary values without printing them; compensated sums. */
#include "python/rounding.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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
python_round(double x, int digits)
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
float_sum_add(struct float_sum *s, double x)
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
float_sum_get(const struct float_sum *s)
{
	return s->compensation != 0 && isfinite(s->compensation)
		   ? s->sum + s->compensation
		   : s->sum;
}
