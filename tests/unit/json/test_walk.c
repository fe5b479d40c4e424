/* Reading JSON: the grammar, the walk, strings and numbers. */
#include <stdio.h>
#include <stdlib.h>

#include <math.h>
#include <string.h>
#include <time.h>

#include "json/walk.h"
#include "fixture/arena.h"
#include "fixture/json_text.h"
#include "unit.h"

static struct json_value
parse(struct str text)
{
	struct json_value v;
	struct json_error err;

	if (json_scan(text.p, text.len, &v, &err) != 0)
		fail_msg("%.*s: %zu: %s", (int)text.len, text.p, err.offset, err.text);
	return v;
}

static struct json_value
parse_text(const char *text)
{
	return parse((struct str){ text, strlen(text) });
}

TEST(test_accepted)
{
	static const struct {
		struct str text;
		enum json_type type;
		size_t from, to; /* of the value */
	} cases[] = {
		{ STR("null"), JSON_T_NULL, 0, 4 },
		{ STR(" \t\r\n true "), JSON_T_TRUE, 5, 9 },
		{ STR("false"), JSON_T_FALSE, 0, 5 },
		{ STR("0"), JSON_T_INTEGER, 0, 1 },
		{ STR("-0"), JSON_T_INTEGER, 0, 2 },
		{ STR("-12"), JSON_T_INTEGER, 0, 3 },
		{ STR("0.5"), JSON_T_REAL, 0, 3 },
		{ STR("1e5"), JSON_T_REAL, 0, 3 },
		{ STR("0E0"), JSON_T_REAL, 0, 3 },
		{ STR("-1.25e-300 "), JSON_T_REAL, 0, 10 },
		{ STR("NaN"), JSON_T_REAL, 0, 3 },
		{ STR("Infinity"), JSON_T_REAL, 0, 8 },
		{ STR("-Infinity"), JSON_T_REAL, 0, 9 },
		{ STR("123456789012345678901234567890"), JSON_T_INTEGER, 0, 30 },
		{ STR("\"\""), JSON_T_STRING, 0, 2 },
		{ STR("\"\\\"\""), JSON_T_STRING, 0, 4 },
		{ STR("\"\x7f\u00e9\u2028\U0001f600\""), JSON_T_STRING, 0, 12 },
		{ STR("\"\\u0000\\ud800\\uDfff\\udc00\""), JSON_T_STRING, 0, 26 },
		{ STR("[]"), JSON_T_ARRAY, 0, 2 },
		{ STR("[ ]"), JSON_T_ARRAY, 0, 3 },
		{ STR("{\n}\n"), JSON_T_OBJECT, 0, 3 },
		{ STR("[1 ,\"]\" , {\"}\":[ ]}]"), JSON_T_ARRAY, 0, 20 },
		{ STR("{\"a\":{\"a\":1},\"a\":[]}"), JSON_T_OBJECT, 0, 20 },
		{ STR("\xef\xbb\xbf{}"), JSON_T_OBJECT, 3, 5 },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		struct json_value v = parse(cases[i].text);

		assert_int_equal(v.type, cases[i].type);
		assert_int_equal(v.p - cases[i].text.p, cases[i].from);
		assert_int_equal(v.len, cases[i].to - cases[i].from);
	}
}

TEST(test_refused)
{
	static const struct {
		struct str text;
		size_t offset;
	} cases[] = {
		{ STR(""), 0 },
		{ STR("  "), 2 },
		{ STR("\xef\xbb\xbf"), 3 },
		{ STR("\xef\xbb\xbf\xef\xbb\xbf{}"), 3 },
		{ STR("{} {}"), 3 },
		{ STR("1 2"), 2 },
		{ STR("tru"), 0 },
		{ STR("True"), 0 },
		{ STR("nul l"), 0 },
		{ STR("nan"), 0 },
		{ STR("-NaN"), 1 },
		{ STR("+1"), 0 },
		{ STR("+Infinity"), 0 },
		{ STR("Infinit"), 0 },
		{ STR("01"), 1 },
		{ STR("-"), 1 },
		{ STR("-a"), 1 },
		{ STR("1."), 2 },
		{ STR(".5"), 0 },
		{ STR("1.e5"), 2 },
		{ STR("1e"), 2 },
		{ STR("1e+"), 3 },
		{ STR("0x1"), 1 },
		{ STR("\""), 1 },
		{ STR("\"abc"), 4 },
		{ STR("\"\\"), 2 },
		{ STR("\"\\\""), 3 },
		{ STR("\"\\x41\""), 1 },
		{ STR("\"\\'\""), 1 },
		{ STR("\"\\\0\""), 1 },
		{ STR("\"\\u12\""), 1 },
		{ STR("\"\\u12g4\""), 1 },
		{ STR("\"\\U0041\""), 1 },
		{ STR("\"a\nb\""), 2 },
		{ STR("\"\0\""), 1 },
		{ STR("\"12345678\x1f\""), 9 },
		{ STR("'a'"), 0 },
		{ STR("["), 1 },
		{ STR("[1"), 2 },
		{ STR("[1,]"), 3 },
		{ STR("[,1]"), 1 },
		{ STR("[1 2]"), 3 },
		{ STR("[1}"), 2 },
		{ STR("]"), 0 },
		{ STR("{"), 1 },
		{ STR("{\"a\""), 4 },
		{ STR("{\"a\" 1}"), 5 },
		{ STR("{\"a\":}"), 5 },
		{ STR("{\"a\":1,}"), 7 },
		{ STR("{\"a\":1]"), 6 },
		{ STR("{a:1}"), 1 },
		{ STR("{1:1}"), 1 },
		{ STR("{,}"), 1 },
		{ STR("[1]\0"), 3 },
		{ STR("\0[1]"), 0 },
		{ STR("[\v1]"), 1 },
		{ STR("[\u00a01]"), 1 },
		{ STR("// a\n1"), 0 },
		/* not UTF-8: stray, cut, overlong, surrogate, beyond U+10FFFF */
		{ STR("\"\x80\""), 1 },
		{ STR("\"abc\xff\""), 4 },
		{ STR("\"\xc3\""), 1 },
		{ STR("\"\xe2\x82"), 1 },
		{ STR("\"\xc0\xaf\""), 1 },
		{ STR("\"\xe0\x80\xaf\""), 1 },
		{ STR("\"\xed\xa0\x80\""), 1 },
		{ STR("\"\xf4\x90\x80\x80\""), 1 },
		{ STR("\"\xf8\x88\x80\x80\x80\""), 1 },
		{ STR("{\"\xff\":1}"), 2 },
	};
	struct json_value v;
	struct json_error err;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		if (json_scan(cases[i].text.p, cases[i].text.len, &v, &err) != -1)
			fail_msg("accepted: %s", cases[i].text.p);
		if (err.offset != cases[i].offset)
			fail_msg("%s: %zu: %s", cases[i].text.p, err.offset, err.text);
		assert_true(strlen(err.text) > 0);
	}
}

/* Every byte of a document may be the last that arrived. The text stands at the end of
 * its own allocation, so that a sanitizer sees one byte too many. */
TEST(test_cut)
{
	const char *text = json_text_of(
	    "{'a\\u00e9\\n':[1,-2.5e+3,true,null,'\u00e9\\ud83d\\ude00'],'b':{}}");
	struct json_value v;
	struct json_error err;
	size_t len = strlen(text), n;

	for (n = 0; n < len; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, text, n);
		assert_int_equal(json_scan(copy, n, &v, &err), -1);
		assert_true(err.offset <= n);
		free(copy);
	}
	parse_text(text);
}

TEST(test_depth)
{
	size_t deep = 100000, i;
	char *text = malloc(2 * deep);
	struct json_value v;
	struct json_error err;
	clock_t start;

	for (i = 0; i < JSON_DEPTH_MAX; i++) {
		text[i] = '[';
		text[2 * JSON_DEPTH_MAX - 1 - i] = ']';
	}
	v = parse((struct str){ text, 2 * (size_t)JSON_DEPTH_MAX });
	assert_int_equal(v.len, 2 * JSON_DEPTH_MAX);
	assert_int_equal(json_count(&v), 1);
	memset(text, '[', deep);
	memset(text + deep, ']', deep);
	start = clock();
	assert_int_equal(json_scan(text, 2 * deep, &v, &err), -1);
	assert_int_equal(err.offset, JSON_DEPTH_MAX);
	assert_true(clock() - start < CLOCKS_PER_SEC / 10);
	for (i = 0; i + 5 <= deep; i += 5)
		memcpy(text + i, "{\"\":[", 5);
	assert_int_equal(json_scan(text, deep, &v, &err), -1);
	assert_int_equal(err.offset, JSON_DEPTH_MAX / 2 * 5);
	free(text);
}

TEST(test_strings)
{
	static const struct {
		const char *json; /* with ' for " */
		struct str text;
	} cases[] = {
		{ "''", STR("") },
		{ "'plain \u00e9'", STR("plain \u00e9") },
		{ "'\\'\\\\\\/\\b\\f\\n\\r\\t'", STR("\"\\/\b\f\n\r\t") },
		{ "'a\\u0041b\\u00e9c\\u20acd'", STR("aAb\u00e9c\u20acd") },
		{ "'\\u0000x'", STR("\0x") },
		{ "'\\uD83D\\ude00'", STR("\U0001f600") },
		{ "'\\udbff\\udfff\\ud800\\udc00'", STR("\U0010ffff\U00010000") },
		/* lone surrogates stay, each in the form that UTF-8 forbids */
		{ "'\\ud800'", STR("\xed\xa0\x80") },
		{ "'\\udfff\\ud800x'", STR("\xed\xbf\xbf\xed\xa0\x80x") },
		{ "'\\ud83d\\ud83d\\ude00'", STR("\xed\xa0\xbd\U0001f600") },
		{ "'\\ud83d\\n\\ude00'", STR("\xed\xa0\xbd\n\xed\xb8\x80") },
		{ "'\\ud83d\\u0041'", STR("\xed\xa0\xbd"
					  "A") },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		struct json_value v = parse_text(json_text_of("%s", cases[i].json));
		struct str s = json_str(&v, fixture_arena);

		assert_int_equal(s.len, cases[i].text.len);
		assert_memory_equal(s.p, cases[i].text.p, s.len);
		assert_int_equal(v.escaped, strchr(cases[i].json, '\\') != NULL);
	}
}

TEST(test_int64)
{
	static const struct {
		const char *json;
		bool fits;
		int64_t n;
	} cases[] = { { "0", true, 0 }, { "-0", true, 0 }, { "12", true, 12 },
		{ "-12", true, -12 }, { "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "100000000000000000000000000", false, 0 } };
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		struct json_value v = parse_text(cases[i].json);
		int64_t n = 4711;

		assert_int_equal(json_int64(&v, &n), cases[i].fits);
		assert_true(n == (cases[i].fits ? cases[i].n : 4711));
	}
}

/* strtod() is the measure; the values stand at the edges of the exact short cut, and
 * where one rounding too many shows. */
TEST(test_double)
{
	static const char *const cases[] = { "0.0", "-0.0", "1", "-1.5", "0.1", "1e22",
		"1e23", "1e-22", "1e-23", "123456789012345e-22", "9007199254740992",
		"9007199254740993", "9007199254740992e1", "9007199254740993.0",
		"9007199254740992.99999999999999999999", "-9007199254740995",
		"18014398509481985", "9223372036854775807", "18446744073709551615",
		"2.2250738585072011e-308", "4.9406564584124654e-324", "2e-324",
		"3e-324", "1e-400", "1.7976931348623158e308", "1.7976931348623159e308",
		"1e400", "-1e400", "1e99999999999999999999", "1e-99999999999999999999",
		"0e99999999999999999999", "0.000000000000000000000000000001",
		"1000000000000000000000000000000e-30", "6.02214076e23", "5e-1", "5E+1",
		"0.30000000000000004", "179769313486231580793728971405301199e273",
		"0.500000000000000166533453693773481063544750213623046875",
		"1.00000000000000011102230246251565404236316680908203125",
		"1.00000000000000011102230246251565404236316680908203126" };
	struct json_value v;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		double x, wanted = strtod(cases[i], NULL);

		v = parse_text(cases[i]);
		x = json_double(&v);
		if (memcmp(&x, &wanted, sizeof(x)) != 0)
			fail_msg("%s: %.17g", cases[i], x);
	}
	v = parse_text("-0");
	assert_false(signbit(json_double(&v)));
	v = parse_text("NaN");
	assert_true(isnan(json_double(&v)));
	v = parse_text("-Infinity");
	assert_true(json_double(&v) == -INFINITY);
	v = parse_text("Infinity");
	assert_true(json_double(&v) == INFINITY);
}

/* Longer than any buffer on the stack: 0.(1000 zeros)1 * 10^1001. */
TEST(test_double_long)
{
	char text[1100] = "0.";
	struct json_value v;

	memset(text + 2, '0', 1000);
	memcpy(text + 1002, "1e1001", 7);
	v = parse_text(text);
	assert_true(json_double(&v) == 1.0);
	memset(text, '7', 400);
	text[400] = '\0';
	v = parse_text(text);
	assert_true(json_double(&v) == INFINITY);
}

TEST(test_walk)
{
	struct json_value doc = parse_text(
	    json_text_of(" { 'a' : [ 1 , 'x]\\'' ,[ ] ] ,'b':{'':Infinity,'y':null} , "
			 "'a' : -2.5 }\n"));
	struct json_walk w = json_walk(&doc), inner;
	struct json_value key, v, e;

	assert_int_equal(json_count(&doc), 3);
	assert_true(json_member(&w, &key, &v));
	assert_true(str_eq(json_str(&key, fixture_arena), STR("a")));
	assert_int_equal(v.type, JSON_T_ARRAY);
	assert_int_equal(json_count(&v), 3);
	inner = json_walk(&v);
	assert_true(json_element(&inner, &e));
	assert_int_equal(e.type, JSON_T_INTEGER);
	assert_int_equal(e.len, 1);
	assert_true(json_element(&inner, &e));
	assert_true(str_eq(json_str(&e, fixture_arena), STR("x]\"")));
	assert_true(json_element(&inner, &e));
	assert_int_equal(e.type, JSON_T_ARRAY);
	assert_int_equal(json_count(&e), 0);
	assert_false(json_element(&inner, &e));
	assert_false(json_element(&inner, &e));
	assert_true(json_member(&w, &key, &v));
	assert_int_equal(v.type, JSON_T_OBJECT);
	assert_int_equal(json_count(&v), 2);
	assert_true(json_member(&w, &key, &v));
	assert_true(str_eq(json_str(&key, fixture_arena), STR("a")));
	assert_int_equal(v.type, JSON_T_REAL);
	assert_true(json_double(&v) == -2.5);
	assert_false(json_member(&w, &key, &v));
}

/* Nothing comes of walking what is no container. */
TEST(test_walk_others)
{
	static const char *const others[] = { "1", "\"[1]\"", "null", "true", "1.5" };
	struct json_value none = { .type = JSON_T_NONE }, key, v;
	struct json_walk w = json_walk(&none);
	size_t i;

	assert_false(json_member(&w, &key, &v));
	assert_int_equal(json_count(&none), 0);
	for (i = 0; i < NELEM(others); i++) {
		struct json_value other = parse_text(others[i]);

		w = json_walk(&other);
		assert_false(json_element(&w, &v));
		assert_int_equal(json_count(&other), 0);
	}
}

UNIT_FIXTURE(.group_setup = arena_setup, .group_teardown = arena_teardown);

/* Some at a time, to the end and not beyond. */
TEST(test_members_in_batches)
{
	const char *text = json_text_of("{'a':1,'b':[2],'c':{},'a':3}");
	struct json_value v, keys[3], values[3];
	struct json_error error;
	struct json_walk walk;

	assert_int_equal(json_scan(text, strlen(text), &v, &error), 0);
	walk = json_walk(&v);
	assert_int_equal(json_members(&walk, keys, values, 3), 3);
	assert_int_equal(values[1].type, JSON_T_ARRAY);
	assert_int_equal(json_members(&walk, keys, values, 3), 1);
	assert_int_equal(values[0].p[0], '3');
	assert_int_equal(json_members(&walk, keys, values, 3), 0);
}
