/* Model names: the vectors, bytes that JSON vectors cannot hold, and very long names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "names/text_name.h"
#include "fixture/arena.h"
#include "unit.h"

static struct str
text_of(const json_t *j)
{
	return (struct str){ json_string_value(j), json_string_length(j) };
}

/* Counts and reports a part that is not what the vector wants (null: p is NULL). */
static unsigned
differs(const json_t *vector, const char *key, struct str got)
{
	const json_t *want = json_object_get(vector, key);

	if (json_is_null(want) ? got.p == NULL : str_eq(text_of(want), got))
		return 0;
	print_error("%s: %s is \"%.*s\"\n",
	    json_string_value(json_object_get(vector, "name")), key, (int)got.len,
	    got.p ? got.p : "");
	return 1;
}

/* The parts in the vectors are those of the name without backend and author. */
static unsigned
parts_differ(const json_t *v, struct str name, struct arena *arena)
{
	struct str t = text_name_strip_backend(name);
	const char *slash = memchr(t.p, '/', t.len);
	struct text_name parts;

	if (slash != NULL)
		t = str_from(t, (size_t)(slash - t.p) + 1);
	text_name_parse(t, arena, &parts);
	return differs(v, "base_name", parts.base) + differs(v, "size", parts.size) +
	       differs(v, "version", parts.version) + differs(v, "quant", parts.quant) +
	       differs(v, "variant", parts.variant);
}

static unsigned
variants_differ(const json_t *v, struct str name, struct arena *arena)
{
	const json_t *want = json_object_get(v, "variants");
	struct str got[3];
	unsigned n = text_name_variants(name, arena, got), bad;

	bad = n != json_array_size(want);
	for (unsigned i = 0; i < n && !bad; i++)
		bad = !str_eq(text_of(json_array_get(want, i)), got[i]);
	if (bad)
		print_error("%.*s: variants\n", (int)name.len, name.p);
	return bad;
}

static void
check_vectors(const char *path, size_t at_least, struct arena *arena)
{
	json_error_t error;
	json_t *vectors = json_load_file(path, JSON_ALLOW_NUL, &error), *v;
	unsigned bad = 0;
	size_t i;

	if (vectors == NULL)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	assert_true(json_array_size(vectors) >= at_least);
	json_array_foreach(vectors, i, v)
	{
		struct str name = text_of(json_object_get(v, "name"));

		bad += parts_differ(v, name, arena);
		bad += variants_differ(v, name, arena);
		bad += differs(v, "base_name", text_name_base(name, arena));
		bad += differs(v, "strip_quant", text_name_strip_quant(name, arena));
		bad += differs(v, "index_base", text_name_index_base(name, arena));
		bad += differs(v, "size_key", text_name_size_key(name, arena));
	}
	print_message("%s: %zu names\n", path, json_array_size(vectors));
	json_decref(vectors);
	assert_int_equal(bad, 0);
}

TEST(own_vectors)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/names.json", srcdir ? srcdir : ".");
	check_vectors(path, 200, *state);
}

static void
check_shared(const char *file, size_t at_least, struct arena *arena)
{
	const char *shared = getenv("HYDRATORD_SHARED");
	char path[4096];

	if (shared == NULL || access(shared, X_OK) == -1)
		skip();
	snprintf(path, sizeof(path), "%s/spec/%s", shared, file);
	check_vectors(path, at_least, arena);
}

TEST(shared_text_vectors)
{
	check_shared("text_names.json", 2243, *state);
}

TEST(shared_image_vectors)
{
	check_shared("image_names.json", 200, *state);
}

static void
assert_str(struct str got, struct str want)
{
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
}

TEST(nothing_at_all)
{
	struct text_name parts;
	struct str none = { NULL, 0 }, out[3];

	text_name_parse(none, *state, &parts);
	assert_int_equal(parts.base.len, 0);
	assert_null(parts.size.p);
	assert_int_equal(text_name_base(none, *state).len, 0);
	assert_int_equal(text_name_strip_quant(none, *state).len, 0);
	assert_int_equal(text_name_size_key(none, *state).len, 0);
	assert_int_equal(text_name_index_base(none, *state).len, 0);
	assert_int_equal(text_name_variants(none, *state, out), 3);
	assert_str(out[1], STR("aphrodite/"));
	assert_str(out[2], STR("koboldcpp/"));
}

/* Lone surrogates come from JSON escapes; other stray bytes should not come at all. */
TEST(bytes_that_are_not_utf8)
{
	struct text_name parts;

	text_name_parse(
	    STR("Quill\xED\xA0\xBD-7B\xED\xB8\x80-Chat\xFF"), *state, &parts);
	assert_str(parts.base, STR("Quill\xED\xA0\xBD-\xED\xB8\x80-\xFF"));
	assert_str(parts.size, STR("7B"));
	assert_str(parts.variant, STR("Chat"));

	/* What a cut leaves must not be read as one character afterwards. */
	text_name_parse(STR("\xE4"
			    "7B"
			    "\xBA\x94-Q4"),
	    *state, &parts);
	assert_str(parts.base, STR("\xE4\xBA\x94"));
	assert_str(parts.quant, STR("Q4"));
	assert_str(text_name_size_key(STR("QUILL\xFF-Q4"), *state), STR("quill\xFF"));
}

/* Digits and letters that Unicode 14 did not have. */
TEST(newer_characters)
{
	struct text_name parts;

	/* Kawi digits one and two */
	text_name_parse(STR("Quill-\xF0\x91\xBD\x91\xF0\x91\xBD\x92"
			    "B"),
	    *state, &parts);
	assert_str(parts.size, STR("\xF0\x91\xBD\x91\xF0\x91\xBD\x92"
				   "B"));
	assert_str(parts.base, STR("Quill"));
	/* A Nag Mundari letter and one of CJK extension I touch the keyword. */
	text_name_parse(STR("Quill-\xF0\x9E\x93\x90"
			    "Chat"),
	    *state, &parts);
	assert_null(parts.variant.p);
	text_name_parse(STR("Quill-Q4\xF0\xAE\xAF\xB0"), *state, &parts);
	assert_null(parts.quant.p);
}

TEST(parts_outlive_later_calls)
{
	char name[] = "lab/Quill-7b-v1.0-q4_0-Chat";
	struct text_name parts, other;

	text_name_parse(
	    str_from(STR("lab/Quill-7b-v1.0-q4_0-Chat"), 4), *state, &parts);
	text_name_parse((struct str){ name, sizeof(name) - 1 }, *state, &other);
	memset(name, 'x', sizeof(name) - 1);
	assert_str(parts.base, STR("Quill"));
	assert_str(other.base, STR("lab/Quill"));
	assert_str(other.size, STR("7B"));
	assert_str(other.version, STR("v1.0"));
	assert_str(other.quant, STR("Q4_0"));
	assert_str(other.variant, STR("Chat"));
}

/* Repeats unit over 64 KiB and ends it with end; fails if a call takes more than a
 * second of CPU: they take a few milliseconds, and minutes if they were quadratic. */
static void
time_long_name(const char *unit, const char *end, struct arena *arena)
{
	static char name[64 * 1024];
	struct str s = { name, sizeof(name) };
	size_t n = strlen(unit), tail = strlen(end);
	struct text_name parts;
	clock_t start = clock();

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = unit[i % n];
	memcpy(name + sizeof(name) - tail, end, tail);
	text_name_parse(s, arena, &parts);
	(void)text_name_index_base(s, arena);
	(void)text_name_size_key(s, arena);
	if (clock() - start > CLOCKS_PER_SEC)
		fail_msg("\"%s\"...\"%s\" took %g s", unit, end,
		    (double)(clock() - start) / CLOCKS_PER_SEC);
	arena_reset(arena);
}

TEST(very_long_names)
{
	static const char *const units[] = { "1", "1.", "7.7x", "1x1", "11x11x", "v1",
		"v", "v1.", "v1.1.", "-", "-_", "a-", "q4_", "-q4", "Q4_K_M-", "chat-",
		"12-", "2024-", "7b1", "_", "/", "\n", "\xD9\xA4", "\xD9\xA4-",
		"\xCE\xA3", "\xCE\xA3'", "'", "\xC4\xB0", "\xED\xA0\x80", "\xFF",
		"\xE2" };
	static const char *const ends[] = { "", "x", ".a", "B", "-7By", "\xCE\xA3" };

	for (size_t i = 0; i < NELEM(units); i++)
		for (size_t k = 0; k < NELEM(ends); k++)
			time_long_name(units[i], ends[k], *state);
}

UNIT_FIXTURE(.setup = arena_setup, .teardown = arena_teardown);
