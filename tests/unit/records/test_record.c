/* Which records are valid (doc/reference.md 2.3): one that is not is skipped and named,
 * and takes nothing else with it. */
#include "fixture/analysis_cases.h"
#include "unit.h"

#define FILE_OF_CASES "records/record.json"

/* Renders {"good": ..., "key": the record} for each case of the group and looks at what
 * was skipped: nothing, or the record for its `why`. */
static void
check_cases(enum category category, const char *good, const char *group)
{
	char text[1024], skipped[512];
	const char *record, *why;
	struct cases goods, c;
	struct analysis f;

	analysis_init(&f, category);
	cases_only(&goods, FILE_OF_CASES, good);
	for (cases_open(&c, FILE_OF_CASES, group); cases_next(&c);) {
		record = cases_json(&c, "record");
		why = cases_text(&c, "why");
		snprintf(text, sizeof(text), "{\"good\":%s,\"key\":%s}",
		    cases_json(&goods, "record"), record);
		skipped[0] = '\0';
		if (why != NULL)
			snprintf(skipped, sizeof(skipped),
			    "reference record \"key\": %s\n", why);
		analysis_render(&f, text, "[]", "{}");
		if (strcmp(f.skipped, skipped) != 0)
			fail_msg("%s: %s; want %s", record, f.skipped, skipped);
		assert_int_equal(f.dir->raw_entries, 2);
		assert_int_equal(f.dir->typed_entries, why == NULL ? 2 : 1);
		assert_int_equal(f.dir->skipped, why != NULL);
		analysis_expect(&f, VIEW_STATS, "total_models", "2");
	}
	cases_close(&goods);
	analysis_free(&f);
}

TEST(test_image)
{
	check_cases(CATEGORY_IMAGE_GENERATION, "image_good", "image");
}

TEST(test_text)
{
	check_cases(CATEGORY_TEXT_GENERATION, "text_good", "text");
}

/* Records with a baseline that nobody told us of are there like any other, and
 * counted. */
TEST(test_new_baselines)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "new_baselines");
	assert_string_equal(f.new_baselines, "flux_9\n\nAnima\nflux_9\n");
	assert_int_equal(f.dir->new_baselines, 4);
	assert_int_equal(f.dir->typed_entries, 6);
	f.category = CATEGORY_TEXT_GENERATION;
	analysis_only_case(&f, FILE_OF_CASES, "any_baseline_of_text");
	assert_string_equal(f.new_baselines, "");
	assert_int_equal(f.dir->new_baselines, 0);
	analysis_free(&f);
}

/* Keyed by name: a name that comes again replaces the record, in its place. */
TEST(test_duplicates)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "duplicates");
	assert_int_equal(f.dir->raw_entries, 3);
	assert_int_equal(f.dir->typed_entries, 2);
	analysis_free(&f);
}
