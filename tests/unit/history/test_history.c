/* The rules of doc/history.md, each at its edge. */
#include "history/history.h"

#include <string.h>

#include "unit.h"

#define DAY HISTORY_DAY
#define MIDNIGHT (20000 * DAY)

static struct history_rule rule;
static struct history *history;
static struct history_batch *batch;

static int
set_up(void **state UNUSED)
{
	history_defaults(&rule);
	rule.settle = 0;
	history = history_new(&rule);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	history_batch_done(history, &batch, true);
	history_free(&history);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static struct history_model_now
model(const char *name, int64_t total, int64_t workers, uint32_t flags)
{
	return (struct history_model_now){ .name = { name, strlen(name) },
		.usage = { 0, 0, total },
		.workers = workers,
		.flags = flags };
}

/* A publication of one model. */
static void
note(int64_t at, struct history_model_now m)
{
	history_note(history, &m, 1, at, true);
}

static const struct history_batch *
take(void)
{
	history_batch_done(history, &batch, true);
	batch = history_take_batch(history);
	assert_non_null(batch);
	return batch;
}

static void
assert_day(size_t i, int64_t day, int64_t used, int64_t workers)
{
	assert_true(i < batch->ndays);
	assert_int_equal(batch->days[i].day, day);
	assert_int_equal(batch->days[i].used, used);
	assert_int_equal(batch->days[i].workers, workers);
}

TEST(total_is_split_at_midnight)
{
	note(MIDNIGHT - 3600, model("a", 100, 1, 0));
	note(MIDNIGHT + 7200, model("a", 110, 2, 0));
	take();
	assert_int_equal(batch->ndays, 2);
	assert_day(0, 19999, 3, 1);
	assert_day(1, 20000, 7, 2);
}

TEST(sample_at_midnight_has_no_time_of_the_day)
{
	note(MIDNIGHT - 3600, model("a", 0, 1, 0));
	note(MIDNIGHT, model("a", 5, 4, 0));
	take();
	assert_day(0, 19999, 5, 1);
	assert_day(1, 20000, -1, 4);
}

TEST(total_that_falls_adds_nothing)
{
	note(MIDNIGHT, model("a", 1000, 0, 0));
	note(MIDNIGHT + 3600, model("a", 7, 0, 0));
	note(MIDNIGHT + 7200, model("a", 9, 0, 0));
	take();
	assert_day(0, 20000, 2, 0);
	assert_int_equal(batch->models[0].resets, 1);
	assert_int_equal(history_count(history)->resets, 1);
}

TEST(greatest_total_overflows_nothing)
{
	note(1, model("a", 0, INT64_MAX, 0));
	note(1 + 3 * DAY, model("a", INT64_MAX, INT64_MAX, 0));
	note(1 + 4 * DAY, model("a", 0, 0, 0));
	note(1 + 5 * DAY - 1, model("a", INT64_MAX, 0, 0));
	take();
	assert_day(0, 0,
	    INT64_MAX / 259200 * 86399 + INT64_MAX % 259200 * 86399 / 259200,
	    HISTORY_WORKERS_MAX);
	assert_day(4, 4, INT64_MAX, 0);
}
