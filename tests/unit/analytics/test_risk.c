/* Deletion risk: above all that no flag is wrong (doc/reference.md 5). */
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/risk.json"

static void
images(const char *name)
{
	analysis_cases(CATEGORY_IMAGE_GENERATION, FILE_OF_CASES, name);
}

TEST(test_used_and_served)
{
	images("used_and_served");
}

/* The Horde never counted B: the reference then raises no usage flag, and does not call
 * it critical; the correction does both. */
TEST(test_never_used)
{
	images("never_used");
}

/* The threshold is held against the unrounded percentage: 0.0065 percent is not below
 * itself, 1 of 15385 is. */
TEST(test_low_usage_threshold)
{
	images("low_usage_threshold");
}

TEST(test_host_flags)
{
	images("host_flags");
}

/* More hosts than are looked through one by one. */
TEST(test_many_hosts)
{
	struct buf reference = { 0 };
	struct analysis f;

	json_text_put(&reference,
	    "{'A':{'name':'A','baseline':'SD1','nsfw':0,'config':{'download':[");
	for (int i = 0; i < 40; i++)
		json_text_put(&reference, "%s{'file_name':'','file_url':'http://h%d/'}",
		    i ? "," : "", i % 20);
	buf_add(&reference, "]}}}", 5);
	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, reference.data, "[]", "{}");
	buf_free(&reference);
	analysis_expect_flags(&f, VIEW_RISK, "A",
	    "no_active_workers has_multiple_hosts has_non_preferred_host "
	    "missing_description");
	analysis_expect(&f, VIEW_RISK, "models/0/download_count", "40");
	analysis_expect(
	    &f, VIEW_RISK, "models/0/download_hosts/19", json_text_of("'h19'"));
	analysis_expect(&f, VIEW_STATS, "download_stats/hosts/h19", "2");
	analysis_free(&f);
}

/* The score is taken from the size before rounding. */
TEST(test_size)
{
	images("size");
}

/* Sorted by month, ties in document order; summary and preset tails over that list. */
TEST(test_order_and_summary)
{
	const char *head = json_text_of("],'summary':{'total_models':3,");
	const char *end =
	    json_text_of(",'average_risk_score':1.0,'category_total_month_usage':10}}");
	struct analysis f;
	const struct view *v;
	const char *tail;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "order_and_summary");
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
	struct analysis f;
	struct cases c;

	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "text");
	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.settings.text_ignore_hosts = false;
	f.settings.text_critical_usage = 9;
	for (cases_open(&c, FILE_OF_CASES, "text_with_other_settings"); cases_next(&c);)
		analysis_case(&f, &c);
	analysis_free(&f);
}

/* Sums do not overflow: they stop at the largest 64-bit integer. */
TEST(test_saturation)
{
	images("saturation");
}
