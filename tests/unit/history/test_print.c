/* What a payload gets of a history; tests/history compares every number of it. */
#include "history/print.h"

#include <string.h>

#include "fixture/publications.h"
#include "fixture/risk_payload.h"
#include "payload/write.h"
#include "unit.h"

#define LOW RISK_BIT(RISK_LOW_USAGE)
#define CATEGORY CATEGORY_TEXT_GENERATION

static struct buf payload;
static const struct view_directory *d;

static int
set_up(void **state)
{
	payload = (struct buf){ NULL, 0, 0, NULL };
	return publications_set_up(state);
}

static int
tear_down(void **state)
{
	buf_free(&payload);
	return publications_tear_down(state);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* The payload of these models, with the history as it is. */
static void
print(const struct history_model_now *models, size_t n)
{
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY, models, n);
	history_print(history, CATEGORY, &payload);
	d = view_open(payload.data, payload.len, CATEGORY);
	assert_non_null(d);
}

static void
assert_text(struct view_span span, const char *text)
{
	assert_int_equal(span.len, strlen(text));
	assert_memory_equal(payload.data + span.off, text, span.len);
}

static void
assert_row(enum view_kind kind, uint32_t i, const char *text)
{
	const struct view_row *rows =
	    (const void *)(payload.data + d->views[kind].rows);

	assert_true(i < d->views[kind].nrows);
	assert_text((struct view_span){ rows[i].off, rows[i].len }, text);
}

TEST(history_of_a_model_is_a_row)
{
	struct history_model_now m = model("a", 0, 3, 0);

	note(MIDNIGHT, m);
	m.usage[2] = 12;
	m.flags = LOW;
	note(MIDNIGHT + HISTORY_HOUR, m);
	print(&m, 1);
	assert_row(VIEW_HISTORY, 0,
	    "{\"name\":\"a\",\"present\":true,\"first_seen\":1728000000,"
	    "\"last_seen\":1728003600,\"at_risk_since\":1728003600,"
	    "\"critical_since\":null,\"unused_since\":null,"
	    "\"no_workers_since\":null,\"resets\":0,\"from\":0,\"usage\":[12],"
	    "\"workers\":[3]}");
	assert_text(d->past.dates_text, "[\"2024-10-04\"]");
	assert_int_equal(d->past.dates, 1);
	assert_int_equal(d->past.sampled_at, MIDNIGHT + HISTORY_HOUR);
	assert_int_equal(
	    *(const int64_t *)(const void *)(payload.data + d->past.at_risk),
	    MIDNIGHT + HISTORY_HOUR);
}

TEST(rows_are_those_of_the_payload_and_then_what_went)
{
	struct history_model_now a = model("a", 0, 0, LOW | 1), b = model("b", 0, 0, 1);
	const struct view *v;
	const struct view_row *rows;

	note_two(MIDNIGHT, a, b);
	note(MIDNIGHT + 60, b);
	print(&b, 1);
	v = &d->views[VIEW_HISTORY];
	rows = (const void *)(payload.data + v->rows);
	assert_int_equal(v->nrows, 2);
	assert_int_equal(v->presets[0].matches, 1);
	assert_int_equal(rows[0].presets, 1);
	assert_int_equal(rows[1].presets, 0);
	assert_memory_equal(
	    payload.data + rows[1].off, "{\"name\":\"a\",\"present\":false,", 27);
	assert_text(v->presets[0].tail, "]}");
}

TEST(model_without_a_history_has_a_row_without_one)
{
	struct history_model_now m = model("new", 0, 0, 0);

	note(MIDNIGHT, model("a", 0, 0, 0));
	print(&m, 1);
	assert_row(VIEW_HISTORY, 0,
	    "{\"name\":\"new\",\"present\":true,\"first_seen\":null,"
	    "\"last_seen\":null,\"at_risk_since\":null,\"critical_since\":null,"
	    "\"unused_since\":null,\"no_workers_since\":null,\"resets\":0,"
	    "\"from\":1,\"usage\":[],\"workers\":[]}");
}

TEST(history_of_nothing_is_empty)
{
	print(NULL, 0);
	assert_int_equal(d->views[VIEW_HISTORY].nrows, 0);
	assert_int_equal(d->views[VIEW_CHANGES].nrows, 0);
	assert_int_equal(d->events, 0);
	assert_text(d->past.dates_text, "[]");
	assert_text(d->views[VIEW_HISTORY].body,
	    "{\"category\":\"text_generation\",\"sampled_at\":null,\"dates\":[],"
	    "\"total_count\":0,\"returned_count\":0,\"offset\":0,\"limit\":null,"
	    "\"models\":[]}");
}

TEST(payload_without_figures_stays_as_it_is)
{
	size_t len;

	note(MIDNIGHT, model("a", 0, 0, 0));
	payload_begin(&payload, CATEGORY);
	payload_seal(&payload);
	len = payload.len;
	history_print(history, CATEGORY, &payload);
	assert_int_equal(payload.len, len);
}

TEST(changes_are_newest_first_and_in_numbers)
{
	struct history_model_now m = model("a\"b", 2, 1, LOW);
	const struct view_event *e;

	note(MIDNIGHT, model("a\"b", 1, 1, 0));
	note(MIDNIGHT + 60, m);
	print(&m, 1);
	e = (const void *)(payload.data + d->events);
	assert_int_equal(d->views[VIEW_CHANGES].nrows, 2);
	assert_int_equal(e[0].kind, EVENT_AT_RISK);
	assert_int_equal(e[1].kind, EVENT_FLAG_SET);
	assert_text(e[1].model, "a\"b");
	assert_row(VIEW_CHANGES, 1,
	    "{\"id\":1728000060000,\"at\":1728000060,\"since\":1728000060,"
	    "\"kind\":\"flag_set\",\"model\":\"a\\\"b\",\"flag\":\"low_usage\","
	    "\"former\":null,\"count\":null,"
	    "\"before\":{\"usage_day\":0,\"usage_month\":0,\"usage_total\":1,"
	    "\"workers\":1,\"risk_score\":0,\"flags\":[]},"
	    "\"after\":{\"usage_day\":0,\"usage_month\":0,\"usage_total\":2,"
	    "\"workers\":1,\"risk_score\":1,\"flags\":[\"low_usage\"]}}");
}

TEST(no_more_changes_are_shown_than_asked)
{
	struct history_model_now m = model("a", 0, 0, 0);

	history_free(&history);
	rule.events_max = 3;
	history = history_new(&rule);
	for (int i = 0; i < 9; i++) {
		m.flags = i % 2 != 0 ? LOW : 0;
		note(MIDNIGHT + i, m);
	}
	print(&m, 1);
	assert_int_equal(d->views[VIEW_CHANGES].nrows, 3);
	take_batch();
	assert_events(16);
}

TEST(name_of_any_bytes_is_raw_beside_its_json)
{
	static char name[HISTORY_NAME_MAX];
	struct history_model_now m = { .name = { name, sizeof(name) } };
	const struct view_event *e;

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = (char)(i % 128);
	note_none(MIDNIGHT);
	note(MIDNIGHT + 60, m);
	print(&m, 1);
	e = (const void *)(payload.data + d->events);
	assert_int_equal(e->model.len, sizeof(name));
	assert_memory_equal(payload.data + e->model.off, name, sizeof(name));
}
