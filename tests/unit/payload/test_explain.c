/* Why a model is at risk, in words; that it agrees with the analytics is asked of a
 * daemon (tests/system/test_ctl_model.py). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "payload/explain.h"
#include "unit.h"

static const struct explain_rule images = { .category = CATEGORY_IMAGE_GENERATION,
	.low_usage_percent = 0.0065,
	.preferred_hosts = STR("{ \"huggingface.co\" }") };
static const struct explain_rule texts = { .category = CATEGORY_TEXT_GENERATION,
	.low_usage_percent = 0.02,
	.critical_usage = 10,
	.critical_workers = 1,
	.ignores_hosts = true,
	.preferred_hosts = STR("{}") };

static void
assert_words(const struct explain_rule *r, const struct explain_model *m, int flag,
    const char *expected)
{
	struct explain e;

	explain(r, m, flag, &e);
	buf_putc(&e.text, '\0');
	assert_string_equal(e.text.data, expected);
	buf_free(&e.text);
}

TEST(usage_that_is_none_or_unknown)
{
	struct explain_model m = { .flags = RISK_BIT(RISK_ZERO_USAGE_DAY),
		.usage = { 0, 0, 7 } };

	assert_words(&images, &m, RISK_ZERO_USAGE_DAY,
	    "used 0 times in the day; 1 would be enough");
	assert_words(
	    &images, &m, RISK_ZERO_USAGE_TOTAL, "used 7 times ever; 0 would set it");
	assert_words(&images, &m, RISK_ZERO_USAGE_MONTH,
	    "used 0 times in the month, since AI Horde has never counted it, which is "
	    "not held against it (analysis.corrections lacks \"never-used\")");
}

TEST(low_usage_says_where_it_begins)
{
	struct explain_model m = { .usage = { 0, 412, 500 }, .month = 153847 };

	assert_words(&images, &m, RISK_LOW_USAGE,
	    "usage 412 in the month is 0.2678 % of 153847, against 0.0065 % "
	    "(analysis.low_usage_percent); 10 would be low");
	m.usage[1] = 3;
	m.flags = RISK_BIT(RISK_LOW_USAGE);
	assert_words(&images, &m, RISK_LOW_USAGE,
	    "usage 3 in the month is 0.00195 % of 153847, against 0.0065 % "
	    "(analysis.low_usage_percent); 11 would be enough");
	m.month = 0;
	m.flags = 0;
	assert_words(&images, &m, RISK_LOW_USAGE,
	    "no model of the category was used in the month");
}

/* By the rule itself (doc/reference.md 5.2), for whatever total. */
TEST(enough_is_the_least_that_is_not_low)
{
	static const double percents[] = { 0, 0.0065, 0.02, 1, 33.3, 100, 250 };

	for (size_t i = 0; i < NELEM(percents); i++)
		for (int64_t month = 1; month < 400000; month = month * 3 + 1) {
			int64_t enough = explain_enough(percents[i], month);

			assert_false(
			    (double)enough / (double)month * 100.0 < percents[i]);
			if (enough > 0)
				assert_true(
				    (double)(enough - 1) / (double)month * 100.0 <
				    percents[i]);
		}
	assert_int_equal(explain_enough(1e300, 5), INT64_MAX);
	assert_int_equal(explain_enough(100, INT64_MAX), INT64_MAX);
	assert_int_equal(explain_enough(-1, 5), 0);
}

TEST(hosts_are_named_and_those_of_texts_are_not_looked_at)
{
	struct explain_model m = { .flags = RISK_BIT(RISK_NON_PREFERRED_HOST),
		.hosts = STR("a.example, b.example") };

	assert_words(&images, &m, RISK_NON_PREFERRED_HOST,
	    "hosts: a.example, b.example; none has one of these in it: "
	    "analysis.preferred_hosts = { \"huggingface.co\" }");
	assert_words(&texts, &m, RISK_NON_PREFERRED_HOST,
	    "not looked at (analysis.text_ignore_hosts is true)");
	m.hosts = STR("");
	assert_words(&images, &m, RISK_NO_DOWNLOAD_URLS,
	    "no host; a download has a URL with scheme and host");
}

TEST(a_long_text_of_strangers_is_cut_between_characters)
{
	char baseline[400], words[400];
	struct explain_model m = { .baseline = { baseline, 0 } };

	for (size_t i = 0; i < sizeof(baseline); i += 2)
		memcpy(baseline + i, "\xc3\xa9", 2);
	m.baseline.len = 200;
	snprintf(words, sizeof(words), "it is %.200s", baseline);
	assert_words(&images, &m, RISK_MISSING_BASELINE, words);
	m.baseline.len = sizeof(baseline);
	snprintf(words, sizeof(words), "it is %.200s...", baseline);
	assert_words(&images, &m, RISK_MISSING_BASELINE, words);
	memmove(baseline + 1, baseline, 300);
	baseline[0] = 'x';
	snprintf(words, sizeof(words), "it is %.199s...", baseline);
	assert_words(&images, &m, RISK_MISSING_BASELINE, words);
}

TEST(critical_has_two_conditions)
{
	struct explain_model m = { .usage = { 0, 12, 0 },
		.workers = 0,
		.flags = RISK_BIT(RISK_NO_ACTIVE_WORKERS) };

	assert_words(&images, &m, EXPLAIN_CRITICAL,
	    "zero_usage_month is not set, no_active_workers is set; both would make it "
	    "so");
	assert_words(&texts, &m, EXPLAIN_CRITICAL,
	    "usage 12 in the month against 10 (analysis.text_critical_usage), 0 "
	    "workers "
	    "against 1 (analysis.text_critical_workers); both have to be below");
	assert_string_equal(explain_name(EXPLAIN_CRITICAL), "critical");
	assert_string_equal(explain_name(RISK_LOW_USAGE), "low_usage");
}

TEST(each_comes_from_a_document_and_a_section)
{
	static const struct {
		int flag;
		enum document_kind document;
	} rows[] = { { RISK_ZERO_USAGE_DAY, DOCUMENT_STATS },
		{ RISK_LOW_USAGE, DOCUMENT_STATS },
		{ RISK_NO_ACTIVE_WORKERS, DOCUMENT_STATUS },
		{ RISK_MISSING_BASELINE, DOCUMENT_REFERENCE },
		{ RISK_UNKNOWN_HOST, DOCUMENT_REFERENCE },
		{ EXPLAIN_CRITICAL, DOCUMENT_STATS } };
	struct explain_model m = { .month = 1 };
	struct explain e;

	for (size_t i = 0; i < NELEM(rows); i++) {
		explain(&images, &m, rows[i].flag, &e);
		assert_int_equal(e.document, rows[i].document);
		assert_string_equal(
		    e.section, rows[i].flag == EXPLAIN_CRITICAL ? "5.4" : "5.2");
		buf_free(&e.text);
	}
}
