/* Lax scalars: the rules of doc/reference.md 1.9, 1.10 and the recorded query strings.
 */
#include "fixture/json_vectors.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json/walk.h"
#include "python/lax.h"
#include "fixture/arena.h"
#include "fixture/cases.h"
#include "unit.h"

#define FILE_OF_CASES "python/lax.json"

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

TEST(test_int)
{
	struct json_value v = { .type = JSON_T_NONE };
	int64_t n = 4711;
	const char *is;
	struct cases c;

	assert_false(lax_int(&v, fixture_arena, &n));
	for (cases_open(&c, FILE_OF_CASES, "int"); cases_next(&c);) {
		v = cases_member(&c, "value");
		is = cases_json(&c, "is");
		n = 4711;
		if (lax_int(&v, fixture_arena, &n) != (is != NULL))
			fail_msg("%s", cases_json(&c, "value"));
		assert_true(n == (is != NULL ? strtoll(is, NULL, 10) : 4711));
	}
}

TEST(test_float)
{
	struct json_value v;
	double x, want;
	const char *is;
	struct cases c;

	for (cases_open(&c, FILE_OF_CASES, "float"); cases_next(&c);) {
		v = cases_member(&c, "value");
		is = cases_json(&c, "is");
		if (lax_float(&v, fixture_arena, &x) != (is != NULL))
			fail_msg("%s", cases_json(&c, "value"));
		if (is == NULL)
			continue;
		want = strtod(is, NULL);
		if (x != want && !(isnan(x) && isnan(want)))
			fail_msg("%s: %g", cases_json(&c, "value"), x);
	}
}

TEST(test_bool)
{
	struct json_value v, is;
	struct cases c;
	bool b;

	for (cases_open(&c, FILE_OF_CASES, "bool"); cases_next(&c);) {
		v = cases_member(&c, "value");
		is = cases_member(&c, "is");
		if (lax_bool(&v, fixture_arena, &b) != (is.type != JSON_T_NONE) ||
		    (is.type != JSON_T_NONE && b != (is.type == JSON_T_TRUE)))
			fail_msg("%s", cases_json(&c, "value"));
	}
	assert_false(lax_bool_text((struct str){ NULL, 0 }, &b));
}

TEST(test_str)
{
	struct json_value v;
	const char *is;
	struct cases c;
	struct str s;

	for (cases_open(&c, FILE_OF_CASES, "str"); cases_next(&c);) {
		v = cases_member(&c, "value");
		is = cases_text(&c, "is");
		assert_int_equal(lax_str(&v, fixture_arena, &s), is != NULL);
		if (is != NULL)
			assert_true(str_eq(s, (struct str){ is, strlen(is) }));
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
