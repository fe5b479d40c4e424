/* What is counted of each document: what is valid, and of use. */
#include "fixture/analysis_cases.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/census.json"

static struct analysis analysis;
static const struct census *const census = analysis.report.census;

static int
tear_down(void **state UNUSED)
{
	analysis_free(&analysis);
	return 0;
}

TEST(test_only_valid_records_count)
{
	struct cases c;
	uint64_t names;

	analysis_init(&analysis, CATEGORY_IMAGE_GENERATION);
	cases_only(&c, FILE_OF_CASES, "records");
	analysis_case(&analysis, &c);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_equal(census[DOCUMENT_STATUS].count, 0);
	assert_int_equal(census[DOCUMENT_STATS].count, 0);
	assert_int_equal(census[DOCUMENT_WORKERS].count, 0);
	names = census[DOCUMENT_REFERENCE].names;
	assert_true(cases_next(&c));
	analysis_case(&analysis, &c);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_equal(census[DOCUMENT_REFERENCE].names, names);
	assert_true(cases_next(&c));
	analysis_case(&analysis, &c);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 1);
	assert_int_not_equal(census[DOCUMENT_REFERENCE].names, names);
	assert_false(cases_next(&c));
}

TEST(test_models_of_ours_with_workers_and_usage_count)
{
	struct cases c;

	analysis_init(&analysis, CATEGORY_IMAGE_GENERATION);
	cases_only(&c, FILE_OF_CASES, "use");
	analysis_case(&analysis, &c);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 3);
	assert_int_equal(census[DOCUMENT_STATUS].count, 1);
	assert_int_equal(census[DOCUMENT_STATS].count, 1);
	assert_int_not_equal(census[DOCUMENT_STATS].names, 0);
	assert_true(cases_next(&c));
	analysis_case(&analysis, &c);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 1);
	assert_int_equal(census[DOCUMENT_STATUS].count, 0);
	assert_int_equal(census[DOCUMENT_STATS].count, 0);
	assert_false(cases_next(&c));
}

TEST(test_categories_without_the_horde)
{
	analysis_init(&analysis, CATEGORY_BLIP);
	analysis_only_case(&analysis, FILE_OF_CASES, "without_the_horde");
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_not_equal(census[DOCUMENT_REFERENCE].names, 0);
	assert_int_equal(census[DOCUMENT_STATUS].count, 0);
}

TEST(test_names_of_documents)
{
	assert_string_equal(document_name(DOCUMENT_REFERENCE), "reference");
	assert_string_equal(document_name(DOCUMENT_WORKERS), "workers");
}

UNIT_FIXTURE(.teardown = tear_down);
