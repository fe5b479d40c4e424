/*
 * Shortest digits by the method of R. Giulietti, "The Schubfach way to render doubles"
 * (2020). A double x = c * 2^q owns the interval of the reals that round to it. Scale
 * by the 10^-k with which that interval is at least 1 and less than 10 wide: then one
 * of the two integers around x * 10^-k lies in it, and at most one multiple of ten,
 * which is shorter. All comparisons are made on four times the scaled numbers, rounded
 * to odd: truncated, with the lowest bit set if anything was cut off, which keeps every
 * comparison with an even integer true. 128 bits of the power of ten are enough for
 * that (section 9 of the paper).
 */
#include "json/double_digits.h"

#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1075 /* of c * 2^q with an integer c */
#define POWER_MIN (-292)
#define POWER_MAX 324
#define POWER_EXACT 55 /* the last power of five below 2^128 */
#define BIG_WORDS 14   /* 2^832 and 5^324 */

/* The upper 128 bits of 10^e, rounded up; the highest bit is set. */
struct power {
	uint64_t high;
	uint64_t low;
};

static struct power powers[POWER_MAX - POWER_MIN + 1];

/* w[n - 1] is the highest word and not 0; words below w[0] count as 0. */
static struct power
top_bits(const uint64_t *w, int n)
{
	uint64_t a = w[n - 1], b = n > 1 ? w[n - 2] : 0, c = n > 2 ? w[n - 3] : 0;
	int shift = __builtin_clzll(a);

	if (shift == 0)
		return (struct power){ a, b };
	return (struct power){ a << shift | b >> (64 - shift),
		b << shift | c >> (64 - shift) };
}

static struct power
round_up(struct power p)
{
	p.low++;
	p.high += p.low == 0;
	return p;
}

/* 10^e and 5^e have the same leading bits. */
static void
fill_positive_powers(void)
{
	uint64_t w[BIG_WORDS] = { 1 };
	int e, i, n = 1;

	for (e = 0; e <= POWER_MAX; e++) {
		uint64_t carry = 0;

		powers[e - POWER_MIN] =
		    e <= POWER_EXACT ? top_bits(w, n) : round_up(top_bits(w, n));
		for (i = 0; i < n; i++) {
			uint128 product = (uint128)w[i] * 5 + carry;

			w[i] = (uint64_t)product;
			carry = (uint64_t)(product >> 64);
		}
		if (carry != 0)
			w[n++] = carry;
	}
}

/* Dividing 2^832 by five again and again: the quotient is cut each time, but that is
 * the same as cutting once, and it keeps more than 128 bits to the end. */
static void
fill_negative_powers(void)
{
	uint64_t w[BIG_WORDS] = { 0 };
	int e, i, n = BIG_WORDS;

	w[n - 1] = 1;
	for (e = -1; e >= POWER_MIN; e--) {
		uint64_t rest = 0;

		for (i = n - 1; i >= 0; i--) {
			uint128 part = (uint128)rest << 64 | w[i];

			w[i] = (uint64_t)(part / 5);
			rest = (uint64_t)(part % 5);
		}
		while (w[n - 1] == 0)
			n--;
		powers[e - POWER_MIN] = round_up(top_bits(w, n));
	}
}

/* The three logarithms are exact for every exponent of a double. */
static int
floor_log10_pow2(int q)
{
	return (q * 1262611) >> 22;
}

static int
floor_log10_three_quarters_pow2(int q)
{
	return (q * 1262611 - 524031) >> 22;
}

static int
floor_log2_pow10(int e)
{
	return (e * 1741647) >> 19;
}

/* p * n / 2^128, rounded to odd. p may be too large by 1, which the low half of the sum
 * shows as 1 at most where the true product is an integer. */
static uint64_t
scale(struct power p, uint64_t n)
{
	uint128 sum = (uint128)p.high * n + (uint64_t)((uint128)p.low * n >> 64);

	return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

struct interval {
	uint64_t low, middle, high; /* four times; the ends belong to it */
};

static struct double_digits
choose(struct interval v, int k)
{
	uint64_t s = v.middle / 4, t = s / 10;
	bool down, up;

	if (t > 0) {
		down = v.low <= 40 * t;
		up = 40 * t + 40 <= v.high;
		if (down != up)
			return (struct double_digits){ t + up, k + 1 };
	}
	down = v.low <= 4 * s;
	up = 4 * s + 4 <= v.high;
	if (down == up)
		up = v.middle > 4 * s + 2 || (v.middle == 4 * s + 2 && s % 2 == 1);
	return (struct double_digits){ s + up, k };
}

struct double_digits
double_digits(double x)
{
	struct interval v;
	struct power p;
	uint64_t bits, c;
	int q, k, h;
	bool narrow, odd;

	if (powers[0].high == 0) {
		fill_positive_powers();
		fill_negative_powers();
	}
	memcpy(&bits, &x, sizeof(bits));
	c = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
	q = (int)(bits >> MANTISSA_BITS);
	/* Below a power of two the neighbour is half as far. */
	narrow = c == 0 && q > 1;
	if (q == 0)
		q = 1;
	else
		c |= UINT64_C(1) << MANTISSA_BITS;
	q -= EXPONENT_BIAS;
	odd = c % 2 == 1;
	k = narrow ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
	h = q + floor_log2_pow10(-k) + 1;
	p = powers[-k - POWER_MIN];
	/* A tie goes to the even neighbour, so the ends of an odd c are not its own. */
	v.low = scale(p, (4 * c - 2 + narrow) << h) + odd;
	v.middle = scale(p, (4 * c) << h);
	v.high = scale(p, (4 * c + 2) << h) - odd;
	return choose(v, k);
}
