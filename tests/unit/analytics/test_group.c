/* Grouping text models (doc/reference.md 6). */
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/group.json"

static void
texts(const char *name)
{
	analysis_cases(CATEGORY_TEXT_GENERATION, FILE_OF_CASES, name);
}

/* Renders the only case of the name. */
static void
render(struct analysis *f, const char *name)
{
	struct cases c;

	analysis_init(f, CATEGORY_TEXT_GENERATION);
	cases_only(&c, FILE_OF_CASES, name);
	analysis_case(f, &c);
	cases_close(&c);
}

/* A family of three, as in doc/reference.md 6.2. */
TEST(test_example)
{
	texts("example");
}

/* Six equal variants, of which the sum of the shares is 100.00019999999999. */
TEST(test_percentages)
{
	struct analysis f;

	render(&f, "percentages");
	analysis_expect_text(&f, VIEW_RISK_GROUPED,
	    json_text_of("'usage_percentage_of_category':100.0,"));
	analysis_free(&f);
}

/* A null ratio dilutes; weights are usage_month. A: family of two names in which only
 * the exact usage differs, so the correction is needed to tell the members apart. */
TEST(test_ratios)
{
	texts("ratios");
}

/* Groups stand in the order of their most used member; one of a single model is that
 * model under its base name. */
TEST(test_singles_and_order)
{
	struct analysis f;

	render(&f, "singles_and_order");
	/* The last rows of both views are the same text. */
	assert_int_equal(f.dir->views[VIEW_RISK_GROUPED].nrows, 3);
	analysis_expect_preset(&f, VIEW_RISK_GROUPED, PRESET_CRITICAL, "Bar\" Baz");
	analysis_free(&f);
}

/* (4 flags + 5 flags) / 2 groups would round the same; thirds do not. */
TEST(test_average_is_not_rounded)
{
	struct analysis f;

	render(&f, "average_is_not_rounded");
	analysis_expect_text(&f, VIEW_RISK_GROUPED,
	    json_text_of("'average_risk_score':2.6666666666666665,"));
	analysis_expect_text(&f, VIEW_RISK, json_text_of("'average_risk_score':2.67,"));
	analysis_free(&f);
}

TEST(test_hosts)
{
	texts("hosts");
}
