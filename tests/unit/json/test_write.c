/* Printing: sums, strings, integers, Python's str() and truth. */
#include <math.h>
#include <string.h>

#include "json/write.h"
#include "python/repr.h"
#include "python/rounding.h"
#include "fixture/cases.h"
#include "fixture/json_text.h"
#include "unit.h"

#define FILE_OF_CASES "json/write.json"

static struct buf out;

static double
sum_of(const double *x, size_t n)
{
	struct float_sum s = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		float_sum_add(&s, x[i]);
	return float_sum_get(&s);
}

TEST(test_sum)
{
	double tenths[10], sixths[6];
	static const double cancel[] = { 1e100, 1, -1e100 }, minus_zero[] = { -0.0 };
	static const double overflow[] = { 1e308, 1e308, -1e308 };
	size_t i;

	for (i = 0; i < 10; i++)
		tenths[i] = 0.1;
	for (i = 0; i < 6; i++)
		sixths[i] = 16.6667;
	assert_true(sum_of(tenths, 10) == 1.0);
	assert_true(sum_of(sixths, 6) == 100.00019999999999);
	assert_true(sum_of(cancel, 3) == 1.0);
	assert_true(sum_of(tenths, 1) == 0.1);
	assert_true(sum_of(NULL, 0) == 0.0);
	assert_false(signbit(sum_of(minus_zero, 1)));
	assert_true(isinf(sum_of(overflow, 3)));
}

static void
assert_out(const char *wanted, size_t len)
{
	assert_int_equal(out.len, len);
	assert_memory_equal(out.data, wanted, len);
	buf_reset(&out);
}

#define ASSERT_OUT(literal) assert_out((literal), sizeof(literal) - 1)

TEST(test_string)
{
	buf_reset(&out);
	json_put_string(&out, STR(""));
	ASSERT_OUT("\"\"");
	json_put_string(&out, STR("plain text of more than eight bytes"));
	ASSERT_OUT("\"plain text of more than eight bytes\"");
	json_put_string(&out, STR("a\"b\\c\nd\re\tf\bg\fh\v\x01\x1f\x00i"));
	ASSERT_OUT("\"a\\\"b\\\\c\\nd\\re\\tf\\bg\\fh\\u000b\\u0001\\u001f\\u0000i\"");
	json_put_string(&out, STR("/<\x7f\u2028\u00e9\U0001f600 and more"));
	ASSERT_OUT("\"/<\x7f\u2028\u00e9\U0001f600 and more\"");
	json_put_string(&out, STR("12345678\x1f"));
	ASSERT_OUT("\"12345678\\u001f\"");
}

TEST(test_int)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = { { 0, "0" }, { 7, "7" }, { 10, "10" }, { -1, "-1" },
		{ 100, "100" }, { 1234567, "1234567" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" } };
	size_t i;

	buf_reset(&out);
	for (i = 0; i < NELEM(cases); i++) {
		json_put_int(&out, cases[i].n);
		assert_out(cases[i].text, strlen(cases[i].text));
	}
	json_put_bool(&out, true);
	json_put_bool(&out, false);
	ASSERT_OUT("truefalse");
}

static struct json_value
parse(const char *text)
{
	struct json_value v;
	struct json_error err;

	if (json_scan(text, strlen(text), &v, &err) != 0)
		fail_msg("%s: %zu: %s", text, err.offset, err.text);
	return v;
}

/* Pairs of a document and what Python 3.13 prints for it. */
/* Pairs of a document, with ' for ", and what Python 3.13 prints for it: of blanks
 * between tokens, which files of cases do not keep. */
static const char *const python_strings[][2] = {
	{ "{ }", "{}" },
	{ "{'a' : 1}", "{'a': 1}" },
	{ "[1, [2.50,{'k':null}] ,true]", "[1, [2.5, {'k': None}], True]" },
};

static void
assert_python_str(const struct json_value *v, struct arena *arena, const char *wanted)
{
	buf_reset(&out);
	repr_put_str(&out, v, arena);
	assert_out(wanted, strlen(wanted));
}

TEST(test_python_str)
{
	struct arena *arena = arena_new();
	struct json_value v;
	struct cases c;
	size_t i;

	for (i = 0; i < NELEM(python_strings); i++) {
		v = parse(json_text_of("%s", python_strings[i][0]));
		assert_python_str(&v, arena, python_strings[i][1]);
	}
	for (cases_open(&c, FILE_OF_CASES, "python_str"); cases_next(&c);) {
		v = cases_member(&c, "value");
		assert_python_str(&v, arena, cases_text(&c, "prints"));
	}
	arena_free(&arena);
}

TEST(test_truthy)
{
	struct json_value v = { .type = JSON_T_NONE };
	struct cases c;

	assert_false(repr_truthy(&v));
	for (cases_open(&c, FILE_OF_CASES, "truthy"); cases_next(&c);) {
		v = cases_member(&c, "value");
		assert_int_equal(
		    repr_truthy(&v), cases_member(&c, "is").type == JSON_T_TRUE);
	}
	v = parse("[ ]");
	assert_false(repr_truthy(&v));
	v = parse("{ }");
	assert_false(repr_truthy(&v));
}

static int
release(void **state UNUSED)
{
	buf_free(&out);
	return 0;
}

UNIT_FIXTURE(.group_teardown = release);
