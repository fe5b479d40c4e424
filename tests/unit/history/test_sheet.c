/* The history of each model as text: the rows of the JSON, in their order. */
#include <string.h>

#include "base/buf.h"
#include "fixture/risk_payload.h"
#include "history/history.h"
#include "history/print.h"
#include "payload/view.h"
#include "payload/write.h"
#include "unit.h"

#define DAY HISTORY_DAY
#define MIDNIGHT (20000 * DAY) /* 2024-10-04 */
#define CATEGORY CATEGORY_TEXT_GENERATION

static struct history *history;
static struct buf payload;

static int
set_up(void **state UNUSED)
{
	struct history_rule rule;

	history_defaults(&rule);
	rule.settle = 0;
	history = history_new(&rule);
	buf_reset(&payload);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	history_free(&history);
	buf_free(&payload);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static struct history_model_now
model(struct str name, int64_t total, uint32_t flags)
{
	return (struct history_model_now){
		.name = name, .usage = { 0, 0, total }, .workers = 1, .flags = flags
	};
}

/* The text of row i, -1: the head, -2: the foot. */
static void
assert_text(enum view_format format, int i, const char *text)
{
	const struct view_directory *d = view_open(payload.data, payload.len, CATEGORY);
	const struct view_text *t;
	const uint64_t *rows;
	uint64_t from, to;

	assert_non_null(d);
	t = &d->views[VIEW_HISTORY].texts[format];
	rows = (const void *)(payload.data + t->rows);
	from = i == -1   ? t->body.off
	       : i == -2 ? rows[d->views[VIEW_HISTORY].nrows]
			 : rows[i];
	to = i == -1 ? rows[0] : i == -2 ? t->body.off + t->body.len : rows[i + 1];
	assert_int_equal(to - from, strlen(text));
	assert_memory_equal(payload.data + from, text, to - from);
}

TEST(days_are_columns_and_sums)
{
	struct history_model_now m[] = { model(STR("-owl|"), 100,
					     RISK_BIT(RISK_ZERO_USAGE_DAY)),
		model(STR("gone"), 5, 0), model(STR("new"), 1, 0) };

	history_note(history, m, 2, MIDNIGHT, true);
	m[0].usage[2] = 300;
	history_note(history, m, 1, MIDNIGHT + 2 * DAY, true);
	m[1] = m[2];
	risk_payload(&payload, CATEGORY, m, 2); /* a model more than was noted */
	payload_directory(&payload)->computed_at = MIDNIGHT + 2 * DAY;
	history_print(history, CATEGORY, &payload);
	assert_text(FORMAT_CSV, -1,
	    "name,present,first_seen,last_seen,at_risk_since,critical_since,"
	    "unused_since,no_workers_since,resets,used_2024-10-04,used_2024-10-05,"
	    "used_2024-10-06\r\n");
	assert_text(FORMAT_CSV, 0,
	    "'-owl|,true,2024-10-04T00:00:00Z,2024-10-06T00:00:00Z,"
	    "2024-10-04T00:00:00Z,,2024-10-06T00:00:00Z,,0,100,100,\r\n");
	assert_text(FORMAT_CSV, 1, "new,true,,,,,,,0,,,\r\n");
	assert_text(FORMAT_CSV, 2,
	    "gone,false,2024-10-04T00:00:00Z,2024-10-04T00:00:00Z,,,,,0,,,\r\n");
	assert_text(FORMAT_MARKDOWN, -1,
	    "| Model | First seen | Last seen | At risk since | Unused since | No "
	    "workers since | Used in 30 days | Used in 90 days |\n"
	    "|---|---|---|---|---|---|--:|--:|\n");
	assert_text(FORMAT_MARKDOWN, 0,
	    "| <code>&#45;owl&#124;</code> | 2024-10-04 | – | 2024-10-04 | 2024-10-06 "
	    "| – | 200 | 200 |\n");
	assert_text(FORMAT_MARKDOWN, 1, "| `new` | – | – | – | – | – | – | – |\n");
	assert_text(FORMAT_MARKDOWN, 2,
	    "| `gone` | 2024-10-04 | 2024-10-04 | – | – | – | – | – |\n");
	assert_text(FORMAT_MARKDOWN, -2,
	    "\ntext_generation of AI Horde, data of 2024-10-06T00:00:00Z\n");
}

TEST(the_shorter_sum_is_of_the_last_days)
{
	struct history_model_now m = model(STR("owl"), 0, 0);

	for (int day = 0; day <= 40; day++) {
		history_note(history, &m, 1, MIDNIGHT + day * DAY, true);
		m.usage[2] += day < 10 ? 1000 : 1;
	}
	risk_payload(&payload, CATEGORY, &m, 1);
	history_print(history, CATEGORY, &payload);
	assert_text(FORMAT_MARKDOWN, 0,
	    "| `owl` | 2024-10-04 | – | – | – | – | 29 | 10030 |\n");
}
