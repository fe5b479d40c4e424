/* Names without a model: who is listed, and what is said of who is not. */
#include "fixture/analysis_cases.h"
#include "analytics/unlisted.h"
#include "fixture/json_text.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/unlisted.json"

TEST(what_no_model_accounts_for_is_unlisted)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "unlisted");
	analysis_cases(CATEGORY_IMAGE_GENERATION, FILE_OF_CASES, "images");
}

TEST(without_the_hordes_documents_there_is_no_list)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{}", NULL, "{}");
	assert_int_equal(f.dir->views[VIEW_UNLISTED].present, 0);
	analysis_render(&f, "{}", "[]", "{}");
	assert_int_equal(f.dir->views[VIEW_UNLISTED].present, 1);
	analysis_expect(&f, VIEW_UNLISTED, "models", "[]");
	analysis_free(&f);
}

/* Strangers make names up, and must not keep models from being published. */
TEST(there_are_rows_for_the_most_used_only)
{
	struct buf stats = { 0 };
	struct analysis f;

	json_text_put(&stats, "{'month':{");
	for (int i = 0; i < UNLISTED_MAX + 5; i++)
		json_text_put(&stats, "%s'n%d':%d", i > 0 ? "," : "", i, i + 1);
	json_text_put(&stats, "}}");
	buf_putc(&stats, '\0');
	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{}", "[]", stats.data);
	assert_int_equal(f.dir->views[VIEW_UNLISTED].nrows, UNLISTED_MAX);
	assert_int_equal(f.dir->views[VIEW_UNLISTED].total_count, UNLISTED_MAX + 5);
	analysis_expect(&f, VIEW_UNLISTED, "models/0/name", "\"n10004\"");
	analysis_expect(&f, VIEW_UNLISTED, "models/9999/name", "\"n5\"");
	analysis_free(&f);
	buf_free(&stats);
}
