/* The rules of doc/history.md, each at its edge; tests/history plays whole months. */
#include "history/history.h"

#include <stdio.h>
#include <string.h>

#include "fixture/publications.h"
#include "unit.h"

#define DAY HISTORY_DAY
#define HOUR HISTORY_HOUR

UNIT_FIXTURE(.setup = publications_set_up, .teardown = publications_tear_down);

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
	note(MIDNIGHT - HOUR, model("a", 100, 1, 0));
	note(MIDNIGHT + 2 * HOUR, model("a", 110, 2, 0));
	take_batch();
	assert_int_equal(batch->ndays, 2);
	assert_day(0, 19999, 3, 1);
	assert_day(1, 20000, 7, 2);
}

TEST(sample_at_midnight_has_no_time_of_the_day)
{
	note(MIDNIGHT - HOUR, model("a", 0, 1, 0));
	note(MIDNIGHT, model("a", 5, 4, 0));
	take_batch();
	assert_day(0, 19999, 5, 1);
	assert_day(1, 20000, -1, 4);
}

TEST(total_that_falls_adds_nothing)
{
	note(MIDNIGHT, model("a", 1000, 0, 0));
	note(MIDNIGHT + HOUR, model("a", 7, 0, 0));
	note(MIDNIGHT + 2 * HOUR, model("a", 9, 0, 0));
	take_batch();
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
	take_batch();
	assert_day(0, 0,
	    INT64_MAX / 259200 * 86399 + INT64_MAX % 259200 * 86399 / 259200,
	    HISTORY_WORKERS_MAX);
	assert_day(4, 4, INT64_MAX, 0);
}

TEST(day_of_many_resets_is_bounded)
{
	for (int i = 0; i < 6; i++)
		note(MIDNIGHT + i * HOUR, model("a", i % 2 == 0 ? 0 : INT64_MAX, 0, 0));
	take_batch();
	assert_day(0, 20000, INT64_MAX, 0);
	assert_int_equal(batch->models[0].resets, 2);
}

TEST(numbers_below_zero_are_zero)
{
	note(MIDNIGHT, model("a", INT64_MIN, INT64_MIN, 0));
	note(MIDNIGHT + HOUR, model("a", 3, -1, 0));
	take_batch();
	assert_day(0, 20000, 3, 0);
}

TEST(day_between_samples_without_the_model_is_known)
{
	note(MIDNIGHT, model("a", 0, 5, 0));
	note_none(MIDNIGHT + DAY);
	note(MIDNIGHT + 3 * DAY, model("a", 30, 6, 0));
	take_batch();
	assert_int_equal(batch->ndays, 4);
	assert_day(0, 20000, 10, 5);
	assert_day(1, 20001, 10, -1);
	assert_day(2, 20002, 10, -1);
	assert_day(3, 20003, -1, 6);
}

TEST(no_sample_before_the_interval_is_over)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	note(MIDNIGHT + HOUR - 1, model("a", 9, 0, 0));
	assert_int_equal(history_count(history)->samples, 1);
	note(MIDNIGHT + HOUR, model("a", 9, 0, 0));
	assert_int_equal(history_count(history)->samples, 2);
}

TEST(first_publication_is_no_event)
{
	note(MIDNIGHT, model("a", 0, 0, RISK_BIT(RISK_LOW_USAGE)));
	take_batch();
	assert_events(0);
	assert_int_equal(row_of("a")->since[HISTORY_AT_RISK], MIDNIGHT);
}

TEST(model_that_comes_back_goes_on)
{
	uint64_t id;

	note_two(MIDNIGHT, model("a", 0, 0, 1), model("b", 0, 0, 0));
	take_batch();
	id = row_of("a")->id;
	note(MIDNIGHT + 60, model("b", 0, 0, 0));
	note_two(MIDNIGHT + 120, model("b", 0, 0, 0), model("a", 0, 0, 1));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, "a");
	assert_event(1, EVENT_APPEARED, "a");
	assert_events(2);
	assert_int_equal(row_of("a")->id, id);
	assert_int_equal(row_of("a")->first_seen, MIDNIGHT);
	assert_int_equal(row_of("a")->since[HISTORY_AT_RISK], MIDNIGHT);
}

TEST(last_seen_is_the_last_publication_with_it)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	note(MIDNIGHT + 60, model("a", 0, 0, 0));
	note_none(MIDNIGHT + 120);
	take_batch();
	assert_int_equal(row_of("a")->last_seen, MIDNIGHT + 60);
}

TEST(name_that_comes_twice_counts_once)
{
	note_two(MIDNIGHT, model("a", 1, 0, 0), model("a", 2, 0, 0));
	take_batch();
	assert_int_equal(batch->nmodels, 1);
	assert_int_equal(batch->models[0].last.usage[2], 1);
	note_two(MIDNIGHT + 60, model("a", 3, 0, 0), model("a", 4, 0, 0));
	assert_int_equal(history_count(history)->models, 1);
}

TEST(ids_follow_the_clock_and_never_fall)
{
	note(MIDNIGHT, model("a", 0, 0, 0));
	note_two(MIDNIGHT + 60, model("b", 0, 0, 0), model("c", 0, 0, 0));
	note_none(MIDNIGHT - 60);
	take_batch();
	assert_int_equal(event_at(0)->id, (MIDNIGHT + 60) * 1000);
	for (size_t i = 1; i < batch->nevents; i++)
		assert_true(event_at(i)->id == event_at(i - 1)->id + 1);
	assert_int_equal(batch->meta.last_id, event_at(batch->nevents - 1)->id);
}

TEST(clock_an_hour_back_takes_no_sample)
{
	note(MIDNIGHT, model("a", 5, 0, 0));
	note(MIDNIGHT - HOUR, model("a", 9, 0, 0));
	note(MIDNIGHT - 26 * HOUR, model("a", 9, 0, 0));
	assert_int_equal(history_count(history)->samples, 1);
	assert_int_equal(history_count(history)->turns, 0);
	note(MIDNIGHT + HOUR, model("a", 10, 0, 0));
	take_batch();
	assert_day(0, 20000, 5, 0);
}

TEST(clock_a_day_back_drops_what_is_after_it)
{
	int64_t back = MIDNIGHT - 26 * HOUR - 1;

	note(MIDNIGHT - 3 * DAY, model("a", 0, 7, 0));
	note(MIDNIGHT, model("a", 300, 1, RISK_BIT(RISK_LOW_USAGE)));
	take_batch();
	note(back, model("a", 310, 2, RISK_BIT(RISK_LOW_USAGE)));
	take_batch();
	assert_int_equal(history_count(history)->turns, 1);
	assert_int_equal(batch->turned_to, back);
	assert_int_equal(batch->meta.sampled_at, back);
	assert_int_equal(row_of("a")->since[HISTORY_AT_RISK], back);
	for (size_t i = 0; i < batch->ndays; i++)
		assert_true(
		    batch->days[i].day <= back / DAY && batch->days[i].used >= -1);
	note(back + HOUR, model("a", 312, 2, RISK_BIT(RISK_LOW_USAGE)));
	take_batch();
	assert_int_equal(batch->turned_to, 0);
	/* The day had begun: a hundred are of the interval that was. */
	assert_day(0, back / DAY, 102, 2);
}

TEST(usage_that_rises_or_falls_is_told_at_the_first_sample_of_a_day)
{
	static const int64_t used[] = { 100, 100, 100, 300, 300, 30, 300, 0 };
	int64_t total = 0;

	for (size_t d = 0; d < sizeof(used) / sizeof(used[0]); d++) {
		note(MIDNIGHT + (int64_t)d * DAY, model("a", total, 0, 0));
		total += used[d];
	}
	take_batch();
	/* Three times the mean of 100; 30 is a sixth of 180; 300 is not thrice 155. */
	assert_event(0, EVENT_USAGE_ROSE, "a");
	assert_int_equal(event_at(0)->since, MIDNIGHT + 3 * DAY);
	assert_int_equal(event_at(0)->at, MIDNIGHT + 4 * DAY);
	assert_int_equal(event_at(0)->before.usage[2], 300);
	assert_int_equal(event_at(0)->after.usage[2], 600);
	assert_event(1, EVENT_USAGE_FELL, "a");
	assert_int_equal(event_at(1)->at, MIDNIGHT + 6 * DAY);
	assert_events(2);
}

TEST(a_hundred_thousand_changes_are_two_hundred_events_and_a_number)
{
	enum {
		MANY = 100000
	};
	static char names[MANY][16];
	static struct history_model_now many[MANY];

	note(MIDNIGHT, model("a", 0, 0, 0));
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "m%06d", i);
		many[i] = model(names[i], i, 0, 0);
	}
	history_note(history, many, MANY, MIDNIGHT + 60, true);
	take_batch();
	assert_events(rule.burst_max + 1);
	assert_event(0, EVENT_DISAPPEARED, "a");
	assert_event(rule.burst_max, EVENT_MANY, "");
	assert_int_equal(event_at(rule.burst_max)->count, MANY + 1 - rule.burst_max);
}

TEST(long_names_have_no_history)
{
	static char text[HISTORY_NAME_MAX + 1];
	struct history_model_now longest = model("", 0, 0, 0), longer = longest;

	memset(text, 'n', sizeof(text));
	longest.name = (struct str){ text, HISTORY_NAME_MAX };
	longer.name = (struct str){ text, HISTORY_NAME_MAX + 1 };
	note(MIDNIGHT, model("a", 0, 0, 0));
	note_two(MIDNIGHT + 60, longest, longer);
	note_two(MIDNIGHT + 120, longest, longer);
	assert_int_equal(history_count(history)->models, 2);
	assert_int_equal(history_count(history)->events, 2);
}

TEST(leader_with_long_names_is_not_recorded)
{
	static char text[HISTORY_NAME_MAX + 1];
	struct view_event e = { .id = MIDNIGHT * 1000,
		.kind = EVENT_APPEARED,
		.flag = UINT32_MAX,
		.model = { 0, sizeof(text) } };

	note(MIDNIGHT, model("a", 0, 0, 0));
	history_adopt_event(history, &e, text);
	assert_int_equal(history_count(history)->events, 0);
}

TEST(names_that_change_each_time_are_not_kept_for_ever)
{
	char name[16];

	history_free(&history);
	rule.gone_max = 5;
	history = history_new(&rule);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%c%d", 'a' + i % 26, i);
		note(MIDNIGHT + i, model(name, 0, 0, 0));
		assert_true(history_count(history)->models <= 6);
	}
	take_batch();
	assert_int_equal(batch->nforgotten, 94);
}
