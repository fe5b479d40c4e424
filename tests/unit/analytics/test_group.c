/* Grouping text models (doc/reference.md 6). */
#include "fixture/analysis.h"
#include "terms/correction.h"
#include "unit.h"

#define TEXT(name, more) "\"" name "\":{\"name\":\"" name "\",\"parameters\":7" more "}"
#define STATUS(name, count)                                                            \
	"{\"performance\":5,\"queued\":1,\"jobs\":1,\"eta\":0,\"type\":\"text\","      \
	"\"name\":\"" name "\",\"count\":" count "}"
#define DOWNLOAD(url) "{\"file_name\":\"\",\"file_url\":\"" url "\"}"

/* A family of three, as in doc/reference.md 6.2. */
TEST(test_example)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("auth/Foo-7B",
		",\"baseline\":\"A\",\"description\":\"d\"") "," TEXT("Foo-13B",
		",\"baseline\":\"B\",\"nsfw\":true") "," TEXT("Foo", "") "}",
	    "[" STATUS("auth/Foo-7B", "2") "," STATUS("Foo-13B", "5") "]",
	    "{\"month\":{\"Foo-7B\":10,\"koboldcpp/Foo-13B\":100}}");
	analysis_expect(&f, VIEW_RISK_GROUPED, "total_count", "3");
	analysis_expect(&f, VIEW_RISK_GROUPED, "returned_count", "1");
	analysis_expect(&f, VIEW_RISK_GROUPED, "category_total_month_usage", "330");
	analysis_expect(
	    &f, VIEW_RISK_GROUPED, "summary/category_total_month_usage", "330");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/0",
	    "{\"name\":\"Foo\",\"category\":\"text_generation\",\"deletion_risk_"
	    "flags\":{"
	    "\"zero_usage_day\":true,\"zero_usage_month\":false,\"zero_usage_total\":"
	    "true,"
	    "\"no_active_workers\":true,\"has_multiple_hosts\":false,"
	    "\"has_non_preferred_host\":false,\"has_unknown_host\":false,"
	    "\"no_download_urls\":false,\"missing_description\":true,"
	    "\"missing_baseline\":true,\"low_usage\":false},\"at_risk\":true,"
	    "\"risk_score\":5,\"worker_count\":5,\"usage_day\":0,\"usage_month\":330,"
	    "\"usage_total\":0,\"usage_hour\":null,\"usage_minute\":null,"
	    "\"usage_percentage_of_category\":99.9999,\"usage_trend\":{"
	    "\"day_to_month_ratio\":null,\"month_to_total_ratio\":null},"
	    "\"cost_benefit_score\":null,\"size_gb\":null,\"baseline\":\"A\",\"nsfw\":"
	    "false,"
	    "\"has_description\":false,\"download_count\":0,\"download_hosts\":[],"
	    "\"backend_variations\":null,\"is_critical\":false,\"has_warning\":false}");
	analysis_free(&f);
}

/* Six equal variants, of which the sum of the shares is 100.00019999999999. */
TEST(test_percentages)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("Foo-1B", "") "," TEXT("Foo-2B", "") "," TEXT(
		"Foo-3B", "") "," TEXT("Foo-4B", "") "," TEXT("Foo-5B",
		"") "," TEXT("Foo-6B", "") "}",
	    "[]", "{\"month\":{\"Foo\":7}}");
	analysis_expect_text(
	    &f, VIEW_RISK_GROUPED, "\"usage_percentage_of_category\":100.0,");
	analysis_free(&f);
}

/* A null ratio dilutes; weights are usage_month. A: family of two names in which only
 * the exact usage differs, so the correction is needed to tell the members apart. */
TEST(test_ratios)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.settings.corrections = CORRECT_EXACT_USAGE;
	analysis_render(&f, "{" TEXT("Foo-1B", "") "," TEXT("Foo-2B", "") "}", "[]",
	    "{\"day\":{\"Foo-1B\":1},\"month\":{\"Foo-1B\":10,\"Foo-2B\":30},"
	    "\"total\":{\"Foo-1B\":100}}");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/0/usage_trend",
	    "{\"day_to_month_ratio\":0.025,\"month_to_total_ratio\":0.025}");
	analysis_free(&f);
}

/* Groups stand in the order of their most used member; one of a single model is that
 * model under its base name. */
TEST(test_singles_and_order)
{
	struct analysis f;
	const struct view *v;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("Bar\\\"-7B", "") "," TEXT("Baz", "") "," TEXT(
		"Foo-1B", "") "," TEXT("Foo-2B", "") "}",
	    "[]", "{\"month\":{\"Bar\\\"-7B\":9,\"Foo-1B\":8,\"Baz\":1}}");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/0/name", "\"Bar\\\"\"");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/0/usage_month", "9");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/1/name", "\"Foo\"");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/1/usage_month", "16");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/2/name", "\"Baz\"");
	analysis_expect(&f, VIEW_RISK, "models/0/name", "\"Bar\\\"-7B\"");
	/* The last rows of both views are the same text. */
	v = f.dir->views;
	assert_int_equal(v[VIEW_RISK_GROUPED].nrows, 3);
	analysis_expect_preset(&f, VIEW_RISK_GROUPED, PRESET_CRITICAL, "Bar\" Baz");
	analysis_free(&f);
}

/* (4 flags + 5 flags) / 2 groups would round the same; thirds do not. */
TEST(test_average_is_not_rounded)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("A", ",\"description\":\"d\"") "," TEXT("B", "") "," TEXT(
		"C", "") "}",
	    "[]", "{}");
	analysis_expect_text(
	    &f, VIEW_RISK_GROUPED, "\"average_risk_score\":2.6666666666666665,");
	analysis_expect_text(&f, VIEW_RISK, "\"average_risk_score\":2.67,");
	analysis_free(&f);
}

TEST(test_hosts)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f,
	    "{" TEXT("Foo-1B",
		",\"config\":{\"download\":[" DOWNLOAD("http://b/") "," DOWNLOAD(
		    "http://a/") "]}") "," TEXT("Foo-2B",
		",\"config\":{\"download\":[" DOWNLOAD("http://c/") "," DOWNLOAD(
		    "http://a/") "]}") "," TEXT("Foo-3B", "") "}",
	    "[]", "{}");
	analysis_expect(
	    &f, VIEW_RISK_GROUPED, "models/0/download_hosts", "[\"b\",\"a\",\"c\"]");
	analysis_expect(&f, VIEW_RISK_GROUPED, "models/0/download_count", "4");
	analysis_free(&f);
}
