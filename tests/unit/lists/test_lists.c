/* Texts of a payload: what stands where, which views have them, and when none has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pace.h"
#include "fixture/full_payload.h"
#include "fixture/risk_payload.h"
#include "lists/lists.h"
#include "payload/list.h"
#include "payload/view.h"
#include "payload/write.h"
#include "unit.h"

#define CATEGORY CATEGORY_IMAGE_GENERATION

static struct buf payload;

static const struct history_model_now models[] = {
	{ .name = { "Owl", 3 }, .usage = { 1, 2, 3 }, .workers = 4 },
	{ .name = { "=a,\"b|`\n", 8 },
	    .usage = { 0, 0, 7 },
	    .flags = RISK_BIT(RISK_ZERO_USAGE_DAY) | RISK_BIT(RISK_LOW_USAGE),
	    .marks = FIGURES_CRITICAL | FIGURES_NSFW },
	{ .name = { "", 0 } },
};

static int
set_up(void **state UNUSED)
{
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, models, NELEM(models));
	payload_directory(&payload)->computed_at = 1764435600;
	return 0;
}

static int
free_payload(void **state UNUSED)
{
	buf_free(&payload);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .group_teardown = free_payload);

static const struct view_text *
text_of(enum view_kind kind, enum view_format format)
{
	return &payload_directory(&payload)->views[kind].texts[format];
}

static const struct view_directory *
assert_opens(void)
{
	const struct view_directory *d = view_open(payload.data, payload.len, CATEGORY);

	assert_non_null(d);
	return d;
}

static void
assert_between(uint64_t from, uint64_t to, const char *text)
{
	assert_int_equal(to - from, strlen(text));
	assert_memory_equal(payload.data + from, text, to - from);
}

/* i: of a row, or -1: what stands before them, -2: behind them. */
static void
assert_text(enum view_kind kind, enum view_format format, int i, const char *text)
{
	const struct view_text *t = text_of(kind, format);
	const uint64_t *rows = (const void *)(payload.data + t->rows);
	uint32_t n = payload_directory(&payload)->views[kind].nrows;

	if (i == -1)
		assert_between(t->body.off, rows[0], text);
	else if (i == -2)
		assert_between(rows[n], t->body.off + t->body.len, text);
	else
		assert_between(rows[i], rows[i + 1], text);
}

TEST(csv_of_deletion_risk_has_every_figure)
{
	lists_print(&payload, NULL);
	assert_opens();
	assert_text(VIEW_RISK, FORMAT_CSV, -1,
	    "name,baseline,nsfw,at_risk,critical,risk_score,zero_usage_day,"
	    "zero_usage_month,zero_usage_total,no_active_workers,has_multiple_hosts,"
	    "has_non_preferred_host,has_unknown_host,no_download_urls,"
	    "missing_description,missing_baseline,low_usage,at_risk_since,usage_day,"
	    "usage_month,usage_total,active_workers,usage_percentage_of_category,"
	    "cost_benefit_score,size_gb\r\n");
	assert_text(VIEW_RISK, FORMAT_CSV, 0,
	    "Owl,,false,false,false,0,false,false,false,false,false,false,false,false,"
	    "false,false,false,,1,2,3,4,,,\r\n");
	assert_text(VIEW_RISK, FORMAT_CSV, 1,
	    "\"'=a,\"\"b|`\n\",,true,true,true,2,true,false,false,false,false,false,"
	    "false,false,false,false,true,,0,0,7,0,,,\r\n");
	assert_text(VIEW_RISK, FORMAT_CSV, 2,
	    ",,false,false,false,0,false,false,false,false,false,false,false,false,"
	    "false,false,false,,0,0,0,0,,,\r\n");
	assert_text(VIEW_RISK, FORMAT_CSV, -2, "");
}

TEST(markdown_of_deletion_risk_has_reasons)
{
	lists_print(&payload, NULL);
	assert_text(VIEW_RISK, FORMAT_MARKDOWN, -1,
	    "| Model | Baseline | Why | At risk since | Usage month | Usage total | "
	    "Workers |\n|---|---|---|---|--:|--:|--:|\n");
	assert_text(
	    VIEW_RISK, FORMAT_MARKDOWN, 0, "| `Owl` | – | – | – | 2 | 3 | 4 |\n");
	assert_text(VIEW_RISK, FORMAT_MARKDOWN, 1,
	    "| <code>&#61;a&#44;&#34;b&#124;&#96; </code> | – | **critical**, not used "
	    "today, little used | – | 0 | 7 | 0 |\n");
	assert_text(VIEW_RISK, FORMAT_MARKDOWN, -2,
	    "\nimage_generation of AI Horde, data of 2025-11-29T17:00:00Z\n");
}

/* A model that is not at risk in a full payload has a time as well. */
static void
add_history(void)
{
	struct view_text text = *text_of(VIEW_RISK, FORMAT_CSV);

	full_payload_add(&payload);
	payload_directory(&payload)->views[VIEW_RISK].texts[FORMAT_CSV] = text;
}

#define ROW_AT_RISK                                                                    \
	"| <code>&#61;a&#44;&#34;b&#124;&#96; </code> | – | **critical**, not used " \
	"today, little used | 2023-11-14 | 0 | 7 | 0 |\n"

#define CSV_AT_RISK                                                                    \
	"\"'=a,\"\"b|`\n\",,true,true,true,2,true,false,false,false,false,false,"      \
	"false,false,false,false,true,2023-11-14T22:13:19Z,0,0,7,0,,,\r\n"

TEST(since_when_is_said_where_a_history_knows)
{
	add_history();
	lists_print(&payload, NULL);
	assert_opens();
	assert_text(
	    VIEW_RISK, FORMAT_MARKDOWN, 0, "| `Owl` | – | – | – | 2 | 3 | 4 |\n");
	assert_text(VIEW_RISK, FORMAT_MARKDOWN, 1, ROW_AT_RISK);
	assert_text(VIEW_RISK, FORMAT_CSV, 1, CSV_AT_RISK);
}

/* Views of the same models in another order, or of groups. */
TEST(since_when_is_found_by_the_name)
{
	struct view_directory *d;
	struct view_figures *f, turned[2];
	struct view v;

	add_history();
	d = payload_directory(&payload);
	v = d->views[VIEW_RISK];
	f = (void *)(payload.data + v.figures);
	turned[0] = f[1];
	turned[1] = f[0];
	v.nrows = 2;
	v.rows += sizeof(struct view_row);
	v.figures = payload_table(&payload, turned, sizeof(turned));
	payload_directory(&payload)->views[VIEW_RISK_VARIATIONS] = v;
	v.rows += sizeof(struct view_row);
	v.nrows = 1;
	payload_directory(&payload)->views[VIEW_RISK_GROUPED] = v;
	lists_print(&payload, NULL);
	assert_text(VIEW_RISK_VARIATIONS, FORMAT_MARKDOWN, 0, ROW_AT_RISK);
	assert_text(VIEW_RISK_VARIATIONS, FORMAT_CSV, 0, CSV_AT_RISK);
	assert_text(VIEW_RISK_GROUPED, FORMAT_MARKDOWN, 0,
	    "| <code>&#61;a&#44;&#34;b&#124;&#96; </code> | – | **critical**, not used "
	    "today, little used | – | 0 | 7 | 0 |\n");
}

TEST(changes_stand_beside_their_figures)
{
	full_payload_add(&payload);
	payload_directory(&payload)->views[VIEW_CHANGES].texts[FORMAT_CSV] =
	    (struct view_text){ 0 };
	lists_print(&payload, NULL);
	assert_opens();
	assert_text(VIEW_CHANGES, FORMAT_CSV, -1,
	    "id,at,since,kind,model,flag,former,count,usage_day_before,"
	    "usage_month_before,usage_total_before,workers_before,risk_score_before,"
	    "usage_day_after,usage_month_after,usage_total_after,workers_after,"
	    "risk_score_after\r\n");
	assert_text(VIEW_CHANGES, FORMAT_CSV, EVENT_FLAG_SET,
	    "9007199254740985,2023-11-14T22:13:20Z,2023-11-14T22:13:14Z,flag_set,m6,"
	    "low_usage,,,,,,,,1,2,3,6,1\r\n");
	assert_text(VIEW_CHANGES, FORMAT_CSV, EVENT_RENAMED,
	    "9007199254740989,2023-11-14T22:13:20Z,2023-11-14T22:13:18Z,renamed,m2,,"
	    "m2,,,,,,,1,2,3,2,1\r\n");
	assert_text(VIEW_CHANGES, FORMAT_MARKDOWN, EVENT_FLAG_SET,
	    "| 2023-11-14 | `m6` | new reason: little used | – | – | 2 | 6 |\n");
	assert_text(VIEW_CHANGES, FORMAT_MARKDOWN, EVENT_RENAMED,
	    "| 2023-11-14 | `m2` | renamed, formerly `m2` | – | – | 2 | 2 |\n");
}

TEST(views_that_share_their_rows_share_their_texts)
{
	payload_alias(&payload, VIEW_RISK, VIEW_RISK_GROUPED);
	payload_seal(&payload);
	lists_print(&payload, NULL);
	assert_opens();
	for (int f = FORMAT_CSV; f < FORMAT_MAX; f++) {
		assert_int_not_equal(text_of(VIEW_RISK, f)->body.len, 0);
		assert_memory_equal(text_of(VIEW_RISK_GROUPED, f),
		    text_of(VIEW_RISK, f), sizeof(struct view_text));
	}
}

/* The same content has the same tag whenever it is printed. */
TEST(tag_leaves_the_time_out)
{
	uint64_t etag[FORMAT_MAX];

	lists_print(&payload, NULL);
	for (int f = FORMAT_CSV; f < FORMAT_MAX; f++)
		etag[f] = text_of(VIEW_RISK, f)->etag;
	set_up(NULL);
	payload_directory(&payload)->computed_at++;
	lists_print(&payload, NULL);
	for (int f = FORMAT_CSV; f < FORMAT_MAX; f++)
		assert_int_equal(text_of(VIEW_RISK, f)->etag, etag[f]);
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, models, 2);
	lists_print(&payload, NULL);
	for (int f = FORMAT_CSV; f < FORMAT_MAX; f++)
		assert_int_not_equal(text_of(VIEW_RISK, f)->etag, etag[f]);
}

TEST(what_has_its_texts_is_left_alone)
{
	size_t len;

	lists_print(&payload, NULL);
	len = payload.len;
	lists_print(&payload, NULL);
	assert_int_equal(payload.len, len);
}

TEST(texts_without_a_history_are_printed_anew_with_one)
{
	lists_print(&payload, NULL);
	add_history();
	lists_print(&payload, NULL);
	assert_opens();
	assert_text(VIEW_RISK, FORMAT_MARKDOWN, 1, ROW_AT_RISK);
}

TEST(payload_without_deletion_risk_has_no_texts)
{
	buf_reset(&payload);
	payload_begin(&payload, CATEGORY);
	payload_seal(&payload);
	lists_print(&payload, NULL);
	assert_opens();
	assert_int_equal(payload.len, sizeof(struct view_directory));
}

TEST(list_without_rows_has_its_head)
{
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, NULL, 0);
	lists_print(&payload, NULL);
	assert_opens();
	assert_int_not_equal(text_of(VIEW_RISK, FORMAT_CSV)->body.len, 0);
	assert_text(VIEW_RISK, FORMAT_CSV, -2, "");
}

static bool
beat_stop(void *arg)
{
	++*(int *)arg;
	return false;
}

TEST(pace_that_stops_leaves_a_payload_without_the_text)
{
	int beats = 0;
	struct pace pace = { beat_stop, &beats, PACE_STEPS - 2, false };
	size_t len = payload.len;

	lists_print(&payload, &pace);
	assert_int_equal(beats, 1);
	assert_int_equal(payload.len, len);
	assert_opens();
	assert_int_equal(text_of(VIEW_RISK, FORMAT_CSV)->body.len, 0);
	assert_int_equal(text_of(VIEW_RISK, FORMAT_MARKDOWN)->body.len, 0);
}

/* Rows are cut out of a body that stays in its place in the payload. */
TEST(texts_of_many_rows_open)
{
	struct history_model_now *many = xcalloc(3000, sizeof(*many));
	char names[3000][12];

	for (int i = 0; i < 3000; i++) {
		snprintf(names[i], sizeof(names[i]), "%d", i);
		many[i].name = (struct str){ names[i], strlen(names[i]) };
	}
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, many, 3000);
	lists_print(&payload, NULL);
	assert_opens();
	assert_text(
	    VIEW_RISK, FORMAT_MARKDOWN, 2999, "| `2999` | – | – | – | 0 | 0 | 0 |\n");
	free(many);
}
