/* Which records are valid (doc/reference.md 2.3): one that is not is skipped and named,
 * and takes nothing else with it. */
#include "fixture/analysis.h"
#include "unit.h"

#define GOOD_IMAGE "\"name\":\"A\",\"baseline\":\"SD1\",\"nsfw\":false"
#define GOOD_TEXT "\"name\":\"A\",\"parameters\":7"

struct record_case {
	const char *members;
	const char *why; /* NULL: valid */
};

/* Renders {"good": ..., "bad": {members}} and looks at what was skipped. */
static void
check_cases(enum category category, const struct record_case *cases, size_t n)
{
	const char *good = category == CATEGORY_IMAGE_GENERATION
			       ? "\"name\":\"good\",\"baseline\":\"SD1\",\"nsfw\":false"
			       : "\"name\":\"good\",\"parameters\":7";
	struct analysis f;
	char text[1024], skipped[512];

	analysis_init(&f, category);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "{\"good\":{%s},\"key\":{%s}}", good,
		    cases[i].members);
		skipped[0] = '\0';
		if (cases[i].why != NULL)
			snprintf(skipped, sizeof(skipped),
			    "reference record \"key\": %s\n", cases[i].why);
		analysis_render(&f, text, "[]", "{}");
		if (strcmp(f.skipped, skipped) != 0)
			fail_msg(
			    "%s: %s; want %s", cases[i].members, f.skipped, skipped);
		assert_int_equal(f.dir->raw_entries, 2);
		assert_int_equal(f.dir->typed_entries, cases[i].why == NULL ? 2 : 1);
		assert_int_equal(f.dir->skipped, cases[i].why != NULL);
		analysis_expect(&f, VIEW_STATS, "total_models", "2");
	}
	analysis_free(&f);
}

/* Records with a baseline that nobody told us of are there like any other, and
 * counted. */
TEST(test_new_baselines)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f,
	    "{\"A\":{\"name\":\"A\",\"baseline\":\"flux_9\",\"nsfw\":0},"
	    "\"B\":{\"name\":\"B\",\"baseline\":\"krea2_turbo\",\"nsfw\":0},"
	    "\"C\":{\"name\":\"C\",\"baseline\":\"anima_turbo\",\"nsfw\":0},"
	    "\"D\":{\"name\":\"D\",\"baseline\":\"\",\"nsfw\":0},"
	    "\"E\":{\"name\":\"E\",\"baseline\":\"Anima\",\"nsfw\":0},"
	    "\"F\":{\"name\":\"F\",\"baseline\":\"flux_9\",\"nsfw\":0}}",
	    "[]", "{}");
	assert_string_equal(f.skipped, "");
	assert_string_equal(f.new_baselines, "flux_9\n\nAnima\nflux_9\n");
	assert_int_equal(f.dir->new_baselines, 4);
	assert_int_equal(f.dir->typed_entries, 6);
	analysis_expect(&f, VIEW_RISK, "models/0/baseline", "\"flux_9\"");
	analysis_expect_flags(&f, VIEW_RISK, "D",
	    "no_active_workers no_download_urls missing_description missing_baseline");
	f.category = CATEGORY_TEXT_GENERATION;
	analysis_render(&f,
	    "{\"A\":{\"name\":\"A\",\"baseline\":\"x\",\"parameters\":1}}", "[]", "{}");
	assert_string_equal(f.new_baselines, "");
	assert_int_equal(f.dir->new_baselines, 0);
	analysis_free(&f);
}

TEST(test_image)
{
	static const struct record_case cases[] = {
		{ GOOD_IMAGE, NULL },
		{ "\"baseline\":\"SD1\",\"nsfw\":false", "name: required" },
		{ "\"name\":1,\"baseline\":\"SD1\",\"nsfw\":false",
		    "name: not a string" },
		{ "\"name\":\"\\ud800\",\"baseline\":\"SD1\",\"nsfw\":0",
		    "name: not Unicode" },
		{ "\"name\":\"\",\"baseline\":\"SD1\",\"nsfw\":\"YES\"", NULL },
		{ "\"name\":\"A\",\"nsfw\":false", "baseline: required" },
		{ "\"name\":\"A\",\"baseline\":\"\",\"nsfw\":0", NULL },
		{ "\"name\":\"A\",\"baseline\":\"sdxl\",\"nsfw\":0", NULL },
		{ "\"name\":\"A\",\"baseline\":\"\\ud800\",\"nsfw\":0",
		    "baseline: not Unicode" },
		{ "\"name\":\"A\",\"baseline\":7,\"nsfw\":0",
		    "baseline: not a string" },
		{ "\"name\":\"A\",\"baseline\":null,\"nsfw\":0",
		    "baseline: not a string" },
		{ "\"name\":\"A\",\"baseline\":\"SD1\"", "nsfw: required" },
		{ "\"name\":\"A\",\"baseline\":\"SD1\",\"nsfw\":null",
		    "nsfw: not a boolean" },
		{ "\"name\":\"A\",\"baseline\":\"SD1\",\"nsfw\":2",
		    "nsfw: not a boolean" },
		{ GOOD_IMAGE ",\"style\":\" anime \"", NULL },
		{ GOOD_IMAGE ",\"style\":null", NULL },
		{ GOOD_IMAGE ",\"style\":\"\"", "style: not a known value" },
		{ GOOD_IMAGE ",\"version\":1", "version: not a string" },
		{ GOOD_IMAGE ",\"record_type\":null", "record_type: not a string" },
		{ GOOD_IMAGE ",\"description\":null,\"tags\":null,\"unknown\":{}",
		    NULL },
		{ GOOD_IMAGE ",\"tags\":[\"a\",1]", "tags[1]: not a string" },
		{ GOOD_IMAGE ",\"trigger\":{}", "trigger: not an array" },
		{ GOOD_IMAGE ",\"min_bridge_version\":\"0_1\"", NULL },
		{ GOOD_IMAGE ",\"min_bridge_version\":1.5",
		    "min_bridge_version: not an integer of 64 bits" },
		{ GOOD_IMAGE ",\"size_on_disk_bytes\":9223372036854775808",
		    "size_on_disk_bytes: not an integer of 64 bits" },
		{ GOOD_IMAGE
		    ",\"requirements\":{\"a\":[1,\"2\",true],\"b\":[\"x\"],\"c\":1e3}",
		    NULL },
		{ GOOD_IMAGE ",\"requirements\":{\"a\":[true,\"x\"]}",
		    "requirements: a mixed array" },
		{ GOOD_IMAGE ",\"requirements\":{\"a\":null}",
		    "requirements: has a null or nested value" },
		{ GOOD_IMAGE ",\"requirements\":{\"a\":null,\"a\":1}", NULL },
		{ GOOD_IMAGE ",\"metadata\":null", "metadata: not an object" },
		{ GOOD_IMAGE ",\"metadata\":{\"created_at\":\"x\"}",
		    "metadata.created_at: not an integer of 64 bits" },
		{ GOOD_IMAGE ",\"finetune_series\":{}",
		    "finetune_series.name: required" },
		{ GOOD_IMAGE ",\"model_classification\":{\"domain\":\"image\"}",
		    "model_classification.purpose: required" },
		{ GOOD_IMAGE ",\"config\":null", "config: not an object" },
		{ GOOD_IMAGE ",\"config\":{\"download\":null}",
		    "config.download: not an array" },
		{ GOOD_IMAGE ",\"config\":{\"download\":[{\"file_name\":\"\","
			     "\"file_url\":\"\"},{\"file_name\":\"\"}]}",
		    "config.download[1].file_url: required" },
		{ GOOD_IMAGE ",\"config\":{\"download\":[7]}",
		    "config.download[0]: not an object" },
		{ GOOD_IMAGE ",\"config\":{\"download\":[{\"file_name\":\"\","
			     "\"file_url\":\"http://\\udfff/\"}]}",
		    "config.download[0].file_url: host is not Unicode" },
		{ GOOD_IMAGE ",\"config\":{\"embedded_component_hashes\":{\"a\":1}}",
		    "config.embedded_component_hashes: not a string" },
		/* An invalid duplicate that is replaced never was. */
		{ "\"name\":7,\"na\\u006de\":\"A\",\"baseline\":0,\"baseline\":\"SD1\","
		  "\"nsfw\":null,\"nsfw\":1",
		    NULL },
	};

	check_cases(CATEGORY_IMAGE_GENERATION, cases, NELEM(cases));
}

TEST(test_text)
{
	static const struct record_case cases[] = {
		{ GOOD_TEXT, NULL },
		{ "\"name\":\"A\"", "parameters: required" },
		{ "\"name\":\"A\",\"parameters_count\":7", NULL },
		{ "\"name\":\"A\",\"parameters\":null,\"parameters_count\":7",
		    "parameters: not an integer of 64 bits" },
		{ GOOD_TEXT ",\"parameters_count\":\"x\"", NULL },
		{ GOOD_TEXT ",\"baseline\":\"anything\",\"style\":\"\"", NULL },
		{ GOOD_TEXT ",\"baseline\":7", "baseline: not a string" },
		{ GOOD_TEXT ",\"baseline\":\"\\ud800\"", "baseline: not Unicode" },
		{ GOOD_TEXT ",\"nsfw\":null", "nsfw: not a boolean" },
		{ GOOD_TEXT ",\"settings\":[]", "settings: not an object" },
		/* Members of the other category are unknown, whatever they hold. */
		{ GOOD_TEXT ",\"trigger\":7,\"homepage\":7", NULL },
		{ GOOD_TEXT ",\"url\":7", "url: not a string" },
	};

	check_cases(CATEGORY_TEXT_GENERATION, cases, NELEM(cases));
}

/* Keyed by name: a name that comes again replaces the record, in its place. */
TEST(test_duplicates)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{\"k1\":{\"name\":\"A\",\"parameters\":7,\"baseline\":\"old\"},"
	    "\"k2\":{\"name\":\"B\",\"parameters\":7},"
	    "\"k3\":{\"name\":\"A\",\"parameters\":7,\"baseline\":\"new\"},"
	    "\"k2\":{\"name\":\"C\",\"parameters\":7}}",
	    "[]", "{}");
	assert_int_equal(f.dir->raw_entries, 3);
	assert_int_equal(f.dir->typed_entries, 2);
	analysis_expect(&f, VIEW_RISK, "models/0/name", "\"A\"");
	analysis_expect(&f, VIEW_RISK, "models/0/baseline", "\"new\"");
	analysis_expect(&f, VIEW_RISK, "models/1/name", "\"C\"");
	analysis_expect(&f, VIEW_STATS, "baseline_distribution/old/count", "1");
	analysis_free(&f);
}
