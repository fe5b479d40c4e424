/* Category statistics, plain and grouped (doc/reference.md 7). */
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/statistics.json"

/* Renders the only case of the name. */
static void
render(struct analysis *f, enum category category, const char *name)
{
	analysis_init(f, category);
	analysis_only_case(f, FILE_OF_CASES, name);
}

/* The same, and holds the whole body of the statistics against the case's. */
static void
check_body(enum category category, const char *name)
{
	struct analysis f;
	const char *expected;
	struct view_span body;
	struct cases c;

	render(&f, category, name);
	cases_only(&c, FILE_OF_CASES, name);
	expected = cases_json(&c, "body");
	body = f.dir->views[VIEW_STATS].body;
	if (body.len != strlen(expected) ||
	    memcmp(f.out.data + body.off, expected, body.len) != 0)
		fail_msg(
		    "%.*s\nwant %s", (int)body.len, f.out.data + body.off, expected);
	cases_close(&c);
	analysis_free(&f);
}

TEST(test_empty)
{
	check_body(CATEGORY_ESRGAN, "empty");
}

TEST(test_raw)
{
	check_body(CATEGORY_BLIP, "raw");
}

/* A tag that every record has twice: the reference fails. */
TEST(test_above_hundred)
{
	analysis_cases(CATEGORY_LORA, FILE_OF_CASES, "above_hundred");
}

TEST(test_image_counts)
{
	struct analysis f;

	render(&f, CATEGORY_IMAGE_GENERATION, "image_counts");
	assert_int_equal(f.dir->views[VIEW_STATS_GROUPED].body.off,
	    f.dir->views[VIEW_STATS].body.off);
	analysis_free(&f);
}

TEST(test_parameter_buckets)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "parameter_buckets");
}

TEST(test_top_twenty)
{
	struct buf reference = { 0 };
	struct analysis f;
	json_t *root;

	json_text_put(&reference, "{'a':{'tags':[");
	for (int i = 0; i < 30; i++)
		json_text_put(&reference, "'t%d',", i);
	json_text_put(&reference, "'t29'");
	buf_add(&reference, "]}}", 4);
	analysis_init(&f, CATEGORY_TI);
	analysis_render(&f, reference.data, NULL, NULL);
	buf_free(&reference);
	root = analysis_body(&f, VIEW_STATS);
	assert_int_equal(json_array_size(json_object_get(root, "top_tags")), 20);
	json_decref(root);
	analysis_expect(&f, VIEW_STATS, "top_tags/0/tag", json_text_of("'t29'"));
	analysis_expect(&f, VIEW_STATS, "top_tags/19/tag", json_text_of("'t18'"));
	analysis_free(&f);
}

/* The first record of a group stands for it, with everyone's downloads. */
TEST(test_grouped)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "grouped");
}

/* What the reference fails on is left out: a list that is none. */
TEST(test_grouped_odd_configs)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, "grouped_odd_configs");
}
