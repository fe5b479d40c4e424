/* Deletion risk: above all that no flag is wrong (doc/reference.md 5). */
#include "fixture/analysis.h"
#include "terms/correction.h"
#include "unit.h"

#define IMAGE(name, more)                                                              \
	"\"" name "\":{\"name\":\"" name                                               \
	"\",\"description\":\"d\",\"baseline\":\"SD1\","                               \
	"\"nsfw\":false," more                                                         \
	"\"config\":{\"download\":[{\"file_name\":\"f\",\"file_url\":"                 \
	"\"https://huggingface.co/f\"}]}}"
#define STATUS(name, count)                                                            \
	"{\"performance\":1,\"queued\":0.0,\"jobs\":0,\"eta\":0,\"type\":\"image\","   \
	"\"name\":\"" name "\",\"count\":" count "}"

TEST(test_used_and_served)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, "{" IMAGE("A", "") "}", "[" STATUS("a", "2") "]",
	    "{\"day\":{\"a\":1},\"month\":{\"A\":4},\"total\":{\"a\":8}}");
	analysis_expect_flags(&f, VIEW_RISK, "A", "");
	analysis_expect(&f, VIEW_RISK, "models/0",
	    "{\"name\":\"A\",\"category\":\"image_generation\",\"deletion_risk_flags\":"
	    "{"
	    "\"zero_usage_day\":false,\"zero_usage_month\":false,"
	    "\"zero_usage_total\":false,\"no_active_workers\":false,"
	    "\"has_multiple_hosts\":false,\"has_non_preferred_host\":false,"
	    "\"has_unknown_host\":false,\"no_download_urls\":false,"
	    "\"missing_description\":false,\"missing_baseline\":false,"
	    "\"low_usage\":false},\"at_risk\":false,\"risk_score\":0,\"worker_count\":"
	    "2,"
	    "\"usage_day\":1,\"usage_month\":4,\"usage_total\":8,\"usage_hour\":null,"
	    "\"usage_minute\":null,\"usage_percentage_of_category\":100.0,"
	    "\"usage_trend\":{\"day_to_month_ratio\":0.25,\"month_to_total_ratio\":0.5}"
	    ","
	    "\"cost_benefit_score\":null,\"size_gb\":null,\"baseline\":\"SD1\","
	    "\"nsfw\":false,\"has_description\":true,\"download_count\":1,"
	    "\"download_hosts\":[\"huggingface.co\"],\"backend_variations\":null,"
	    "\"is_critical\":false,\"has_warning\":false}");
	analysis_free(&f);
}

/* The Horde never counted B: the reference then raises no usage flag, and does not call
 * it critical; the correction does both. */
TEST(test_never_used)
{
	const char *docs[] = { "{" IMAGE("A", "") "," IMAGE("B", "") "}", "[]",
		"{\"day\":{\"A\":0},\"month\":{\"A\":4},\"total\":{\"A\":4}}" };
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, docs[0], docs[1], docs[2]);
	analysis_expect_flags(&f, VIEW_RISK, "A", "zero_usage_day no_active_workers");
	analysis_expect_flags(&f, VIEW_RISK, "B", "no_active_workers");
	analysis_expect(&f, VIEW_RISK, "models/1/is_critical", "false");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_ZERO_USAGE, "B");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_LOW_USAGE, "");

	f.settings.corrections = CORRECT_NEVER_USED;
	analysis_render(&f, docs[0], docs[1], docs[2]);
	analysis_expect_flags(&f, VIEW_RISK, "A", "zero_usage_day no_active_workers");
	analysis_expect_flags(&f, VIEW_RISK, "B",
	    "zero_usage_day zero_usage_month zero_usage_total no_active_workers "
	    "low_usage");
	analysis_expect(&f, VIEW_RISK, "models/1/is_critical", "true");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_CRITICAL, "B");
	analysis_free(&f);
}

/* The threshold is held against the unrounded percentage: 0.0065 percent is not below
 * itself, 1 of 15385 is. */
TEST(test_low_usage_threshold)
{
	static const struct {
		const char *stats;
		const char *flags;
	} cases[] = {
		{ "{\"day\":{\"A\":1,\"B\":1},\"month\":{\"A\":1,\"B\":15384},"
		  "\"total\":{\"A\":1,\"B\":1}}",
		    "no_active_workers low_usage" },
		{ "{\"day\":{\"A\":1,\"B\":1},\"month\":{\"A\":1,\"B\":15383},"
		  "\"total\":{\"A\":1,\"B\":1}}",
		    "no_active_workers" },
		{ "{\"day\":{\"A\":1,\"B\":1},\"month\":{\"A\":13,\"B\":199987},"
		  "\"total\":{\"A\":1,\"B\":1}}",
		    "no_active_workers" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		analysis_render(&f, "{" IMAGE("A", "") "," IMAGE("B", "") "}", "[]",
		    cases[i].stats);
		analysis_expect_flags(&f, VIEW_RISK, "A", cases[i].flags);
		analysis_expect(
		    &f, VIEW_RISK, "models/1/usage_percentage_of_category", "0.0065");
	}
	analysis_free(&f);
}

#define URLS(list)                                                                     \
	"{\"A\":{\"name\":\"A\",\"description\":\"\\n\\u00a0\",\"baseline\":\"SD1\","  \
	"\"nsfw\":0,\"config\":{\"download\":[" list "]}}}"
#define URL(u) "{\"file_name\":\"\",\"file_url\":\"" u "\"}"

TEST(test_host_flags)
{
	static const struct {
		const char *reference;
		const char *flags;
		const char *hosts;
		bool warning;
	} cases[] = {
		{ URLS(""), "no_download_urls", "[]", true },
		{ URLS(URL("")), "no_download_urls", "[]", true },
		{ URLS(URL("//h.example/x")), "no_download_urls", "[\"h.example\"]",
		    true },
		{ URLS(URL("https://huggingface.co/x")), "", "[\"huggingface.co\"]",
		    false },
		{ URLS(URL("https://nothuggingface.community/x")), "",
		    "[\"nothuggingface.community\"]", false },
		{ URLS(URL("https://HuggingFace.co/x")), "has_non_preferred_host",
		    "[\"HuggingFace.co\"]", true },
		{ URLS(URL("https://a.example/x") "," URL("https://a.example/y")),
		    "has_non_preferred_host", "[\"a.example\"]", true },
		{ URLS(URL("https://a.example/x") "," URL("https://huggingface.co/y")),
		    "has_multiple_hosts", "[\"a.example\",\"huggingface.co\"]", true },
		{ URLS(URL("http://[x/") "," URL("https://huggingface.co/y")),
		    "has_unknown_host", "[\"huggingface.co\"]", true },
		{ URLS(URL("http://[x/")), "has_unknown_host no_download_urls", "[]",
		    true },
	};
	struct analysis f;
	char flags[128];

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		snprintf(flags, sizeof(flags),
		    "no_active_workers%s%s missing_description",
		    cases[i].flags[0] ? " " : "", cases[i].flags);
		analysis_render(&f, cases[i].reference, "[]", "{}");
		analysis_expect_flags(&f, VIEW_RISK, "A", flags);
		analysis_expect(
		    &f, VIEW_RISK, "models/0/download_hosts", cases[i].hosts);
		analysis_expect(&f, VIEW_RISK, "models/0/has_warning",
		    cases[i].warning ? "true" : "false");
		analysis_expect_preset(
		    &f, VIEW_RISK, PRESET_HOST_ISSUES, cases[i].warning ? "A" : "");
	}
	analysis_free(&f);
}

/* More hosts than are looked through one by one. */
TEST(test_many_hosts)
{
	char reference[8192] = "{\"A\":{\"name\":\"A\",\"baseline\":\"SD1\",\"nsfw\":0,"
			       "\"config\":{\"download\":[";
	struct analysis f;
	size_t n = strlen(reference);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(reference + n, sizeof(reference) - n,
		    "%s{\"file_name\":\"\",\"file_url\":\"http://h%d/\"}", i ? "," : "",
		    i % 20);
	snprintf(reference + n, sizeof(reference) - n, "]}}}");
	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, reference, "[]", "{}");
	analysis_expect_flags(&f, VIEW_RISK, "A",
	    "no_active_workers has_multiple_hosts has_non_preferred_host "
	    "missing_description");
	analysis_expect(&f, VIEW_RISK, "models/0/download_count", "40");
	analysis_expect(&f, VIEW_RISK, "models/0/download_hosts/19", "\"h19\"");
	analysis_expect(&f, VIEW_STATS, "download_stats/hosts/h19", "2");
	analysis_free(&f);
}

/* The score is taken from the size before rounding. */
TEST(test_size)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f,
	    "{" IMAGE("A", "\"size_on_disk_bytes\":4265380512,") "," IMAGE(
		"B", "\"size_on_disk_bytes\":\"5368709\",") "," IMAGE("C",
		"\"size_on_disk_bytes\":0,") "}",
	    "[]", "{\"month\":{\"A\":1234,\"B\":7}}");
	analysis_expect(&f, VIEW_RISK, "models/0/size_gb", "3.97");
	analysis_expect(&f, VIEW_RISK, "models/0/cost_benefit_score", "310.64");
	analysis_expect(&f, VIEW_RISK, "models/1/size_gb", "0.0");
	analysis_expect(&f, VIEW_RISK, "models/1/cost_benefit_score", "1400.0");
	analysis_expect(&f, VIEW_RISK, "models/2/size_gb", "null");
	analysis_free(&f);
}

/* Sorted by month, ties in document order; summary and preset tails over that list. */
TEST(test_order_and_summary)
{
	static const char head[] = "],\"summary\":{\"total_models\":3,";
	static const char end[] = ",\"average_risk_score\":1.0,"
				  "\"category_total_month_usage\":10}}";
	struct analysis f;
	const struct view *v;
	const char *tail;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f,
	    "{" IMAGE("A", "") "," IMAGE("B", "") "," IMAGE("C", "") "," IMAGE(
		"D", "") "}",
	    "[" STATUS("C", "1") "]",
	    "{\"day\":{\"B\":1,\"C\":2,\"D\":2},\"month\":{\"B\":5,\"C\":10,\"D\":5},"
	    "\"total\":{\"B\":5,\"C\":10,\"D\":5}}");
	analysis_expect(&f, VIEW_RISK, "models/0/name", "\"C\"");
	analysis_expect(&f, VIEW_RISK, "models/1/name", "\"B\"");
	analysis_expect(&f, VIEW_RISK, "models/2/name", "\"D\"");
	analysis_expect(&f, VIEW_RISK, "models/3/name", "\"A\"");
	analysis_expect(&f, VIEW_RISK, "category_total_month_usage", "20");
	analysis_expect(&f, VIEW_RISK, "summary",
	    "{\"total_models\":4,\"models_at_risk\":3,\"models_critical\":0,"
	    "\"models_with_warnings\":0,\"models_with_zero_day_usage\":0,"
	    "\"models_with_zero_month_usage\":0,\"models_with_zero_total_usage\":0,"
	    "\"models_with_no_active_workers\":3,\"models_with_no_downloads\":0,"
	    "\"models_with_non_preferred_hosts\":0,\"models_with_multiple_hosts\":0,"
	    "\"models_with_low_usage\":0,\"average_risk_score\":0.75,"
	    "\"category_total_month_usage\":20}");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_NO_WORKERS, "B D A");
	v = &f.dir->views[VIEW_RISK];
	tail = f.out.data + v->presets[PRESET_NO_WORKERS].tail.off;
	assert_memory_equal(tail, head, strlen(head));
	tail += v->presets[PRESET_NO_WORKERS].tail.len - strlen(end);
	assert_memory_equal(tail, end, strlen(end));
	/* Grouping and variations mean nothing for images. */
	assert_memory_equal(v, &f.dir->views[VIEW_RISK_GROUPED], sizeof(*v));
	assert_memory_equal(v, &f.dir->views[VIEW_RISK_VARIATIONS], sizeof(*v));
	analysis_free(&f);
}

/* Text models: their own thresholds, and hosts do not matter unless told. */
TEST(test_text)
{
	const char *reference =
	    "{\"A\":{\"name\":\"A\",\"parameters\":7},"
	    "\"B\":{\"name\":\"B\",\"parameters_count\":\"7\",\"description\":\"x\","
	    "\"baseline\":\" \",\"nsfw\":\"on\"}}";
	const char *stats = "{\"month\":{\"A\":9,\"B\":10}}";
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, reference, "[]", stats);
	analysis_expect_flags(&f, VIEW_RISK, "A",
	    "zero_usage_day zero_usage_total no_active_workers missing_description "
	    "missing_baseline");
	analysis_expect_flags(
	    &f, VIEW_RISK, "B", "zero_usage_day zero_usage_total no_active_workers");
	analysis_expect(&f, VIEW_RISK, "models/0/nsfw", "true");
	analysis_expect(&f, VIEW_RISK, "models/0/baseline", "\" \"");
	analysis_expect(&f, VIEW_RISK, "models/1/baseline", "null");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_CRITICAL, "A");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_MISSING_DATA, "A");
	f.settings.text_ignore_hosts = false;
	f.settings.text_critical_usage = 9;
	analysis_render(&f, reference, "[]", stats);
	analysis_expect_flags(&f, VIEW_RISK, "B",
	    "zero_usage_day zero_usage_total no_active_workers no_download_urls");
	analysis_expect_preset(&f, VIEW_RISK, PRESET_CRITICAL, "");
	analysis_free(&f);
}

/* Sums do not overflow: they stop at the largest 64-bit integer. */
TEST(test_saturation)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, "{" IMAGE("A", "") "," IMAGE("B", "") "}", "[]",
	    "{\"month\":{\"A\":9223372036854775807,\"B\":9223372036854775807}}");
	analysis_expect(
	    &f, VIEW_RISK, "category_total_month_usage", "9223372036854775807");
	analysis_expect(
	    &f, VIEW_RISK, "models/1/usage_percentage_of_category", "100.0");
	analysis_free(&f);
}
