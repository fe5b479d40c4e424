/* Category statistics, plain and grouped (doc/reference.md 7). */
#include "fixture/analysis.h"
#include "terms/correction.h"
#include "unit.h"

static void
expect_body(const struct analysis *f, enum view_kind kind, const char *expected)
{
	const struct view *v = &f->dir->views[kind];
	const char *body = f->out.data + v->body.off;

	if (v->body.len != strlen(expected) || memcmp(body, expected, v->body.len) != 0)
		fail_msg("%.*s\nwant %s", (int)v->body.len, body, expected);
}

TEST(test_empty)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_ESRGAN);
	analysis_render(&f, "{}", NULL, NULL);
	assert_int_equal(f.dir->raw_entries, 0);
	expect_body(&f, VIEW_STATS,
	    "{\"category\":\"esrgan\",\"total_models\":0,\"returned_models\":0,"
	    "\"offset\":0,\"limit\":null,\"nsfw_count\":0,\"baseline_distribution\":{},"
	    "\"download_stats\":{\"total_models_with_downloads\":0,"
	    "\"total_download_entries\":0,\"total_size_bytes\":0,"
	    "\"models_with_size_info\":0,\"average_size_bytes\":0.0,\"hosts\":{}},"
	    "\"top_tags\":[],\"top_styles\":[],\"parameter_buckets\":[],"
	    "\"models_without_param_info\":0,\"models_with_trigger_words\":0,"
	    "\"models_with_inpainting\":0,\"models_with_requirements\":0,"
	    "\"models_with_showcases\":0,\"computed_at\":1700000000}");
	analysis_free(&f);
}

TEST(test_raw)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_BLIP);
	analysis_render(&f,
	    "{\"a\":{\"nsfw\":\"false\",\"baseline\":1.0,\"style\":[\"x\"],"
	    "\"tags\":[\"t\",\"t\",\"\",true,\"u\"],\"size_on_disk_bytes\":1.9,"
	    "\"showcases\":[0],\"trigger\":[1],\"inpainting\":1,\"parameters_count\":5,"
	    "\"config\":{\"download\":[7,{\"file_url\":\"http://[/\"},"
	    "{\"file_url\":\"//h:1/x\"},{\"file_url\":8},{\"file_url\":\"http://g/"
	    "\"}]}},"
	    "\"b\":7,"
	    "\"c\":{\"nsfw\":0,\"baseline\":\"\",\"style\":\"\\ud800\",\"tags\":\"t\","
	    "\"size_on_disk_bytes\":true,\"showcases\":{},\"config\":{\"download\":"
	    "\"xy\"}},"
	    "\"d\":{\"baseline\":1.0,\"size_on_disk_bytes\":1e400,"
	    "\"config\":{\"download\":[{\"file_url\":\"http://g/\"}]}}}",
	    NULL, NULL);
	assert_string_equal(f.skipped, "reference record \"b\": not an object\n");
	expect_body(&f, VIEW_STATS,
	    "{\"category\":\"blip\",\"total_models\":4,\"returned_models\":4,"
	    "\"offset\":0,\"limit\":null,\"nsfw_count\":1,\"baseline_distribution\":{"
	    "\"1.0\":{\"baseline\":\"1.0\",\"count\":2,\"percentage\":50.0}},"
	    "\"download_stats\":{\"total_models_with_downloads\":2,"
	    "\"total_download_entries\":6,\"total_size_bytes\":2,"
	    "\"models_with_size_info\":2,\"average_size_bytes\":1.0,"
	    "\"hosts\":{\"g\":2,\"h:1\":1}},\"top_tags\":[{\"tag\":\"t\",\"count\":2,"
	    "\"percentage\":50.0},{\"tag\":\"True\",\"count\":1,\"percentage\":25.0},"
	    "{\"tag\":\"u\",\"count\":1,\"percentage\":25.0}],\"top_styles\":[{\"tag\":"
	    "\"['x']\",\"count\":1,\"percentage\":25.0}],\"parameter_buckets\":[],"
	    "\"models_without_param_info\":0,\"models_with_trigger_words\":0,"
	    "\"models_with_inpainting\":0,\"models_with_requirements\":0,"
	    "\"models_with_showcases\":1,\"computed_at\":1700000000}");
	analysis_free(&f);
}

/* A tag that every record has twice: the reference fails. */
TEST(test_above_hundred)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_LORA);
	analysis_render(&f, "{\"a\":{\"tags\":[\"t\",\"t\"]}}", NULL, NULL);
	analysis_expect(&f, VIEW_STATS, "top_tags/0/percentage", "100.0");
	analysis_free(&f);
}

TEST(test_image_counts)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f,
	    "{\"a\":{\"name\":\"a\",\"baseline\":\"SD1\",\"nsfw\":1,\"trigger\":[\"x\"]"
	    ","
	    "\"inpainting\":true,\"requirements\":{\"r\":1},\"showcases\":[\"s\"]},"
	    "\"b\":{\"name\":\"b\",\"baseline\":\"SD1\",\"nsfw\":0,\"trigger\":[],"
	    "\"inpainting\":false,\"requirements\":{},\"showcases\":[]}}",
	    "[]", "{}");
	analysis_expect(&f, VIEW_STATS, "models_with_trigger_words", "1");
	analysis_expect(&f, VIEW_STATS, "models_with_inpainting", "1");
	analysis_expect(&f, VIEW_STATS, "models_with_requirements", "1");
	analysis_expect(&f, VIEW_STATS, "models_with_showcases", "1");
	assert_int_equal(f.dir->views[VIEW_STATS_GROUPED].body.off,
	    f.dir->views[VIEW_STATS].body.off);
	analysis_free(&f);
}

TEST(test_parameter_buckets)
{
	const char *reference =
	    "{\"a\":{\"name\":\"a\",\"parameters\":3000000000},"
	    "\"b\":{\"name\":\"b\",\"parameters\":1,\"parameters_count\":2999999999.9},"
	    "\"c\":{\"name\":\"c\",\"parameters\":70000000000},"
	    "\"d\":{\"name\":\"d\",\"parameters\":0}}";
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, reference, "[]", "{}");
	analysis_expect(&f, VIEW_STATS, "models_without_param_info", "3");
	analysis_expect(&f, VIEW_STATS, "parameter_buckets",
	    "[{\"bucket_label\":\"< 3B\",\"min_params\":0,\"max_params\":3000000000,"
	    "\"count\":1,\"percentage\":25.0}]");
	f.settings.corrections = CORRECT_PARAMETER_BUCKETS;
	analysis_render(&f, reference, "[]", "{}");
	analysis_expect(&f, VIEW_STATS, "models_without_param_info", "1");
	analysis_expect(&f, VIEW_STATS, "parameter_buckets",
	    "[{\"bucket_label\":\"< 3B\",\"min_params\":0,\"max_params\":3000000000,"
	    "\"count\":1,\"percentage\":25.0},{\"bucket_label\":\"3B-6B\","
	    "\"min_params\":3000000000,\"max_params\":6000000000,\"count\":1,"
	    "\"percentage\":25.0},{\"bucket_label\":\"> "
	    "70B\",\"min_params\":70000000000,"
	    "\"max_params\":null,\"count\":1,\"percentage\":25.0}]");
	analysis_free(&f);
}

TEST(test_top_twenty)
{
	char reference[1024] = "{\"a\":{\"tags\":[";
	struct analysis f;
	size_t n = strlen(reference);
	json_t *root;

	for (int i = 0; i < 30; i++)
		n += (size_t)snprintf(
		    reference + n, sizeof(reference) - n, "%s\"t%d\"", i ? "," : "", i);
	snprintf(reference + n, sizeof(reference) - n, ",\"t29\"]}}");
	analysis_init(&f, CATEGORY_TI);
	analysis_render(&f, reference, NULL, NULL);
	root = analysis_body(&f, VIEW_STATS);
	assert_int_equal(json_array_size(json_object_get(root, "top_tags")), 20);
	json_decref(root);
	analysis_expect(&f, VIEW_STATS, "top_tags/0/tag", "\"t29\"");
	analysis_expect(&f, VIEW_STATS, "top_tags/19/tag", "\"t18\"");
	analysis_free(&f);
}

#define TEXT(key, more) "\"" key "\":{\"name\":\"" key "\",\"parameters\":7" more "}"
#define CONFIG(list) ",\"config\":{\"download\":" list "}"
#define ENTRY(host) "{\"file_name\":\"\",\"file_url\":\"http://" host "/\"}"

/* The first record of a group stands for it, with everyone's downloads. */
TEST(test_grouped)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("Foo-1B", ",\"nsfw\":true,\"tags\":[\"x\"]") "," TEXT(
		"Bar", CONFIG("[" ENTRY("b") "]")) "," TEXT("Foo-2B",
		",\"tags\":[\"y\"]" CONFIG("[" ENTRY("c") "," ENTRY("b") "]")) "}",
	    "[]", "{}");
	analysis_expect(&f, VIEW_STATS, "download_stats/hosts", "{\"b\":2,\"c\":1}");
	analysis_expect(&f, VIEW_STATS_GROUPED, "total_models", "2");
	analysis_expect(&f, VIEW_STATS_GROUPED, "nsfw_count", "1");
	analysis_expect(&f, VIEW_STATS_GROUPED, "top_tags",
	    "[{\"tag\":\"x\",\"count\":1,\"percentage\":50.0}]");
	analysis_expect(
	    &f, VIEW_STATS_GROUPED, "download_stats/total_models_with_downloads", "2");
	analysis_expect(
	    &f, VIEW_STATS_GROUPED, "download_stats/total_download_entries", "3");
	analysis_free(&f);
}

/* What the reference fails on is left out: a list that is none. */
TEST(test_grouped_odd_configs)
{
	static const struct {
		const char *first;
		const char *later;
		const char *entries;
	} cases[] = {
		{ CONFIG("null"), CONFIG("[" ENTRY("a") "]"), "0" },
		{ CONFIG("{\"k\":1}"), CONFIG("[" ENTRY("a") "]"), "0" },
		{ ",\"config\":null", CONFIG("[" ENTRY("a") "]"), "0" },
		{ ",\"config\":{}", CONFIG("[" ENTRY("a") "]"), "1" },
		{ "", CONFIG("[" ENTRY("a") "]"), "1" },
		{ CONFIG("[" ENTRY("a") "]"), ",\"config\":null", "1" },
		{ CONFIG("[" ENTRY("a") "]"), CONFIG("7"), "1" },
	};
	struct analysis f;
	char reference[1024];

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		snprintf(reference, sizeof(reference),
		    "{\"Foo-1B\":{\"name\":\"Foo-1B\",\"parameters\":7%s},"
		    "\"Foo-2B\":{\"name\":\"Foo-2B\",\"parameters\":7%s}}",
		    cases[i].first, cases[i].later);
		analysis_render(&f, reference, "[]", "{}");
		analysis_expect(&f, VIEW_STATS_GROUPED, "total_models", "1");
		analysis_expect(&f, VIEW_STATS_GROUPED,
		    "download_stats/total_download_entries", cases[i].entries);
	}
	analysis_free(&f);
}
