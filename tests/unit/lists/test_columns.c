/* Deletion risk by columns: what is in each, and what is not said at all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pace.h"
#include "fixture/full_payload.h"
#include "fixture/json_text.h"
#include "fixture/risk_payload.h"
#include "lists/lists.h"
#include "payload/view.h"
#include "payload/write.h"
#include "unit.h"

#define CATEGORY CATEGORY_IMAGE_GENERATION

static struct buf payload;

static const struct history_model_now models[] = {
	{ .name = { "Owl", 3 }, .usage = { 1, 2, 3 }, .workers = 4 },
	{ .name = { "<a>\"\n", 5 },
	    .usage = { 0, 0, 7 },
	    .flags = RISK_BIT(RISK_ZERO_USAGE_DAY) | RISK_BIT(RISK_LOW_USAGE),
	    .marks = FIGURES_CRITICAL | FIGURES_NSFW },
	{ .name = { "Ibis", 4 },
	    .flags = RISK_BIT(RISK_ZERO_USAGE_TOTAL),
	    .marks = FIGURES_WARNING },
};

static int
set_up(void **state UNUSED)
{
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, models, NELEM(models));
	return 0;
}

static int
free_payload(void **state UNUSED)
{
	buf_free(&payload);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .group_teardown = free_payload);

static const struct view *
view_of(enum view_kind kind)
{
	return &payload_directory(&payload)->views[kind];
}

static struct view_figures *
figures_of(enum view_kind kind)
{
	return (void *)(payload.data + view_of(kind)->figures);
}

static struct str
body_of(enum view_kind kind)
{
	struct view_span body = view_of(kind)->body;

	assert_int_equal(view_of(kind)->present, 1);
	return (struct str){ payload.data + body.off, body.len };
}

/* text: with ' for ". */
static void
assert_has(enum view_kind kind, const char *text)
{
	struct str body = body_of(kind);

	text = json_text_of("%s", text);
	if (memmem(body.p, body.len, text, strlen(text)) == NULL)
		fail_msg("no %s in %.*s", text, (int)body.len, body.p);
}

static void
print(void)
{
	lists_print(&payload, NULL);
	assert_non_null(view_open(payload.data, payload.len, CATEGORY));
}

#define FLAGS                                                                          \
	"'flags':['zero_usage_day','zero_usage_month','zero_usage_total',"             \
	"'no_active_workers','has_multiple_hosts','has_non_preferred_host',"           \
	"'has_unknown_host','no_download_urls','missing_description',"                 \
	"'missing_baseline','low_usage']"

TEST(each_model_has_its_place_in_each_column)
{
	struct str body;
	const char *want = json_text_of(
	    "{'category':'image_generation','total_count':3," FLAGS ",'baselines':[],"
	    "'history':false,'first_day':null,'columns':{'name':['Owl','<a>\\'\\n',"
	    "'Ibis'],'baseline':[-1,-1,-1],'risk_score':[0,2,1],'flags':[0,1025,4],"
	    "'marks':[0,5,2],'workers':[4,0,0],'usage_day':[1,0,0],"
	    "'usage_month':[2,0,0],'usage_total':[3,7,0],'size_gb':null,"
	    "'at_risk_since':null}}");

	print();
	body = body_of(VIEW_COLUMNS);
	assert_int_equal(body.len, strlen(want));
	assert_memory_equal(body.p, want, body.len);
	assert_int_equal(view_of(VIEW_COLUMNS)->nrows, 0);
	assert_int_equal(view_of(VIEW_COLUMNS)->total_count, 3);
	assert_int_equal(view_of(VIEW_COLUMNS_GROUPED)->present, 0);
	assert_int_equal(view_of(VIEW_COLUMNS_VARIATIONS)->present, 0);
}

TEST(a_baseline_is_said_once)
{
	struct view_figures *f = figures_of(VIEW_RISK);

	f[0].baseline = f[2].baseline = f[0].name;
	print();
	assert_has(VIEW_COLUMNS, "'baselines':['Owl'],");
	assert_has(VIEW_COLUMNS, "'baseline':[0,-1,0],");
}

static void
assert_sizes(double a, double b, double c, const char *text)
{
	struct view_figures *f;

	set_up(NULL);
	f = figures_of(VIEW_RISK);
	f[0].size_gb = a;
	f[1].size_gb = b;
	f[2].size_gb = c;
	print();
	assert_has(VIEW_COLUMNS, json_text_of("'size_gb':[%s],", text));
}

TEST(sizes_are_rounded)
{
	assert_sizes(1.987654, 1000, NAN, "1.99,1000,null");
	assert_sizes(0, 0.1, 0.004, "0,0.1,0");
	assert_sizes(0.05, 12.305, 99.999, "0.05,12.31,100");
	assert_sizes(-0.25, -0.001, -3, "-0.25,0,-3");
	assert_sizes(
	    1e300, 123456789012.5, -1e13, "1e+300,123456789012.5,-10000000000000.0");
}

/* A full payload knows of every row since when, also of one that is not at risk. */
TEST(days_are_counted_from_the_first)
{
	int64_t *at_risk;

	full_payload_add(&payload);
	at_risk = (void *)(payload.data + payload_directory(&payload)->past.at_risk);
	at_risk[0] = INT64_C(86400) * 10;
	at_risk[1] = INT64_C(86400) * 20000 + 86399;
	at_risk[2] = INT64_C(86400) * 20003;
	print();
	assert_has(VIEW_COLUMNS, "'history':true,'first_day':20000,");
	assert_has(VIEW_COLUMNS, "'at_risk_since':[null,0,3]}}");
}

/* Another order of the same models; groups are no models. */
TEST(other_views_have_columns_of_their_own)
{
	struct view_figures *f, turned[3];
	struct view v;

	full_payload_add(&payload);
	v = *view_of(VIEW_RISK);
	f = figures_of(VIEW_RISK);
	turned[0] = f[2];
	turned[1] = f[1];
	turned[2] = f[0];
	v.figures = payload_table(&payload, turned, sizeof(turned));
	v.rows = payload_table(
	    &payload, payload.data + v.rows, sizeof(struct view_row) * NELEM(turned));
	payload_directory(&payload)->views[VIEW_RISK_VARIATIONS] = v;
	payload_directory(&payload)->views[VIEW_RISK_GROUPED] = v;
	lists_print(&payload, NULL);
	assert_has(VIEW_COLUMNS_VARIATIONS, "'name':['Ibis',");
	assert_has(VIEW_COLUMNS_VARIATIONS, "'at_risk_since':[0,0,null]}}");
	assert_has(VIEW_COLUMNS_GROUPED, "'name':['Ibis',");
	assert_has(VIEW_COLUMNS_GROUPED, "'history':false,'first_day':null,");
	assert_has(VIEW_COLUMNS_GROUPED, "'at_risk_since':null}}");
	assert_has(VIEW_COLUMNS, "'name':['Owl',");
}

TEST(views_that_share_their_rows_share_their_columns)
{
	payload_alias(&payload, VIEW_RISK, VIEW_RISK_GROUPED);
	print();
	assert_memory_equal(
	    view_of(VIEW_COLUMNS_GROUPED), view_of(VIEW_COLUMNS), sizeof(struct view));
}

TEST(the_same_models_have_the_same_tag)
{
	uint64_t etag;

	print();
	etag = view_of(VIEW_COLUMNS)->etag;
	set_up(NULL);
	payload_directory(&payload)->computed_at++;
	print();
	assert_int_equal(view_of(VIEW_COLUMNS)->etag, etag);
	set_up(NULL);
	figures_of(VIEW_RISK)[2].workers++;
	print();
	assert_int_not_equal(view_of(VIEW_COLUMNS)->etag, etag);
}

TEST(columns_without_a_history_are_printed_anew_with_one)
{
	print();
	assert_has(VIEW_COLUMNS, "'history':false,");
	full_payload_add(&payload);
	print();
	assert_has(VIEW_COLUMNS, "'history':true,");
}

TEST(a_view_without_models_has_empty_columns)
{
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, NULL, 0);
	print();
	assert_has(VIEW_COLUMNS, "'columns':{'name':[],'baseline':[],");
}

static bool
beat_stop(void *arg)
{
	++*(int *)arg;
	return false;
}

/* Wherever the work is stopped. */
TEST(a_pace_that_stops_leaves_no_half_column)
{
	int steps, beats;
	bool whole = false;

	for (steps = 0; !whole && steps < 100; steps++) {
		struct pace pace = { .beat = beat_stop, .arg = &beats };

		set_up(NULL);
		pace.steps = PACE_STEPS - 1 - (unsigned)steps;
		beats = 0;
		lists_print(&payload, &pace);
		assert_non_null(view_open(payload.data, payload.len, CATEGORY));
		whole = view_of(VIEW_COLUMNS)->present != 0;
		assert_int_equal(whole, beats == 0);
	}
	/* A step for each row of both texts, one more, and one for each of 11 columns;
	 * those of which nothing is known take none. */
	assert_int_equal(steps, 3 * (2 + 1 + 9) + 1);
}
