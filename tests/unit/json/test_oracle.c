/* Reading JSON: random documents, with jansson as the oracle. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "json/walk.h"
#include "fixture/arena.h"
#include "fixture/json_text.h"
#include "unit.h"

#define MUTANTS 300000

/* What one document holds of that which Python takes and jansson does not. */
struct extras {
	bool word;      /* NaN, Infinity */
	bool surrogate; /* a lone one */
	bool range;     /* an integer beyond 64 bits, a real that is infinite */
	bool null_in_key;
};

static void
compare_string(struct json_value *v, const json_t *j, struct extras *x)
{
	struct str s = json_str(v, fixture_arena);

	x->surrogate |= u8_check((const uint8_t *)s.p, s.len) != NULL;
	if (j != NULL) {
		assert_true(json_is_string(j));
		assert_int_equal(json_string_length(j), s.len);
		assert_memory_equal(json_string_value(j), s.p, s.len);
	}
}

static void
compare_number(struct json_value *v, const json_t *j, struct extras *x)
{
	int64_t n;
	double d = json_double(v);

	if (v->type == JSON_T_INTEGER) {
		bool fits = json_int64(v, &n);

		x->range |= !fits;
		if (j != NULL)
			assert_true(
			    fits && json_is_integer(j) && json_integer_value(j) == n);
		return;
	}
	if (v->p[v->len - 1] == 'y' || *v->p == 'N')
		x->word = true;
	else
		x->range |= isinf(d);
	if (j != NULL)
		assert_true(json_is_real(j) && json_real_value(j) == d);
}

/* Whether a later member of the walk has the same key: it then counts. */
static bool
is_overridden(struct json_walk w, struct str key)
{
	struct json_value k, v;

	while (json_member(&w, &k, &v))
		if (str_eq(json_str(&k, fixture_arena), key))
			return true;
	return false;
}

static void compare(struct json_value *, const json_t *, struct extras *);

static void
compare_object(struct json_value *v, const json_t *j, struct extras *x)
{
	struct json_walk w = json_walk(v);
	struct json_value key, value;
	size_t distinct = 0;

	while (json_member(&w, &key, &value)) {
		struct str s = json_str(&key, fixture_arena);
		json_t *member = NULL;

		compare_string(&key, NULL, x);
		x->null_in_key |= s.len > 0 && memchr(s.p, '\0', s.len) != NULL;
		if (j != NULL && !is_overridden(w, s)) {
			member = json_object_get(
			    j, arena_strndup(fixture_arena, s.p, s.len));
			assert_non_null(member);
			distinct++;
		}
		compare(&value, member, x);
	}
	if (j != NULL)
		assert_int_equal(distinct, json_object_size(j));
}

static void
compare_array(struct json_value *v, const json_t *j, struct extras *x)
{
	struct json_walk w = json_walk(v);
	struct json_value e;
	size_t i;

	for (i = 0; json_element(&w, &e); i++)
		compare(&e, json_array_get(j, i), x);
	if (j != NULL)
		assert_int_equal(json_array_size(j), i);
}

/* v against j, which is NULL where there is nothing to compare with. */
static void
compare(struct json_value *v, const json_t *j, struct extras *x)
{
	switch (v->type) {
	case JSON_T_NONE:
		fail();
		break;
	case JSON_T_NULL:
		assert_true(j == NULL || json_is_null(j));
		break;
	case JSON_T_FALSE:
		assert_true(j == NULL || json_is_false(j));
		break;
	case JSON_T_TRUE:
		assert_true(j == NULL || json_is_true(j));
		break;
	case JSON_T_INTEGER:
	case JSON_T_REAL:
		compare_number(v, j, x);
		break;
	case JSON_T_STRING:
		compare_string(v, j, x);
		break;
	case JSON_T_ARRAY:
		assert_true(j == NULL || json_is_array(j));
		compare_array(v, j, x);
		break;
	case JSON_T_OBJECT:
		assert_true(j == NULL || json_is_object(j));
		compare_object(v, j, x);
		break;
	}
}

enum verdict {
	BOTH_REFUSE,
	BOTH_ACCEPT,
	EXTRA
};

static enum verdict
differ(const char *text, size_t len)
{
	json_error_t jerr;
	json_t *j = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &jerr);
	struct json_value v;
	struct json_error err;
	struct extras x = { .word = false };
	bool bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
	int rc = json_scan(text, len, &v, &err);

	if (rc != 0) {
		if (j != NULL)
			fail_msg("refused (%zu: %s): %.*s", err.offset, err.text,
			    (int)len, text);
		return BOTH_REFUSE;
	}
	compare(&v, j, &x);
	if (j == NULL && !bom && !x.word && !x.surrogate && !x.range && !x.null_in_key)
		fail_msg("jansson refuses (%d: %s): %.*s", jerr.position, jerr.text,
		    (int)len, text);
	json_decref(j);
	return j == NULL ? EXTRA : BOTH_ACCEPT;
}

/* With ' for ". */
static const char *const seeds[] = {
	"{'name':'m-1','nsfw':false,'config':{'download':[{'file_url':"
	"'https://h/x?a=1'}]},'size':1234,'tags':['a','b c']}",
	"[{'performance':205646.4,'queued':3072.0,'eta':-266,'name':"
	"'P\\u00e9'}]",
	"{'day':{'a':1,'A':2,'koboldcpp/b':3},'month':{},'total':null}",
	"[0,-0,0.0,-0.5e-7,1E+22,1e400,9223372036854775807,9223372036854775808,12e3]",
	"[NaN,Infinity,-Infinity,true,false,null]",
	"['\\ud83d\\ude00\\ud800\\udc00','\\'\\\\\\/\\b\\f\\n\\r\\t\\u0000']",
	"['\u00e9\u20ac\U0001f600','plain text of some length, no escapes']",
	"{'':[[[[[]]]],{'a':{'b':{}}}],'a':1,'a':[2]}",
	" [ 1 ,\t2\r\n, { 'k' : [ ] , 'l' : { } } ] ",
	"'only a string'",
	"-12.75e+3",
	"\xef\xbb\xbf{'bom':1}",
};

static const char *const pieces[] = { "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u",
	"u", "0", "1", "9", "-", "+", ".", "e", "E", "a", "n", "N", "I", "t", " ", "\n",
	"\t", "\r", "\v", "\x01", "\x1f", "\x7f", "\x80", "\xbf", "\xc3",
	"\xe2\x82\xac", "\xed", "\xf0\x9f", "\xff", "\\ud800", "\\udc00", "\\n", "null",
	"true", "NaN", "-Infinity", "\"a\":", "[]", "{}", "\"\"", ",1", ",\"b\":2",
	"e5", ".5", "123456789012345678901234567890", "/", "'", "\xef\xbb\xbf" };

static uint32_t
below(uint64_t *seed, size_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*seed >> 33) % n);
}

/* One change: a piece put in, a piece over another, a run taken out or doubled. */
static void
mutate(struct buf *b, uint64_t *seed)
{
	size_t at = below(seed, b->len + 1), run = below(seed, 8) + 1;
	const char *piece = pieces[below(seed, NELEM(pieces))];
	size_t n = strlen(piece), kind = below(seed, 4);

	if (run > b->len - at)
		run = b->len - at;
	if (kind == 3) {
		buf_reserve(b, run);
		memmove(b->data + at + run, b->data + at, b->len - at);
		b->len += run;
		return;
	}
	run = kind == 0 ? 0 : kind == 1 && run > n ? n : run;
	if (kind == 2)
		n = 0;
	buf_reserve(b, n);
	memmove(b->data + at + n, b->data + at + run, b->len - at - run);
	memcpy(b->data + at, piece, n);
	b->len += n - run;
}

TEST(test_against_jansson)
{
	uint64_t seed = 20240229;
	struct buf b = { 0 };
	size_t counts[3] = { 0 }, i, changes;

	for (i = 0; i < MUTANTS; i++) {
		const char *origin = seeds[i % NELEM(seeds)];
		char *exact;

		buf_reset(&b);
		json_text_put(&b, "%s", origin);
		if (i >= NELEM(seeds))
			for (changes = below(&seed, 3) + 1; changes > 0; changes--)
				mutate(&b, &seed);
		/* an allocation of its own: nothing may be read beyond it */
		exact = malloc(b.len ? b.len : 1);
		if (b.len > 0)
			memcpy(exact, b.data, b.len);
		counts[differ(exact, b.len)]++;
		free(exact);
		arena_reset(fixture_arena);
	}
	print_message("%zu refused by both, %zu equal, %zu with Python's extras\n",
	    counts[BOTH_REFUSE], counts[BOTH_ACCEPT], counts[EXTRA]);
	assert_true(counts[BOTH_ACCEPT] > MUTANTS / 10 && counts[EXTRA] > MUTANTS / 50);
	buf_free(&b);
}

UNIT_FIXTURE(.group_setup = arena_setup, .group_teardown = arena_teardown);
