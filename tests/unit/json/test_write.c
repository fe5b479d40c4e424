/* Printing: sums, strings, integers, Python's str() and truth. */
#include <math.h>
#include <string.h>

#include "json/write.h"
#include "python/repr.h"
#include "python/rounding.h"
#include "unit.h"

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
static const char *const python_strings[][2] = {
	{ "1", "1" },
	{ "-0", "0" },
	{ "100000000000000000000", "100000000000000000000" },
	{ "1.0", "1.0" },
	{ "1e400", "inf" },
	{ "-Infinity", "-inf" },
	{ "NaN", "nan" },
	{ "-0.0", "-0.0" },
	{ "1E16", "1e+16" },
	{ "true", "True" },
	{ "false", "False" },
	{ "null", "None" },
	{ "\"it's \\\"\\n\\\\\"", "it's \"\n\\" },
	{ "[]", "[]" },
	{ "{ }", "{}" },
	{ "[\"a\"]", "['a']" },
	{ "{\"a\" : 1}", "{'a': 1}" },
	{ "[1, [2.50,{\"k\":null}] ,true]", "[1, [2.5, {'k': None}], True]" },
	{ "[\"it's\"]", "[\"it's\"]" },
	{ "[\"it's \\\"so\\\"\"]", "['it\\'s \"so\"']" },
	{ "[\"\\\"\"]", "['\"']" },
	{ "[\"a\\n\\t\\r\\\\\\b\\u007f\"]", "['a\\n\\t\\r\\\\\\x08\\x7f']" },
	{ "[\"\\u00e9\\u00a0\\u00ad\\u2603\"]", "['\u00e9\\xa0\\xad\u2603']" },
	{ "[\"\\u200b\\u2028\\ufeff\\u0378 \\u3000\"]",
	    "['\\u200b\\u2028\\ufeff\\u0378 \\u3000']" },
	{ "[\"\\ud800\\udfff\\ud83d\\ude00\"]", "['\\U000103ff\U0001f600']" },
	{ "[\"\\udc00\\ud800\"]", "['\\udc00\\ud800']" },
	{ "[\"\\udb40\\udc01\\udbff\\udfff\"]", "['\\U000e0001\\U0010ffff']" },
	/* of Unicode 15: a heart, an ideograph of 15.1, a format control */
	{ "[\"\\ud83e\\ude77\\ud87a\\udff0\\ud80d\\udc39\"]",
	    "['\U0001fa77\U0002ebf0\\U00013439']" },
	{ "{\"a\":1,\"b\":2,\"a\":3}", "{'a': 3, 'b': 2}" },
	{ "{\"a\":1,\"\\u0061\":[2],\"b\":0,\"a\":{}}", "{'a': {}, 'b': 0}" },
	{ "{\"b\":1,\"\":2,\"a\":3,\"ab\":4}", "{'b': 1, '': 2, 'a': 3, 'ab': 4}" },
};

TEST(test_python_str)
{
	struct arena *arena = arena_new();
	struct json_value v;
	size_t i;

	buf_reset(&out);
	for (i = 0; i < NELEM(python_strings); i++) {
		v = parse(python_strings[i][0]);
		repr_put_str(&out, &v, arena);
		buf_putc(&out, '\0');
		assert_string_equal(out.data, python_strings[i][1]);
		buf_reset(&out);
	}
	arena_free(&arena);
}

TEST(test_truthy)
{
	static const char *const no[] = { "null", "false", "0", "-0", "0.0", "-0.0e5",
		"1e-400", "\"\"", "[ ]", "{ }" };
	static const char *const yes[] = { "true", "1", "-1", "0.1", "NaN", "Infinity",
		"1e400", "100000000000000000000", "\" \"", "[0]", "[[]]", "{\"\":0}",
		"\"false\"" };
	struct json_value v = { .type = JSON_T_NONE };
	size_t i;

	assert_false(repr_truthy(&v));
	for (i = 0; i < NELEM(no); i++) {
		v = parse(no[i]);
		assert_false(repr_truthy(&v));
	}
	for (i = 0; i < NELEM(yes); i++) {
		v = parse(yes[i]);
		assert_true(repr_truthy(&v));
	}
}

static int
release(void **state UNUSED)
{
	buf_free(&out);
	return 0;
}

UNIT_FIXTURE(.group_teardown = release);
