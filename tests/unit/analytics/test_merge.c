/* Merging names with the Horde's documents (doc/reference.md 2.4, 2.5, 3.6 and 4). */
#include "fixture/analysis.h"

#include <stdlib.h>

#include "analytics/horde.h"
#include "analytics/merge.h"
#include "python/text.h"
#include "records/report.h"
#include "terms/correction.h"
#include "terms/document.h"
#include "unit.h"

#define TEXT(name) "\"" name "\":{\"name\":\"" name "\",\"parameters\":7}"
#define STATUS(name, count)                                                            \
	"{\"performance\":5,\"queued\":3072.0,\"jobs\":\"1\",\"eta\":0,\"type\":"      \
	"\"text\","                                                                    \
	"\"name\":\"" name "\",\"count\":" count "}"

/* All kinds of names that doc/reference.md 4.2 and 4.3 tell apart. */
static const char *const example_stats =
    "{\"month\":{\"koboldcpp/Foo-7B\":10,\"aphrodite/auth/Foo-7B\":100,"
    "\"Foo-7B-Q4_K_M\":1000,\"auth/Foo-13B\":10000,\"other/Foo-7B\":100000,"
    "\"KoboldCPP/Foo-7B-Q8_0\":1000000,\"aphrodite/other/Foo-7B-GGUF\":10000000,"
    "\"Foo_7B\":100000000,\"Foo-7B-Instruct\":1000000000}}";

TEST(test_family_and_exact)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{" TEXT("auth/Foo-7B") "}", "[]", example_stats);
	analysis_expect(&f, VIEW_RISK, "models/0/usage_month", "1111111110");
	analysis_expect(&f, VIEW_RISK, "models/0/backend_variations", "null");
	analysis_expect(&f, VIEW_RISK_VARIATIONS, "models/0/usage_month", "11101110");
	analysis_expect(&f, VIEW_RISK_VARIATIONS, "models/0/backend_variations",
	    "[{\"backend\":\"canonical\",\"variant_name\":\"auth/Foo-7B\","
	    "\"worker_count\":0,\"performance\":null,\"usage_day\":0,"
	    "\"usage_month\":101000,\"usage_total\":0},"
	    "{\"backend\":\"aphrodite\",\"variant_name\":\"aphrodite/auth/Foo-7B\","
	    "\"worker_count\":0,\"performance\":null,\"usage_day\":0,"
	    "\"usage_month\":10000100,\"usage_total\":0},"
	    "{\"backend\":\"koboldcpp\",\"variant_name\":\"koboldcpp/auth/Foo-7B\","
	    "\"worker_count\":0,\"performance\":null,\"usage_day\":0,"
	    "\"usage_month\":1000010,\"usage_total\":0}]");
	f.settings.corrections = CORRECT_EXACT_USAGE;
	analysis_render(&f, "{" TEXT("auth/Foo-7B") "}", "[]", example_stats);
	analysis_expect(&f, VIEW_RISK, "models/0/usage_month", "11101110");
	analysis_expect(&f, VIEW_RISK, "models/0/backend_variations", "null");
	analysis_free(&f);
}

/* The whole family counts for each of its members, and once for each. */
TEST(test_family_shared)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("a/Foo-7B") "," TEXT("Foo-13B") "," TEXT("Bar") "}", "[]",
	    "{\"month\":{\"Foo-7B\":1,\"a/Foo-7B\":2,\"koboldcpp/Foo-13B\":4,"
	    "\"aphrodite/Bar\":8},\"day\":{\"FOO-7b\":16}}");
	analysis_expect(&f, VIEW_RISK, "models/0/name", "\"Bar\"");
	analysis_expect(&f, VIEW_RISK, "models/0/usage_month", "8");
	analysis_expect(&f, VIEW_RISK, "models/1/usage_month", "7");
	analysis_expect(&f, VIEW_RISK, "models/1/usage_day", "16");
	analysis_expect(&f, VIEW_RISK, "models/2/usage_month", "7");
	analysis_free(&f);
}

/* U+0130 is a letter to the size pattern, its lower case i + U+0307 is not: two
 * spellings of one lower-case name with two families. Neither may count twice. */
TEST(test_spelling_in_two_families)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{" TEXT("x\\u01307B") "," TEXT("xi\\u03077B") "}", "[]",
	    "{\"month\":{\"x\\u01307B\":1},\"total\":{\"xi\\u03077B\":2}}");
	analysis_expect(&f, VIEW_RISK, "models/0/usage_month", "1");
	analysis_expect(&f, VIEW_RISK, "models/0/usage_total", "2");
	analysis_expect(&f, VIEW_RISK, "models/1/usage_month", "1");
	analysis_expect(&f, VIEW_RISK, "models/1/usage_total", "2");
	analysis_free(&f);
}

/* The later spelling wins; a duplicate key has the last value at the first place. */
TEST(test_case_collisions)
{
	static const struct {
		const char *stats;
		const char *month;
		uint64_t skipped;
	} cases[] = {
		{ "{\"month\":{\"A\":1,\"a\":2}}", "2", 0 },
		{ "{\"month\":{\"a\":2,\"A\":1}}", "1", 0 },
		{ "{\"month\":{\"A\":1,\"a\":2,\"A\":3}}", "2", 0 },
		{ "{\"month\":{\"a\":2,\"A\":\"x\"}}", "2", 1 },
		{ "{\"month\":{\"a\":\"x\",\"a\":2}}", "2", 0 },
		{ "{\"month\":{\"a\":2,\"b\":-1,\"c\":9223372036854775808,\"d\":1.5}}",
		    "2", 3 },
		{ "{\"month\":{\"a\":9},\"month\":{\"a\":\" 2 \"},\"week\":[]}", "2",
		    0 },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		analysis_render(&f, "{" TEXT("A") "}", "[]", cases[i].stats);
		analysis_expect(&f, VIEW_RISK, "models/0/usage_month", cases[i].month);
		assert_int_equal(f.report.skipped, cases[i].skipped);
	}
	analysis_free(&f);
}

/* The variant with the most workers counts; quantised names do not. */
TEST(test_status)
{
	static const struct {
		const char *status;
		const char *workers;
		uint64_t skipped;
	} cases[] = {
		{ "[]", "0", 0 },
		{ "[" STATUS("A/FOO", "2") "," STATUS("koboldcpp/foo", "3") "," STATUS(
		      "aphrodite/a/foo", "1") "]",
		    "3", 0 },
		{ "[" STATUS("koboldcpp/a/foo", "2") "," STATUS(
		      "koboldcpp/Foo-Q8_0", "3") "]",
		    "0", 0 },
		{ "[" STATUS("a/foo", "2") "," STATUS("A/foo", "1") "]", "1", 0 },
		{ "[" STATUS("a/foo", "2") "," STATUS("A/foo", "-1") "]", "2", 1 },
		{ "[" STATUS("a/foo", "2") "," STATUS("A/foo", "1.5") ",{},7]", "2",
		    3 },
		{ "[{\"name\":\"a/foo\",\"performance\":NaN,\"queued\":1,\"jobs\":1,"
		  "\"eta\":1,\"type\":\"text\",\"count\":2}]",
		    "2", 0 },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		analysis_render(&f, "{" TEXT("a/Foo") "}", cases[i].status, "{}");
		analysis_expect(
		    &f, VIEW_RISK, "models/0/worker_count", cases[i].workers);
		assert_int_equal(f.report.skipped, cases[i].skipped);
	}
	/* A performance that JSON has no number for. */
	analysis_expect(&f, VIEW_RISK_VARIATIONS,
	    "models/0/backend_variations/0/performance", "null");
	analysis_free(&f);
}

/* A reference name with a prefix: its own koboldcpp variant is itself, so its status
 * is the canonical one while its usage is the backend's. */
TEST(test_prefixed_name)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{" TEXT("koboldcpp/Foo") "}",
	    "[" STATUS("koboldcpp/Foo", "2") "]",
	    "{\"month\":{\"koboldcpp/foo\":4,\"foo\":8}}");
	analysis_expect(&f, VIEW_RISK_VARIATIONS, "models/0/usage_month", "4");
	analysis_expect(&f, VIEW_RISK_VARIATIONS, "models/0/backend_variations",
	    "[{\"backend\":\"canonical\",\"variant_name\":\"koboldcpp/Foo\","
	    "\"worker_count\":2,\"performance\":5.0,\"usage_day\":0,\"usage_month\":0,"
	    "\"usage_total\":0},{\"backend\":\"koboldcpp\",\"variant_name\":"
	    "\"koboldcpp/koboldcpp/Foo\",\"worker_count\":0,\"performance\":null,"
	    "\"usage_day\":0,\"usage_month\":4,\"usage_total\":0}]");
	analysis_free(&f);
}

TEST(test_refused)
{
	static const struct {
		const char *status;
		const char *stats;
		enum document_kind refused;
		const char *reason;
	} cases[] = {
		{ "{}", "{}", DOCUMENT_STATUS, "not a JSON array" },
		{ "[", "{}", DOCUMENT_STATUS, NULL },
		{ "[1,{}]", "{}", DOCUMENT_STATUS, "none of its 2 elements is valid" },
		{ "[]", "null", DOCUMENT_STATS, "not a JSON object" },
		{ "[]", "{\"day\":null}", DOCUMENT_STATS, "day: not an object" },
		{ "[]", "{\"day\":{\"a\":-1,\"b\":null}}", DOCUMENT_STATS,
		    "not one of its entries is valid" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		assert_int_equal(analysis_try(&f, "{" TEXT("A") "}", cases[i].status,
				     cases[i].stats),
		    -1);
		assert_int_equal(f.report.refused, cases[i].refused);
		if (cases[i].reason != NULL)
			assert_string_equal(f.report.reason, cases[i].reason);
	}
	analysis_free(&f);
}

TEST(test_skips_are_named)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{" TEXT("A") "}",
	    "[" STATUS("a", "1") "," STATUS("b", "null") "]",
	    "{\"day\":{\"a\":1,\"x\\ny\\\"\":-1}}");
	assert_string_equal(f.skipped,
	    "status element 1: count: not an integer of 64 bits\n"
	    "stats day \"x?y?\": not a count of 63 bits\n");
	assert_int_equal(f.dir->skipped, 2);
	analysis_free(&f);
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
	struct str lower = unicode_lower(name, arena);
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
