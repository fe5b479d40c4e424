/* What is recorded and read again: nothing is lost, and nothing that is read believed.
 */
#include <string.h>

#include "fixture/publications.h"
#include "unit.h"

#define LOW RISK_BIT(RISK_LOW_USAGE)
#define HOUR HISTORY_HOUR

UNIT_FIXTURE(.setup = publications_set_up, .teardown = publications_tear_down);

TEST(nothing_new_is_no_batch)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	take_batch();
	history_batch_done(history, &batch, true);
	note(MIDNIGHT + 60, model("a", 0, 0, 0));
	assert_null(history_take_batch(history));
}

TEST(one_batch_at_a_time)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	take_batch();
	note(MIDNIGHT + HOUR, model("a", 1, 0, 0));
	assert_null(history_take_batch(history));
	take_batch();
	assert_int_equal(batch->ndays, 1);
}

TEST(event_is_recorded_once)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	note(MIDNIGHT + 60, model("a", 0, 0, LOW));
	take_batch();
	assert_events(2);
	note(MIDNIGHT + 120, model("a", 0, 0, 0));
	take_batch();
	assert_event(0, EVENT_FLAG_CLEARED, "a");
	assert_events(2);
}

TEST(rows_that_did_not_change_are_in_none)
{
	note_two(MIDNIGHT, model("a", 0, 0, 0), model("b", 0, 0, 0));
	note_two(MIDNIGHT + HOUR, model("a", 0, 0, 0), model("b", 0, 0, 0));
	take_batch();
	note_two(MIDNIGHT + 2 * HOUR, model("a", 0, 0, 0), model("b", 7, 0, 0));
	take_batch();
	assert_int_equal(batch->nmodels, 1);
	assert_int_equal(batch->nhours, 1);
	assert_int_equal(batch->ndays, 1);
	assert_int_equal(batch->samples, 1);
	assert_int_equal(batch->days[0].model, row_of("b")->id);
	assert_int_equal(batch->hours[0].hour, MIDNIGHT / HOUR + 2);
	assert_int_equal(batch->hours[0].at.usage[2], 7);
}

TEST(batch_that_was_not_recorded_goes_into_the_next)
{
	struct history_batch *lost;

	note_two(MIDNIGHT, model("a", 0, 0, 0), model("b", 0, 0, 0));
	note(MIDNIGHT + HOUR, model("a", 5, 0, LOW));
	lost = history_take_batch(history);
	note(MIDNIGHT + HISTORY_DAY, model("a", 5, 0, LOW));
	history_batch_done(history, &lost, false);
	assert_null(lost);
	take_batch();
	assert_int_equal(batch->samples, 3);
	assert_int_equal(batch->nmodels, 2);
	assert_event(0, EVENT_DISAPPEARED, "b");
	assert_int_equal(batch->days[0].day, MIDNIGHT / HISTORY_DAY);
	assert_int_equal(batch->days[0].used, 5);
}

TEST(batch_outlives_its_history)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	take_batch();
	history_free(&history);
	assert_string_equal(batch->models[0].name.p, "a");
	history_batch_done(NULL, &batch, false);
	assert_null(batch);
}

TEST(delivered_id_is_recorded_and_never_falls)
{
	uint64_t id;

	note(MIDNIGHT, model("a", 0, 0, 0));
	note(MIDNIGHT + 60, model("b", 0, 0, 0));
	id = history_last_id(history);
	history_deliver(history, id);
	history_deliver(history, id - 5);
	take_batch();
	assert_int_equal(batch->meta.delivered_id, id);
	assert_int_equal(history_delivered(history), id);
}

/* What is recorded, read by another process. */
static struct history *
read_again(void)
{
	struct history *h = history_new(&rule);

	history_restore_meta(h, &batch->meta);
	for (size_t i = 0; i < batch->nmodels; i++)
		assert_true(history_restore_model(h, &batch->models[i]));
	for (size_t i = 0; i < batch->ndays; i++)
		assert_true(history_restore_day(h, &batch->days[i]));
	for (size_t i = 0; i < batch->nevents; i++)
		assert_true(history_restore_event(h, &batch->events[i]));
	return h;
}

TEST(restart_is_no_event)
{
	struct history *h;

	note(MIDNIGHT, model("a", 0, 0, 0));
	note(MIDNIGHT + HOUR, model("a", 5, 0, LOW));
	take_batch();
	h = read_again();
	assert_null(history_take_batch(h));
	history_free(&history);
	history = h;
	note(MIDNIGHT + HOUR + 60, model("a", 5, 0, LOW));
	assert_int_equal(history_count(history)->events, 0);
	assert_null(history_take_batch(history));
}

static bool
restores(struct history_model_row row)
{
	return history_restore_model(history, &row);
}

TEST(more_is_not_delivered_than_there_is)
{
	struct history_meta meta = { .last_id = 30, .delivered_id = UINT64_MAX };

	history_restore_meta(history, &meta);
	assert_int_equal(history_delivered(history), 30);
	meta.delivered_id = 20;
	history_restore_meta(history, &meta);
	assert_int_equal(history_delivered(history), 20);
}

TEST(model_that_cannot_be_is_refused)
{
	struct history_meta meta = { .published_at = MIDNIGHT, .sampled_at = MIDNIGHT };

	history_restore_meta(history, &meta);
	assert_true(restores((struct history_model_row){ .id = 2, .name = STR("a") }));
	assert_false(restores((struct history_model_row){ .id = 3, .name = STR("a") }));
	assert_false(restores((struct history_model_row){ .id = 2, .name = STR("b") }));
	assert_false(restores((struct history_model_row){ .id = 0, .name = STR("b") }));
	assert_false(
	    restores((struct history_model_row){ .id = UINT64_MAX, .name = STR("b") }));
	assert_false(
	    restores((struct history_model_row){ .id = 9, .name = STR("\xff") }));
	assert_true(restores((struct history_model_row){ .id = 9, .name = STR("") }));
}

TEST(day_that_cannot_be_is_refused)
{
	struct history_meta meta = { .published_at = MIDNIGHT, .sampled_at = MIDNIGHT };
	struct history_day_row day = { 1, MIDNIGHT / HISTORY_DAY, INT64_MIN,
		INT64_MAX };

	history_restore_meta(history, &meta);
	assert_true(restores((struct history_model_row){ .id = 1, .name = STR("a") }));
	assert_true(history_restore_day(history, &day));
	day.model = 2;
	assert_false(history_restore_day(history, &day));
	day.model = 1;
	day.day++;
	assert_false(history_restore_day(history, &day));
	day.day = history_first_day(history);
	assert_true(history_restore_day(history, &day));
	day.day--;
	assert_false(history_restore_day(history, &day));
	day.day = INT64_MIN;
	assert_false(history_restore_day(history, &day));
}

TEST(event_that_cannot_be_is_refused)
{
	struct history_event e = { .id = 5, .kind = EVENT_APPEARED, .model = STR("a") };

	assert_true(history_restore_event(history, &e));
	assert_false(history_restore_event(history, &e));
	e.id = 6;
	e.kind = EVENT_KIND_MAX;
	assert_false(history_restore_event(history, &e));
	e.kind = EVENT_FLAG_SET;
	e.flag = RISK_FLAG_MAX;
	assert_false(history_restore_event(history, &e));
	e.flag = 0;
	e.model = STR("\xc3");
	assert_false(history_restore_event(history, &e));
	e.model = STR("a");
	e.id = UINT64_MAX;
	assert_false(history_restore_event(history, &e));
	e.id = 7;
	assert_true(history_restore_event(history, &e));
	assert_int_equal(history_last_id(history), 7);
}

/* A file says what it likes: the next publication is one nevertheless. */
TEST(worst_numbers_are_brought_into_their_ranges)
{
	struct history_meta meta = { INT64_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX,
		UINT64_MAX };
	struct history_model_row row = { .id = 1, .name = STR("a") };

	history_restore_meta(history, &meta);
	memset(
	    &row.state, 0xff, sizeof(row) - offsetof(struct history_model_row, state));
	assert_true(history_restore_model(history, &row));
	row.id = 2;
	row.name = STR("b");
	memset(
	    &row.state, 0x7f, sizeof(row) - offsetof(struct history_model_row, state));
	assert_true(history_restore_model(history, &row));
	note_two(MIDNIGHT, model("a", 1, 0, 0), model("b", 1, 0, 0));
	note_two(MIDNIGHT + HOUR, model("a", 2, 0, 0), model("b", 3, 0, 0));
	take_batch();
	assert_int_equal(row_of("b")->last_seen, MIDNIGHT + HOUR);
	for (size_t i = 0; i < batch->ndays; i++)
		assert_in_range(batch->days[i].used, 1, 2);
}
