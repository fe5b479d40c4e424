/*
 * Python's str() of nested values: right, whatever the spelling and however often a key
 * comes again, and in time that does not depend on the depth. The code under test is
 * included, so that the eight bytes that it looks at in a step can be counted.
 */
#include <inttypes.h>

#include "base/mem.h"
#include "json/bytes.h"

static uint64_t steps;
#define bytes_load(p) (steps++, bytes_load(p))

#include "json/walk.c"
#include "json/nest.c"
#include "python/repr.c"
#include "unit.h"

#define MEMBERS_MAX 6

struct random {
	uint64_t state;
};

static unsigned
below(struct random *r, unsigned n)
{
	r->state = r->state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(r->state >> 33) % n;
}

/* JSON text and what Python makes of it; a key may be spelled in two ways. */
static const char *const scalars[][2] = {
	{ "null", "None" },
	{ "true", "True" },
	{ "false", "False" },
	{ "-0", "0" },
	{ "12", "12" },
	{ "1.50", "1.5" },
	{ "1e22", "1e+22" },
	{ "\"[{\\\"\"", "'[{\"'" },
	{ "\"]}\\\\\"", "']}\\\\'" },
	{ "\"it's\"", "\"it's\"" },
};
static const char *const keys[][2] = {
	{ "\"\"", "''" },
	{ "\"a\"", "'a'" },
	{ "\"\\u0061\"", "'a'" },
	{ "\"a}\"", "'a}'" },
	{ "\"a\\u007D\"", "'a}'" },
	{ "\"{[\"", "'{['" },
	{ "\"\\\"\"", "'\"'" },
	{ "\"long enough for the loop of eight\"",
	    "'long enough for the loop of eight'" },
};

static void
put_space(struct buf *json, struct random *r)
{
	static const char *const spaces[] = { "", "", "", " ", "\n\t", "        " };

	buf_puts(json, spaces[below(r, NELEM(spaces))]);
}

static void make_value(
    struct random *, unsigned depth, struct buf *json, struct buf *want);

static void
make_array(struct random *r, unsigned depth, struct buf *json, struct buf *want)
{
	unsigned n = below(r, MEMBERS_MAX);

	buf_putc(json, '[');
	buf_putc(want, '[');
	put_space(json, r);
	for (unsigned i = 0; i < n; i++) {
		buf_puts(json, i > 0 ? "," : "");
		buf_puts(want, i > 0 ? ", " : "");
		make_value(r, depth, json, want);
	}
	buf_putc(json, ']');
	buf_putc(want, ']');
}

/* As a dict: a key keeps its first place and gets its last value. */
static void
make_object(struct random *r, unsigned depth, struct buf *json, struct buf *want)
{
	struct buf value[NELEM(keys)] = { { 0 } };
	const char *order[MEMBERS_MAX];
	unsigned n = below(r, MEMBERS_MAX), norder = 0, k, at;

	buf_putc(json, '{');
	put_space(json, r);
	for (unsigned i = 0; i < n; i++) {
		k = below(r, NELEM(keys));
		buf_puts(json, i > 0 ? "," : "");
		put_space(json, r);
		buf_puts(json, keys[k][0]);
		put_space(json, r);
		buf_putc(json, ':');
		for (at = 0; at < norder && strcmp(order[at], keys[k][1]) != 0; at++)
			;
		order[at] = keys[k][1];
		norder += at == norder;
		buf_reset(&value[at]);
		make_value(r, depth, json, &value[at]);
	}
	buf_putc(json, '}');
	buf_putc(want, '{');
	for (at = 0; at < norder; at++) {
		buf_printf(want, "%s%s: ", at > 0 ? ", " : "", order[at]);
		buf_add(want, value[at].data, value[at].len);
	}
	buf_putc(want, '}');
	for (at = 0; at < NELEM(keys); at++)
		buf_free(&value[at]);
}

static void
make_value(struct random *r, unsigned depth, struct buf *json, struct buf *want)
{
	unsigned k = below(r, 10);

	put_space(json, r);
	if (depth > 0 && k < 3) {
		make_array(r, depth - 1, json, want);
	} else if (depth > 0 && k < 7) {
		make_object(r, depth - 1, json, want);
	} else {
		k = below(r, NELEM(scalars));
		buf_puts(json, scalars[k][0]);
		buf_puts(want, scalars[k][1]);
	}
	put_space(json, r);
}

/* Prints the one element of a list, so that a string is in quotes too. */
static void
print(const struct buf *json, struct buf *out)
{
	struct arena *arena = arena_new();
	struct json_error err;
	struct json_value v;

	assert_int_equal(json_scan(json->data, json->len, &v, &err), 0);
	steps = 0;
	buf_reset(out);
	repr_put_str(out, &v, arena);
	arena_free(&arena);
}

TEST(random_values_print_as_python_does)
{
	struct buf json = { 0 }, want = { 0 }, got = { 0 };
	struct random r = { 1 };

	for (unsigned i = 0; i < 20000; i++) {
		buf_reset(&json);
		buf_reset(&want);
		buf_putc(&json, '[');
		buf_putc(&want, '[');
		make_value(&r, 1 + i % 9, &json, &want);
		buf_putc(&json, ']');
		buf_putc(&want, ']');
		print(&json, &got);
		if (got.len != want.len || memcmp(got.data, want.data, want.len) != 0)
			fail_msg("%.*s: %.*s, not %.*s", (int)json.len, json.data,
			    (int)got.len, got.data, (int)want.len, want.data);
	}
	buf_free(&json);
	buf_free(&want);
	buf_free(&got);
}

/* So many containers around 300 KB of text and numbers. */
static void
make_deep(struct buf *json, unsigned depth, const char *open, const char *close)
{
	buf_reset(json);
	for (unsigned i = 0; i < depth; i++)
		buf_puts(json, open);
	buf_puts(json, "[0");
	while (json->len < 300000)
		buf_puts(json, ",\"sixteen letters.\",[123456789],{\"key\":1.5}");
	buf_putc(json, ']');
	for (unsigned i = 0; i < depth; i++)
		buf_puts(json, close);
}

static uint64_t
steps_of(unsigned depth, const char *open, const char *close)
{
	struct buf json = { 0 }, out = { 0 };

	make_deep(&json, depth, open, close);
	print(&json, &out);
	buf_free(&json);
	buf_free(&out);
	return steps;
}

TEST(depth_costs_nothing)
{
	static const char *const shapes[][2] = { { "[", "]" }, { "[0,", ",0]" },
		{ "{\"a\":", "}" }, { "{\"b\":0,\"a\":1,\"a\":", ",\"b\":2}" },
		{ "{\"a\":[1],\"a\":[", "]}" } };

	for (size_t i = 0; i < NELEM(shapes); i++) {
		/* The last one opens two levels at a time. */
		unsigned deep = i + 1 < NELEM(shapes) ? 890 : 445;
		uint64_t shallow = steps_of(4, shapes[i][0], shapes[i][1]);

		assert_true(shallow > 300000 / 8);
		if (steps_of(deep, shapes[i][0], shapes[i][1]) > shallow * 11 / 10)
			fail_msg("%s: %" PRIu64 " steps, %" PRIu64 " at depth 4",
			    shapes[i][0], steps, shallow);
	}
}
