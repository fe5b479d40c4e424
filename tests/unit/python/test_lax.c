/* Lax scalars: the rules of doc/reference.md 1.9, 1.10 and the recorded query strings.
 */
#include "fixture/json_vectors.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json/walk.h"
#include "python/lax.h"
#include "fixture/arena.h"
#include "unit.h"

static struct json_value
parse(const char *text)
{
	struct json_value v;
	struct json_error err;

	if (json_scan(text, strlen(text), &v, &err) != 0)
		fail_msg("%s: %zu: %s", text, err.offset, err.text);
	return v;
}

/* wanted NULL: invalid. */
static void
assert_int_text(struct str s, const char *wanted)
{
	struct str text;
	int64_t value;
	enum lax_int_result result = lax_int_text(s, fixture_arena, &text, &value);

	if ((result == LAX_INT_OK) != (wanted != NULL))
		fail_msg("'%.*s': result %d", (int)s.len, s.p, result);
	if (wanted == NULL) {
		assert_int_equal(result, LAX_INT_INVALID);
		return;
	}
	assert_int_equal(text.len, strlen(wanted));
	assert_memory_equal(text.p, wanted, text.len);
	/* strtoll() saturates as the contract asks. */
	assert_true(value == strtoll(wanted, NULL, 10));
}

static const char *const good_ints[][2] = {
	{ "5", "5" },
	{ "+5", "5" },
	{ "-5", "-5" },
	{ " 5 ", "5" },
	{ "5\n", "5" },
	{ "\t\n\v\f\r 5", "5" },
	{ "005", "5" },
	{ "-005", "-5" },
	{ "+005", "5" },
	{ "5.0", "5" },
	{ "5.00", "5" },
	{ "-5.0", "-5" },
	{ "0.0", "0" },
	{ "00.0", "0" },
	{ "000", "0" },
	{ "-0.0", "0" },
	{ "1_000", "1000" },
	{ "1_2_3", "123" },
	{ "1_0.0", "10" },
	{ "-1_0", "-10" },
	{ "0", "0" },
	{ "-0", "0" },
	{ "+0", "0" },
	{ "0_0", "0" },
	{ "0__1", "1" },
	{ "0_1", "1" },
	{ "0-1", "-1" },
	{ "0-_1", "-1" },
	{ "00-1.0", "-1" },
	{ "+0-1", "-1" },
	{ "\302\2055", "5" }, /* U+0085 */
	{ "\u00a05\u00a0", "5" },
	{ "\u16805\u2000\u200a", "5" },
	{ "\u2028\u20295\u202f\u205f\u3000", "5" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "9223372036854775808", "9223372036854775808" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "-9223372036854775809", "-9223372036854775809" },
	{ "+100000000000000000000000", "100000000000000000000000" },
};

static const char *const bad_ints[] = { "", " ", "5.", "5.5", ".0", ".5", "5.0.0",
	"5.0_0", "5.00001", "1__0", "_5", "5_", "5_.0", "0_", "00_", "0_.0", "1e3",
	"0x10", "0b1", "+-5", "--5", "-+5", "++5", "-_1", "+_1", "0-01", "0--1", "-0-1",
	"0-", "0+1", "-", "+", "true", "null", "nan", "inf", "5,6", "[5]", "5.0e0",
	"5 5", "- 5", "+ 5", "1 000", "a", "\u0665", "\uff15", "5\u0665", "5", "5\x1f",
	"\u200b5", "\u180e5", "\ufeff5", "5\xff", "\xff", "\xc2" };

TEST(test_int_text)
{
	size_t i;

	for (i = 0; i < NELEM(good_ints); i++)
		assert_int_text(
		    (struct str){ good_ints[i][0], strlen(good_ints[i][0]) },
		    good_ints[i][1]);
	for (i = 0; i < NELEM(bad_ints); i++)
		assert_int_text((struct str){ bad_ints[i], strlen(bad_ints[i]) }, NULL);
	assert_int_text(STR("5\0"), NULL);
	assert_int_text(STR("\0005"), NULL);
	assert_int_text((struct str){ NULL, 0 }, NULL);
}

static void
assert_long_int(const char *prefix, size_t digits, enum lax_int_result wanted)
{
	char s[5000];
	struct str text;
	int64_t value;
	size_t n = strlen(prefix);

	memcpy(s, prefix, n);
	memset(s + n, '7', digits);
	assert_int_equal(
	    lax_int_text((struct str){ s, n + digits }, fixture_arena, &text, &value),
	    wanted);
	if (wanted == LAX_INT_OK)
		assert_true(value == (*text.p == '-' ? INT64_MIN : INT64_MAX));
}

TEST(test_int_text_length)
{
	assert_long_int("", 4300, LAX_INT_OK);
	assert_long_int("", 4301, LAX_INT_TOO_LONG);
	assert_long_int("-", 4299, LAX_INT_OK);
	assert_long_int("-", 4300, LAX_INT_TOO_LONG);
	assert_long_int(" ", 4301, LAX_INT_TOO_LONG);
	/* In the other forms too many digits are just wrong. */
	assert_long_int("+", 4300, LAX_INT_OK);
	assert_long_int("+", 4301, LAX_INT_INVALID);
	assert_long_int("00", 4301, LAX_INT_INVALID);
}

/* A JSON document, and the integer or NULL. */
static const char *const ints[][2] = {
	{ "7", "7" },
	{ "-0", "0" },
	{ "true", "1" },
	{ "false", "0" },
	{ "3072.0", "3072" },
	{ "-3e2", "-300" },
	{ "9223372036854774784.0", "9223372036854774784" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "\" 1_0.0\"", "10" },
	{ "\"\\u0035\"", "5" },
	{ "\"-9223372036854775808\"", "-9223372036854775808" },
	{ "3072.5", NULL },
	{ "9223372036854775808.0", NULL },
	{ "-9223372036854775808.0", NULL },
	{ "9223372036854775808", NULL },
	{ "-9223372036854775809", NULL },
	{ "\"9223372036854775808\"", NULL },
	{ "NaN", NULL },
	{ "Infinity", NULL },
	{ "-Infinity", NULL },
	{ "null", NULL },
	{ "\"5.5\"", NULL },
	{ "\"\\ud800\"", NULL },
	{ "[1]", NULL },
	{ "{}", NULL },
};

TEST(test_int)
{
	struct json_value v = { .type = JSON_T_NONE };
	int64_t n = 4711;
	size_t i;

	assert_false(lax_int(&v, fixture_arena, &n));
	for (i = 0; i < NELEM(ints); i++) {
		v = parse(ints[i][0]);
		n = 4711;
		if (lax_int(&v, fixture_arena, &n) != (ints[i][1] != NULL))
			fail_msg("%s", ints[i][0]);
		assert_true(n == (ints[i][1] ? strtoll(ints[i][1], NULL, 10) : 4711));
	}
}

static const struct {
	const char *json;
	double x;
} floats[] = {
	{ "1", 1 },
	{ "1.5", 1.5 },
	{ "true", 1 },
	{ "false", 0 },
	{ "Infinity", INFINITY },
	{ "-Infinity", -INFINITY },
	{ "1e400", INFINITY },
	{ "9007199254740993", 9007199254740992.0 },
	{ "\"1.5\"", 1.5 },
	{ "\" 2 \"", 2 },
	{ "\"\\u00a02\"", 2 },
	{ "\"1e5\"", 1e5 },
	{ "\"1E-5\"", 1e-5 },
	{ "\"1_0\"", 10 },
	{ "\"1_0.5_0\"", 10.5 },
	{ "\"+1.5\"", 1.5 },
	{ "\"-.5\"", -0.5 },
	{ "\"5.\"", 5 },
	{ "\"5.e1\"", 50 },
	{ "\"inf\"", INFINITY },
	{ "\"-INFINITY\"", -INFINITY },
	{ "\"+Inf\"", INFINITY },
	{ "\"1e999\"", INFINITY },
	{ "\"0.1\"", 0.1 },
	{ "\"123456789012345678901234567890\"", 123456789012345678901234567890.0 },
};

static const char *const not_floats[] = { "null", "[]", "{}", "\"\"", "\" \"", "\".\"",
	"\"+\"", "\"1e\"", "\"1e+\"", "\"e5\"", "\".e5\"", "\"0x10\"", "\"1__0\"",
	"\"_1\"", "\"1_\"", "\" 1_0 \"", "\"1 0\"", "\"1,5\"", "\"infin\"", "\"nano\"",
	"\"--1\"", "\"true\"", "\"\\u0665\"", "\"1\\u0000\"" };

TEST(test_float)
{
	struct json_value v;
	double x;
	size_t i;
	char big[402];

	for (i = 0; i < NELEM(floats); i++) {
		v = parse(floats[i].json);
		if (!lax_float(&v, fixture_arena, &x) || x != floats[i].x)
			fail_msg("%s", floats[i].json);
	}
	for (i = 0; i < NELEM(not_floats); i++) {
		v = parse(not_floats[i]);
		if (lax_float(&v, fixture_arena, &x))
			fail_msg("%s: %g", not_floats[i], x);
	}
	v = parse("NaN");
	assert_true(lax_float(&v, fixture_arena, &x) && isnan(x));
	v = parse("\"NaN\"");
	assert_true(lax_float(&v, fixture_arena, &x) && isnan(x));
	memset(big, '9', sizeof(big) - 1); /* an integer too big for a double */
	big[sizeof(big) - 1] = '\0';
	v = parse(big);
	assert_false(lax_float(&v, fixture_arena, &x));
}

static const char *const yes[] = { "true", "1", "1.0", "1e0", "\"1\"", "\"true\"",
	"\"t\"", "\"yes\"", "\"y\"", "\"on\"", "\"TRUE\"", "\"On\"", "\"Y\"",
	"\"\\u0074rue\"" };
static const char *const no[] = { "false", "0", "-0", "0.0", "-0.0", "\"0\"",
	"\"false\"", "\"f\"", "\"no\"", "\"n\"", "\"off\"", "\"FALSE\"", "\"oFf\"" };
static const char *const not_bools[] = { "null", "2", "-1", "0.5", "NaN", "Infinity",
	"[]", "{}", "\"\"", "\" true\"", "\"true \"", "\"1.0\"", "\"01\"", "\"2\"",
	"\"tru\"", "\"truefalse\"", "\"true\\u0000\"", "\"\\u0131\"",
	"100000000000000000000" };

TEST(test_bool)
{
	struct json_value v;
	bool b;
	size_t i;

	for (i = 0; i < NELEM(yes); i++) {
		v = parse(yes[i]);
		if (!lax_bool(&v, fixture_arena, &b) || !b)
			fail_msg("%s", yes[i]);
	}
	for (i = 0; i < NELEM(no); i++) {
		v = parse(no[i]);
		if (!lax_bool(&v, fixture_arena, &b) || b)
			fail_msg("%s", no[i]);
	}
	for (i = 0; i < NELEM(not_bools); i++) {
		v = parse(not_bools[i]);
		if (lax_bool(&v, fixture_arena, &b))
			fail_msg("%s", not_bools[i]);
	}
	assert_false(lax_bool_text((struct str){ NULL, 0 }, &b));
}

TEST(test_str)
{
	static const char *const others[] = { "1", "1.5", "true", "null", "[]", "{}" };
	struct json_value v = parse("\"a\\u00e9\"");
	struct str s;
	size_t i;

	assert_true(lax_str(&v, fixture_arena, &s));
	assert_true(str_eq(s, STR("a\u00e9")));
	v = parse("\"\"");
	assert_true(lax_str(&v, fixture_arena, &s));
	assert_int_equal(s.len, 0);
	for (i = 0; i < NELEM(others); i++) {
		v = parse(others[i]);
		assert_false(lax_str(&v, fixture_arena, &s));
	}
}

/* An application/x-www-form-urlencoded value, decoded in place. */
static struct str
percent_decode(char *s)
{
	char *to = s, *from = s, hex[3] = "";

	for (; *from != '\0'; from++) {
		if (*from == '%') {
			memcpy(hex, from + 1, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			from += 2;
		} else {
			*to++ = *from == '+' ? ' ' : *from;
		}
	}
	return (struct str){ s, (size_t)(to - s) };
}

/* The last value of that name in a recorded request target; false if there is none. */
static bool
last_value(struct str target, const char *name, struct str *out)
{
	char *copy = arena_strndup(fixture_arena, target.p, target.len), *field, *value;
	bool found = false;

	copy[strcspn(copy, "#")] = '\0';
	strsep(&copy, "?");
	while ((field = strsep(&copy, "&")) != NULL) {
		value = field;
		strsep(&value, "=");
		if (strcmp(field, name) != 0)
			continue;
		*out = value != NULL ? percent_decode(value) : STR("");
		found = true;
	}
	return found;
}

static const char *const int_params[] = { "limit", "offset", "min_worker_count" };
static const char *const bool_params[] = { "group_text_models",
	"include_backend_variations", "include_workers", "sort_desc" };

/* An accepted request: its integers and booleans are accepted, and are what it says. */
static size_t
check_accepted(struct str target, const struct json_value *body)
{
	bool paged = memmem(target.p, target.len, "/deletion-risk", 14) != NULL;
	/* Statistics pass over a parameter that with-stats knows. */
	bool statistics =
	    !paged && memmem(target.p, target.len, "/with-stats", 11) == NULL;
	struct json_value echo;
	struct str s, text;
	int64_t value;
	bool b;
	size_t i, n = 0;

	for (i = 0; i < NELEM(int_params); i++) {
		if (!last_value(target, int_params[i], &s))
			continue;
		if (lax_int_text(s, fixture_arena, &text, &value) != LAX_INT_OK)
			fail_msg("%.*s", (int)target.len, target.p);
		echo = vectors_get(body, int_params[i]);
		if (paged && !str_eq(text, (struct str){ echo.p, echo.len }))
			fail_msg("%.*s: %.*s", (int)target.len, target.p, (int)text.len,
			    text.p);
		n++;
	}
	for (i = 0; i < NELEM(bool_params); i++) {
		if (!last_value(target, bool_params[i], &s) || (statistics && i > 0))
			continue;
		if (!lax_bool_text(s, &b))
			fail_msg("%.*s", (int)target.len, target.p);
		n++;
	}
	return n;
}

/* What one entry of a 422 answer's detail says of its input. */
static size_t
check_refused(const struct json_value *error)
{
	struct json_value input = vectors_get(error, "input");
	struct json_value type = vectors_get(error, "type");
	struct str s = json_str(&input, fixture_arena),
		   t = json_str(&type, fixture_arena), text;
	int64_t value;
	bool b;

	if (str_eq(t, STR("int_parsing")))
		assert_int_text(s, NULL);
	else if (str_eq(t, STR("bool_parsing")))
		assert_false(lax_bool_text(s, &b));
	else if (str_eq(t, STR("greater_than_equal")))
		assert_true(
		    lax_int_text(s, fixture_arena, &text, &value) == LAX_INT_OK &&
		    value < 1);
	else
		return 0;
	return 1;
}

TEST(test_query_vectors)
{
	struct buf text = { 0 };
	struct json_value all = vectors_load("query_params.json", &text), v, body,
			  status;
	struct json_value query, detail, error;
	struct json_walk w = json_walk(&all), d;
	int64_t code;
	size_t entries = 0, accepted = 0, refused = 0;

	for (; json_element(&w, &v); entries++) {
		status = vectors_get(&v, "status");
		query = vectors_get(&v, "query");
		body = vectors_get(&v, "body");
		assert_true(json_int64(&status, &code));
		if (code == 200)
			accepted +=
			    check_accepted(json_str(&query, fixture_arena), &body);
		if (code != 422)
			continue;
		detail = vectors_get(&body, "detail");
		for (d = json_walk(&detail); json_element(&d, &error);)
			refused += check_refused(&error);
	}
	assert_int_equal(entries, 206);
	print_message("%zu accepted and %zu refused values\n", accepted, refused);
	assert_true(accepted > 100 && refused > 80);
	buf_free(&text);
}

UNIT_FIXTURE(.group_setup = arena_setup, .group_teardown = arena_teardown);
