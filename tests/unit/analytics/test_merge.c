/* Merging names with the Horde's documents (doc/reference.md 2.4, 2.5, 3.6 and 4). */
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"

#include <stdlib.h>

#include "analytics/horde.h"
#include "analytics/merge.h"
#include "python/text.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/merge.json"

static void
texts(const char *name)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, name);
}

/* All kinds of names that doc/reference.md 4.2 and 4.3 tell apart. */
TEST(test_family_and_exact)
{
	texts("family_and_exact");
}

/* The whole family counts for each of its members, and once for each. */
TEST(test_family_shared)
{
	texts("family_shared");
}

/* U+0130 is a letter to the size pattern, its lower case i + U+0307 is not: two
 * spellings of one lower-case name with two families. Neither may count twice. */
TEST(test_spelling_in_two_families)
{
	texts("spelling_in_two_families");
}

/* The later spelling wins; a duplicate key has the last value at the first place. */
TEST(test_case_collisions)
{
	texts("case_collisions");
}

/* The variant with the most workers counts; quantised names do not. */
TEST(test_status)
{
	texts("status");
}

/* A reference name with a prefix: its own koboldcpp variant is itself, so its status
 * is the canonical one while its usage is the backend's. */
TEST(test_prefixed_name)
{
	texts("prefixed_name");
}

TEST(test_refused)
{
	static const struct {
		const char *status;
		const char *stats; /* with ' for " */
		enum document_kind refused;
		const char *reason;
	} cases[] = {
		{ "{}", "{}", DOCUMENT_STATUS, "not a JSON array" },
		{ "[", "{}", DOCUMENT_STATUS, NULL },
		{ "[1,{}]", "{}", DOCUMENT_STATUS, "none of its 2 elements is valid" },
		{ "[]", "null", DOCUMENT_STATS, "not a JSON object" },
		{ "[]", "{'day':null}", DOCUMENT_STATS, "day: not an object" },
		{ "[]", "{'day':{'a':-1,'b':null}}", DOCUMENT_STATS,
		    "not one of its entries is valid" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		assert_int_equal(analysis_try(&f, "{}", cases[i].status,
				     json_text_of("%s", cases[i].stats)),
		    -1);
		assert_int_equal(f.report.refused, cases[i].refused);
		if (cases[i].reason != NULL)
			assert_string_equal(f.report.reason, cases[i].reason);
	}
	analysis_free(&f);
}

TEST(test_skips_are_named)
{
	texts("skips_are_named");
}

/* The vectors of the reference, over real documents. */
static struct buf
read_shared(const char *path)
{
	const char *shared = getenv("HYDRATORD_SHARED");
	char name[4096];
	struct buf b = { 0 };
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", shared, path);
	f = fopen(name, "re");
	if (f == NULL)
		fail_msg("cannot open %s", name);
	while ((n = fread(buf_reserve(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	fclose(f);
	return b;
}

static void
expect_usage(const char *name, const json_t *want, const struct usage *got)
{
	for (size_t p = 0; p < PERIOD_MAX; p++) {
		json_int_t n =
		    want == NULL ? 0 : json_integer_value(json_array_get(want, p));

		if (n != got->n[p])
			fail_msg("%s: period %zu: %lld, want %lld", name, p,
			    (long long)got->n[p], (long long)n);
	}
}

static void
expect_vector(
    struct horde *h, json_t *vector, struct merge_lookup *lookup, struct arena *arena)
{
	static const char *const backends[] = { "canonical", "aphrodite", "koboldcpp" };
	const char *text = json_string_value(json_object_get(vector, "name"));
	struct str name = { text, strlen(text) };
	json_t *status = json_object_get(vector, "status");
	struct str lower = text_lower(name, arena);
	const struct name_part *part;
	struct merged m;

	part = horde_part_at(h, horde_part(h, name, arena));
	merge_begin(h, lower, lookup);
	merge_end(h, name, lower, part, lookup, &m);
	expect_usage(text, json_object_get(vector, "aggregated"), &m.family);
	expect_usage(text, json_object_get(vector, "exact"), &m.exact);
	for (int b = 0; b < BACKEND_MAX; b++) {
		struct usage u = merge_backend_usage(h, &m, b);

		expect_usage(text,
		    json_object_get(
			json_object_get(vector, "exact_by_backend"), backends[b]),
		    &u);
	}
	assert_int_equal(
	    json_integer_value(json_object_get(status, "count")), m.workers);
}

static void
check_vectors(json_t *vectors, enum category category, const char *kind)
{
	char path[64];
	struct buf status, stats;
	struct arena *arena = arena_new();
	struct merge_lookup lookup = { 0 };
	struct report report = { 0 };
	struct analytics_input in = { .category = category };
	struct analysis f;
	struct horde horde;
	json_t *vector;
	size_t i;

	snprintf(path, sizeof(path), "current/real-1/horde/status_%s.json", kind);
	status = read_shared(path);
	snprintf(path, sizeof(path), "current/real-1/horde/stats_%s.json", kind);
	stats = read_shared(path);
	analysis_init(&f, category);
	assert_int_equal(analysis_open(&f, DOCUMENT_STATUS,
			     (struct str){ status.data, status.len }, &in.status),
	    0);
	assert_int_equal(analysis_open(&f, DOCUMENT_STATS,
			     (struct str){ stats.data, stats.len }, &in.stats),
	    0);
	assert_int_equal(horde_read(&in, true, arena, &horde, &report), 0);
	assert_true(json_array_size(vectors) > 100);
	json_array_foreach(vectors, i, vector)
	    expect_vector(&horde, vector, &lookup, arena);
	merge_free(&lookup);
	arena_free(&arena);
	buf_free(&status);
	buf_free(&stats);
}

TEST(test_shared_vectors)
{
	struct buf text;
	json_error_t error;
	json_t *root;

	if (getenv("HYDRATORD_SHARED") == NULL)
		skip();
	text = read_shared("spec/merge_real1.json");
	root = json_loadb(text.data, text.len, 0, &error);
	assert_non_null(root);
	check_vectors(json_object_get(root, "image_generation"),
	    CATEGORY_IMAGE_GENERATION, "image");
	check_vectors(
	    json_object_get(root, "text_generation"), CATEGORY_TEXT_GENERATION, "text");
	json_decref(root);
	buf_free(&text);
}
