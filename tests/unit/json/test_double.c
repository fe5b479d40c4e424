/* Numbers: shortest printing and decimal rounding, against printf() and strtod(). */
#include "fixture/json_vectors.h"

#include <math.h>
#include <string.h>

#include "json/walk.h"
#include "json/write.h"
#include "python/rounding.h"
#include "unit.h"

#define RANDOM_DOUBLES 2000000
#define RANDOM_ROUNDINGS 300000

static struct buf out;

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static double
from_bits(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static const char *
printed(double x)
{
	buf_reset(&out);
	json_put_double(&out, x);
	buf_putc(&out, '\0');
	return out.data;
}

TEST(test_double_format)
{
	static const struct {
		double x;
		const char *text;
	} cases[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ 5, "5.0" },
		{ 100, "100.0" },
		{ -12.5, "-12.5" },
		{ 0.1, "0.1" },
		{ 0.0001, "0.0001" },
		{ 0.00012345, "0.00012345" },
		{ 1e-05, "1e-05" },
		{ 0.000012345, "1.2345e-05" },
		{ 98.21430000000001, "98.21430000000001" },
		{ 100.00019999999999, "100.00019999999999" },
		{ 2.8496420047732696, "2.8496420047732696" },
		{ 0.30000000000000004, "0.30000000000000004" },
		{ 99999999999.9999, "99999999999.9999" },
		{ 100000000000.5, "100000000000.5" },
		{ 1e15, "1000000000000000.0" },
		{ 9999999999999998, "9999999999999998.0" },
		{ 1e16, "1e+16" },
		{ 12345678901234567890.0, "1.2345678901234567e+19" },
		{ 1e22, "1e+22" },
		{ 1e23, "1e+23" },
		{ 9.5e22, "9.5e+22" },
		{ 9007199254740993.0, "9007199254740992.0" },
		{ 5e-324, "5e-324" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
		{ 2.225073858507201e-308, "2.225073858507201e-308" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 0x1p-1074 * 3, "1.5e-323" },
		{ 1e100, "1e+100" },
		{ 1e-100, "1e-100" },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		assert_string_equal(printed(cases[i].x), cases[i].text);
}

/* d[0, n) * 10^exponent, without zeros at either end. */
struct digits {
	char d[32];
	int n;
	int exponent;
};

static struct digits
digits_of(const char *text)
{
	struct digits r = { .n = 0 };
	bool point = false;

	for (; *text != '\0' && *text != 'e'; text++) {
		if (*text == '.') {
			point = true;
		} else if (*text != '-') {
			if (r.n > 0 || *text != '0')
				r.d[r.n++] = *text;
			r.exponent -= point;
		}
	}
	if (*text == 'e')
		r.exponent += (int)strtol(text + 1, NULL, 10);
	for (; r.n > 0 && r.d[r.n - 1] == '0'; r.n--)
		r.exponent++;
	return r;
}

static double
value_of(const struct digits *r)
{
	char text[64];
	int e = r->exponent < 0 ? -r->exponent : r->exponent;

	memcpy(text, r->d, (size_t)r->n);
	text[r->n] = 'e';
	text[r->n + 1] = r->exponent < 0 ? '-' : '+';
	text[r->n + 2] = (char)('0' + e / 100);
	text[r->n + 3] = (char)('0' + e / 10 % 10);
	text[r->n + 4] = (char)('0' + e % 10);
	text[r->n + 5] = '\0';
	return strtod(text, NULL);
}

/* The two decimals around r that have a digit less. */
static struct digits
shorter(struct digits r, bool up)
{
	r.n--;
	r.exponent++;
	if (up) {
		while (r.n > 0 && r.d[r.n - 1] == '9') {
			r.n--;
			r.exponent++;
		}
		if (r.n == 0)
			r.d[r.n++] = '0';
		r.d[r.n - 1]++;
	}
	return r;
}

/*
 * x > 0: its text reads back as x, no decimal with a digit less does, and of those with
 * as many digits none is nearer. Only the two around x can be shorter and read back: if
 * another one did, so would one of these, which are nearer. The nearest one of that
 * length is printf's, unless that does not read back (above a power of two).
 */
static void
assert_shortest(double x)
{
	const char *text = printed(x);
	struct digits r = digits_of(text), down = shorter(r, false),
		      up = shorter(r, true);

	if (strtod(text, NULL) != x)
		fail_msg("%a is printed as %s", x, text);
	if ((down.n > 0 && value_of(&down) == x) || value_of(&up) == x)
		fail_msg("%a has a shorter form than %s", x, text);
}

/* And of the decimals with as many digits none is nearer. That one is printf's, unless
 * it does not read back (the lower neighbour of a power of two is nearer). */
static void
assert_shortest_and_nearest(double x)
{
	const char *text = printed(x);
	struct digits r = digits_of(text), other;
	char nearest[64];

	assert_shortest(x);
	snprintf(nearest, sizeof(nearest), "%.*e", r.n - 1, x);
	other = digits_of(nearest);
	if ((other.n != r.n || memcmp(other.d, r.d, (size_t)r.n) != 0) &&
	    strtod(nearest, NULL) == x)
		fail_msg("%a is nearer to %s than to %s", x, nearest, text);
}

/* So many random numbers; HYDRATORD_TEST_NUMBERS times as many in a run by hand. */
static uint64_t
repeated(uint64_t n)
{
	const char *times = getenv("HYDRATORD_TEST_NUMBERS");

	return times == NULL ? n : n * strtoull(times, NULL, 10);
}

TEST(test_double_random)
{
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15), n = repeated(RANDOM_DOUBLES);
	double x;

	for (; n > 0; n--) {
		x = fabs(from_bits(next_random(&seed)));
		if (!isfinite(x) || x == 0)
			continue;
		if (n % 4 == 0) /* printf() is what takes the time */
			assert_shortest_and_nearest(x);
		else
			assert_shortest(x);
	}
}

/* Powers of two (whose lower neighbour is nearer) and of ten, and their neighbours;
 * the smallest numbers; every number of hundredths. */
TEST(test_double_edges)
{
	int i, j;
	double x;

	for (i = -1074; i < 1024; i++)
		for (j = -2; j <= 2; j++) {
			uint64_t bits;

			x = ldexp(1, i);
			memcpy(&bits, &x, sizeof(bits));
			x = from_bits(bits + (uint64_t)j);
			if (isfinite(x) && x > 0)
				assert_shortest_and_nearest(x);
		}
	for (i = -323; i < 309; i++) {
		x = value_of(&(struct digits){ "1", 1, i });
		assert_shortest_and_nearest(x);
		assert_shortest_and_nearest(nextafter(x, 0) > 0 ? nextafter(x, 0) : x);
		assert_shortest_and_nearest(nextafter(x, 1e300));
	}
	for (i = 1; i < 20000; i++) {
		assert_shortest_and_nearest(from_bits((uint64_t)i));
		assert_shortest_and_nearest(i / 100.0);
	}
}

static double
round_by_text(double x, int digits)
{
	char text[512];

	snprintf(text, sizeof(text), "%.*f", digits, x);
	return strtod(text, NULL);
}

static void
assert_round(double x, int digits)
{
	double got = python_round(x, digits), wanted = round_by_text(x, digits);

	if (memcmp(&got, &wanted, sizeof(got)) != 0)
		fail_msg("round(%.17g, %d): %.17g, not %.17g", x, digits, got, wanted);
}

TEST(test_round)
{
	static const double cases[][3] = { { 2.675, 2, 2.67 }, { 0.125, 2, 0.12 },
		{ 0.375, 2, 0.38 }, { 0.005, 2, 0.01 }, { 0.045, 2, 0.04 },
		{ 1e16, 2, 1e16 }, { 1.00005, 4, 1.0001 }, { 0.00005, 4, 0.0001 },
		{ 0.03125, 4, 0.0312 }, { 0.09375, 4, 0.0938 }, { 100, 4, 100 } };
	uint64_t seed = 88172645463325252, bits, n = repeated(RANDOM_ROUNDINGS);
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		assert_true(python_round(cases[i][0], (int)cases[i][1]) == cases[i][2]);
	assert_true(signbit(python_round(-0.001, 2)));
	assert_true(signbit(python_round(-0.0, 4)));
	for (i = 0; i < n; i++) {
		int digits = i & 1 ? 2 : 4;

		bits = next_random(&seed);
		/* a percentage; a decimal that looks like a tie; a binary tie; a number
		 * near the limits of the short cut */
		assert_round((double)(bits >> 11) * 0x1p-53 * 100, digits);
		assert_round(
		    (double)(bits % 20000000) / (digits == 2 ? 1e3 : 1e5), digits);
		assert_round(
		    (double)(bits % 1000000000) / (double)(1 << (bits >> 60)), digits);
		if (i % 8 == 0)
			assert_round(
			    ldexp((double)(bits >> 11), -(int)(i / 8 % 20)), digits);
	}
}

TEST(test_round_vectors)
{
	struct buf text = { 0 };
	struct json_value all = vectors_load("rounding.json", &text), v, x, digits,
			  wanted;
	struct json_walk w = json_walk(&all);
	size_t n = 0;

	while (json_element(&w, &v)) {
		int64_t places;
		double got;

		x = vectors_get(&v, "x");
		digits = vectors_get(&v, "digits");
		wanted = vectors_get(&v, "result");
		assert_true(json_int64(&digits, &places));
		/* They stand in strings, as repr gave them: strtod() stops at the
		 * quote. */
		got = python_round(strtod(x.p + 1, NULL), (int)places);
		printed(got);
		assert_int_equal(out.len - 1, wanted.len - 2);
		assert_memory_equal(out.data, wanted.p + 1, wanted.len - 2);
		n++;
	}
	assert_int_equal(n, 200);
	buf_free(&text);
}

static int
release(void **state UNUSED)
{
	buf_free(&out);
	return 0;
}

UNIT_FIXTURE(.group_teardown = release);
