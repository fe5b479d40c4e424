/* Names without a model: who is listed, and what is said of who is not. */
#include <string.h>

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

static void
assert_text(const struct analysis *f, enum view_format format, const char *text)
{
	struct view_span body = f->dir->views[VIEW_UNLISTED].texts[format].body;

	assert_int_equal(body.len, strlen(text));
	assert_memory_equal((const char *)f->dir + body.off, text, body.len);
}

TEST(names_are_lists_to_paste_too)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_render(&f, "{}",
	    json_text_of("[{'name':'=a|,b','count':2,'queued':7,'performance':1,"
			 "'jobs':0,'eta':0,'type':'text'}]"),
	    json_text_of("{'day':{'Owl':1},'month':{'Owl':3},'total':{'Owl':6}}"));
	assert_text(&f, FORMAT_CSV,
	    "name,worker_count,queued,usage_day,usage_month,usage_total\r\n"
	    "Owl,0,,1,3,6\r\n"
	    "\"'=a|,b\",2,7,0,0,0\r\n");
	assert_text(&f, FORMAT_MARKDOWN,
	    "| Name | Workers | Queued | Usage day | Usage month | Usage total |\n"
	    "|---|--:|--:|--:|--:|--:|\n"
	    "| `Owl` | 0 | – | 1 | 3 | 6 |\n"
	    "| <code>&#61;a&#124;&#44;b</code> | 2 | 7 | 0 | 0 | 0 |\n"
	    "\ntext_generation of AI Horde, data of 2023-11-14T22:13:20Z\n");
	analysis_free(&f);
}
