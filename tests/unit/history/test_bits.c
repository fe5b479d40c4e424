/* Changes that last are told, once, by who leads. */
#include <string.h>

#include "fixture/publications.h"
#include "unit.h"

#define LOW RISK_BIT(RISK_LOW_USAGE)
#define IDLE RISK_BIT(RISK_NO_ACTIVE_WORKERS)

UNIT_FIXTURE(.setup = publications_set_up, .teardown = publications_tear_down);

static void
set_settle(int64_t seconds)
{
	history_free(&history);
	rule.settle = seconds;
	history = history_new(&rule);
}

static struct history_model_now
critical(struct history_model_now m)
{
	m.marks = FIGURES_CRITICAL;
	return m;
}

TEST(flag_and_risk_are_told_with_figures)
{
	note(MIDNIGHT, model("a", 5, 3, 0));
	note(MIDNIGHT + 60, model("a", 6, 2, LOW));
	note(MIDNIGHT + 120, model("a", 7, 1, 0));
	take_batch();
	assert_event(0, EVENT_FLAG_SET, "a");
	assert_int_equal(event_at(0)->flag, RISK_LOW_USAGE);
	assert_int_equal(event_at(0)->since, MIDNIGHT + 60);
	assert_int_equal(event_at(0)->before.workers, 3);
	assert_int_equal(event_at(0)->after.workers, 2);
	assert_event(1, EVENT_AT_RISK, "a");
	assert_int_equal(event_at(1)->flag, UINT32_MAX);
	assert_event(2, EVENT_FLAG_CLEARED, "a");
	assert_event(3, EVENT_RECOVERED, "a");
	assert_events(4);
}

TEST(second_flag_is_no_second_risk)
{
	note(MIDNIGHT, model("a", 0, 0, LOW));
	note(MIDNIGHT + 60, model("a", 0, 0, LOW | IDLE));
	note(MIDNIGHT + 120, model("a", 0, 0, IDLE));
	take_batch();
	assert_event(0, EVENT_FLAG_SET, "a");
	assert_event(1, EVENT_FLAG_CLEARED, "a");
	assert_events(2);
	assert_int_equal(row_of("a")->since[HISTORY_AT_RISK], MIDNIGHT);
}

TEST(end_of_critical_is_no_event)
{
	note(MIDNIGHT, model("a", 0, 0, LOW));
	note(MIDNIGHT + 60, critical(model("a", 0, 0, LOW)));
	note(MIDNIGHT + 120, model("a", 0, 0, LOW));
	note(MIDNIGHT + 180, critical(model("a", 0, 0, LOW)));
	take_batch();
	assert_event(0, EVENT_CRITICAL, "a");
	assert_event(1, EVENT_CRITICAL, "a");
	assert_events(2);
}

TEST(bit_that_flaps_is_not_told)
{
	set_settle(900);
	note(MIDNIGHT, model("a", 0, 0, 0));
	for (int i = 1; i < 10; i++)
		note(MIDNIGHT + i * 600, model("a", 0, 0, i % 2 != 0 ? LOW : 0));
	take_batch();
	assert_events(0);
}

TEST(bit_is_told_when_it_has_settled)
{
	set_settle(900);
	note(MIDNIGHT, model("a", 1, 0, 0));
	note(MIDNIGHT + 60, model("a", 2, 0, LOW));
	note(MIDNIGHT + 959, model("a", 3, 0, LOW));
	take_batch();
	assert_events(0);
	note(MIDNIGHT + 960, model("a", 4, 0, LOW));
	take_batch();
	assert_event(0, EVENT_FLAG_SET, "a");
	assert_int_equal(event_at(0)->at, MIDNIGHT + 960);
	assert_int_equal(event_at(0)->since, MIDNIGHT + 60);
	assert_int_equal(event_at(0)->before.usage[2], 1);
	assert_int_equal(event_at(0)->after.usage[2], 4);
	note(MIDNIGHT + 2000, model("a", 5, 0, LOW));
	assert_int_equal(history_count(history)->events, 2);
}

/* The events of a batch as a leader's payload has them. */
static void
adopt_all(struct history *follower)
{
	char text[64];

	for (size_t i = 0; i < batch->nevents; i++) {
		const struct history_event *e = &batch->events[i];
		struct view_event v = { .id = e->id,
			.at = e->at,
			.since = e->since,
			.kind = e->kind,
			.flag = e->flag,
			.count = e->count,
			.model = { 0, e->model.len } };

		memcpy(text, e->model.p, e->model.len);
		history_adopt_event(follower, &v, text);
	}
}

TEST(who_followed_repeats_nothing_when_it_leads)
{
	struct history *follower = history_new(&rule);
	struct history_model_now m = model("a", 0, 0, 0), risk = model("a", 0, 0, LOW);

	note(MIDNIGHT, m);
	history_note(follower, &m, 1, MIDNIGHT, false);
	note(MIDNIGHT + 60, risk);
	history_note(follower, &risk, 1, MIDNIGHT + 60, false);
	take_batch();
	assert_events(2);
	assert_int_equal(history_count(follower)->events, 0);
	adopt_all(follower);
	adopt_all(follower);
	assert_int_equal(history_count(follower)->events, 2);
	assert_int_equal(history_last_id(follower), history_last_id(history));
	history_note(follower, &risk, 1, MIDNIGHT + 120, true);
	assert_int_equal(history_count(follower)->events, 2);
	history_free(&follower);
}

TEST(what_the_leader_never_said_the_next_one_says)
{
	struct history_model_now risk = model("a", 0, 0, LOW);

	note(MIDNIGHT, model("a", 0, 0, 0));
	history_note(history, &risk, 1, MIDNIGHT + 60, false);
	note(MIDNIGHT + 120, risk);
	take_batch();
	assert_event(0, EVENT_FLAG_SET, "a");
	assert_int_equal(event_at(0)->since, MIDNIGHT + 60);
}

TEST(what_the_leader_left_out_nobody_says)
{
	struct history_model_now risk = model("a", 0, 0, LOW);
	struct view_event many = { .id = MIDNIGHT * 1000 + 60000,
		.kind = EVENT_MANY,
		.flag = UINT32_MAX,
		.count = 9 };

	note(MIDNIGHT, model("a", 0, 0, 0));
	history_note(history, &risk, 1, MIDNIGHT + 60, false);
	history_adopt_event(history, &many, "");
	note(MIDNIGHT + 120, risk);
	take_batch();
	assert_event(0, EVENT_MANY, "");
	assert_events(1);
}

TEST(leader_from_the_future_makes_nobody_deaf)
{
	const uint64_t now = (uint64_t)MIDNIGHT * 1000, ahead = HISTORY_TURN * 1000;
	struct view_event e = { .kind = EVENT_MANY, .flag = UINT32_MAX };

	note(MIDNIGHT, model("a", 0, 0, 0));
	e.id = VIEW_ID_MAX / 2;
	history_adopt_event(history, &e, "");
	e.id = now + ahead + 1;
	history_adopt_event(history, &e, "");
	assert_int_equal(history_last_id(history), 0);
	e.id = now + ahead;
	history_adopt_event(history, &e, "");
	assert_int_equal(history_last_id(history), now + ahead);
}

TEST(leader_cannot_deliver_what_comes)
{
	struct view_event e = {
		.id = MIDNIGHT * 1000, .kind = EVENT_MANY, .flag = UINT32_MAX
	};

	note(MIDNIGHT, model("a", 0, 0, 0));
	history_adopt_event(history, &e, "");
	history_deliver(history, VIEW_ID_MAX);
	assert_int_equal(history_delivered(history), e.id);
}

TEST(leader_cannot_use_up_the_ids)
{
	struct view_event last = {
		.id = VIEW_ID_MAX, .kind = EVENT_MANY, .flag = UINT32_MAX
	};

	note(MIDNIGHT, model("a", 0, 0, 0));
	history_adopt_event(history, &last, "");
	assert_int_equal(history_last_id(history), 0);
}
