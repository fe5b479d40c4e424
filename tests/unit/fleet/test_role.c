/* Roles in simulated time: machines, clocks and a Redis that are a few numbers. */
#include <string.h>

#include "base/clock.h"
#include "fleet/role.h"
#include "unit.h"

#define S NSEC_PER_SEC
#define MS NSEC_PER_MSEC
#define START (1000 * S)
#define MACHINES 5

static const struct role_rule rule = {
	.lease = 135 * S,
	.poll = 2 * S,
	.patience = 240 * S,
	.interval = 240 * S,
	.stands = true,
};

/* What the script of script.c does, over these. */
static struct {
	int holder; /* -1: nobody */
	int64_t ends;
	uint64_t token;
	struct role_mark generation;
	int64_t begun;
	struct role_mark begins;
	bool asked;
	int64_t clock; /* its own, ahead of clock_boot() */
} redis;

static struct role machine[MACHINES];

static int
setup(void **state UNUSED)
{
	memset(&redis, 0, sizeof(redis));
	redis.holder = -1;
	redis.clock = 1700000000 * S;
	for (int i = 0; i < MACHINES; i++)
		role_open(&machine[i], &rule, true, START);
	return 0;
}

UNIT_FIXTURE(.setup = setup);

static uint64_t
greatest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct role_look
answer(int who, int64_t now)
{
	struct role *r = &machine[who];
	struct role_look l = { 0 };

	if (now >= redis.ends)
		redis.holder = -1;
	if (redis.holder == who && redis.token == r->token)
		l.leads = true;
	else if ((redis.holder == -1 || redis.holder == who) && role_stands(r, now)) {
		redis.token = greatest((uint64_t)(now + redis.clock) / 1000,
		    greatest(redis.token, r->highest) + 1);
		redis.holder = who;
		l.leads = true;
	}
	if (l.leads)
		redis.ends = now + rule.lease;
	l.token = redis.token;
	l.generation = redis.generation;
	l.begun = redis.begun;
	l.begins = redis.begins;
	if (redis.holder != -1) {
		l.left = redis.ends - now;
		l.leader[0] = (char)('a' + redis.holder);
	}
	return l;
}

/* A look that takes no time. */
static void
look(int who, int64_t now)
{
	struct role_look l = answer(who, now);

	role_seen(&machine[who], &l, now, now, 0);
}

static void
publish(int who, uint64_t seq)
{
	redis.generation = (struct role_mark){ machine[who].token, seq };
	role_published(&machine[who], redis.generation);
}

static void
begin(int who, int64_t now, uint64_t seq)
{
	redis.begun = now + redis.clock;
	redis.begins = (struct role_mark){ machine[who].token, seq };
	role_begin(&machine[who], redis.begun, redis.begins);
}

#define assert_role(who, now, want) assert_int_equal(role_at(&machine[who], now), want)

TEST(test_the_first_leads_and_the_second_follows)
{
	assert_role(0, START, LEDGER_FOLLOWER);
	look(0, START);
	look(1, START + S);
	assert_role(0, START + S, LEDGER_LEADER);
	assert_role(1, START + S, LEDGER_FOLLOWER);
	assert_string_equal(machine[1].look.leader, "a");
	assert_int_equal(machine[1].token, 0);
	assert_int_equal(machine[1].highest, machine[0].token);
}

/* The answer came late: others count the lease from an instant that is later still. */
TEST(test_a_lease_counts_from_when_it_was_asked_for)
{
	struct role_look l = answer(0, START + 3 * S);

	role_seen(&machine[0], &l, START, START + 4 * S, 0);
	assert_role(0, START + rule.lease - 1, LEDGER_LEADER);
	assert_role(0, START + rule.lease, LEDGER_FOLLOWER);
}

/* The first one is paused, and wakes when another leads: it knows without asking. */
TEST(test_a_leader_that_was_paused_over_its_lease_is_none)
{
	int64_t later = START + rule.lease + S;
	uint64_t token;

	look(0, START);
	token = machine[0].token;
	look(1, later);
	assert_role(1, later, LEDGER_LEADER);
	assert_role(0, later, LEDGER_FOLLOWER);
	assert_true(machine[1].token > token);
	look(0, later + S);
	assert_int_equal(machine[0].token, 0);
	assert_role(0, later + S, LEDGER_FOLLOWER);
}

/* Another machine has written a new token while the first still held its lease, as
 * after a failover that lost the lease: for an instant there are two. */
TEST(test_of_two_leaders_the_one_with_the_old_token_ends_at_its_look)
{
	look(0, START);
	redis.holder = -1;
	look(1, START + S);
	assert_role(0, START + S, LEDGER_LEADER);
	assert_role(1, START + S, LEDGER_LEADER);
	assert_true(machine[1].token > machine[0].token);
	look(0, START + 2 * S);
	assert_role(0, START + 2 * S, LEDGER_FOLLOWER);
	assert_role(1, START + 2 * S, LEDGER_LEADER);
}

TEST(test_a_lost_answer_costs_a_token)
{
	uint64_t token;

	(void)answer(0, START);
	token = redis.token;
	role_missed(&machine[0], START + 5 * S, 0);
	assert_role(0, START + 5 * S, LEDGER_FOLLOWER);
	look(0, START + 6 * S);
	assert_role(0, START + 6 * S, LEDGER_LEADER);
	assert_true(machine[0].token > token);
}

/* Whatever Redis has forgotten, and if its clock was set back meanwhile. */
TEST(test_tokens_grow_over_an_empty_restart)
{
	uint64_t token;

	look(0, START);
	look(1, START + S);
	token = machine[0].token;
	redis.holder = -1;
	redis.token = 0;
	redis.generation = (struct role_mark){ 0 };
	redis.clock -= 3600 * S;
	look(1, START + 2 * S);
	assert_role(1, START + 2 * S, LEDGER_LEADER);
	assert_true(machine[1].token > token);
}

TEST(test_a_new_leader_keeps_the_pace_of_the_last)
{
	int64_t later = START + rule.lease + S;

	look(0, START);
	begin(0, START, 1);
	publish(0, 1);
	look(1, later);
	assert_int_equal(role_first_cycle(&machine[1], later + redis.clock),
	    START + rule.interval - later);
	/* A clock that was set back does not make it wait for hours, */
	assert_int_equal(role_first_cycle(&machine[1], later + redis.clock - 7200 * S),
	    rule.interval);
	/* one that was set forward, or a cycle that is overdue, not at all; the pace is
	 * that of before. */
	assert_int_equal(role_first_cycle(&machine[1],
			     START + 5 * rule.interval + 7 * S + redis.clock),
	    -7 * S);
}

TEST(test_a_cycle_that_was_not_published_is_run_again_at_once)
{
	look(0, START);
	begin(0, START, 1);
	publish(0, 1);
	begin(0, START + 10 * S, 2);
	look(1, START + rule.lease + S);
	assert_int_equal(
	    role_first_cycle(&machine[1], START + rule.lease + S + redis.clock),
	    10 * S - rule.lease - S);
	assert_int_equal(role_first_cycle(&machine[1], START + 9 * S + redis.clock), 0);
}

TEST(test_the_first_of_all_hydrates_at_once)
{
	look(0, START);
	assert_int_equal(role_first_cycle(&machine[0], START + redis.clock), 0);
}

/* Redis is empty, but this machine remembers what was published when. */
TEST(test_an_empty_redis_does_not_bring_a_cycle_forward)
{
	look(0, START);
	begin(0, START, 1);
	publish(0, 1);
	redis.holder = -1;
	redis.begun = 0;
	redis.begins = redis.generation = (struct role_mark){ 0 };
	look(0, START + S);
	assert_int_equal(
	    role_first_cycle(&machine[0], START + S + redis.clock), rule.interval - S);
}

TEST(test_only_what_is_newer_is_wanted)
{
	look(0, START);
	publish(0, 3);
	look(1, START + S);
	assert_true(role_wants(&machine[1]));
	role_take(&machine[1], redis.generation);
	assert_false(role_wants(&machine[1]));
	redis.generation.seq = 2; /* Redis came back with an older state */
	look(1, START + 2 * S);
	assert_false(role_wants(&machine[1]));
	redis.generation.seq = 4;
	look(1, START + 3 * S);
	assert_true(role_wants(&machine[1]));
	redis.generation = (struct role_mark){ redis.token - 1, 9 };
	look(1, START + 4 * S);
	assert_false(role_wants(&machine[1]));
	redis.generation = (struct role_mark){ 0 };
	look(1, START + 5 * S);
	assert_false(role_wants(&machine[1]));
}

TEST(test_patience_ends_without_redis)
{
	look(0, START);
	look(1, START);
	role_missed(&machine[1], START + 2 * S, 0);
	assert_role(1, START + rule.patience - 1, LEDGER_FOLLOWER);
	assert_null(role_why_alone(&machine[1], START + rule.patience - 1));
	assert_role(1, START + rule.patience, LEDGER_ALONE);
	assert_string_equal(role_why_alone(&machine[1], START + rule.patience),
	    "Redis does not answer");
	look(1, START + rule.patience + S);
	assert_role(1, START + rule.patience + S, LEDGER_LEADER);
}

/* Nobody else was paused: Redis may be well. It looks first. */
TEST(test_a_pause_is_no_lack_of_redis)
{
	look(1, START);
	look(0, START);
	assert_role(0, START + rule.patience + S, LEDGER_FOLLOWER);
	/* A look that does not end is not waited for for ever. */
	assert_role(0, START + 2 * rule.patience + rule.poll, LEDGER_ALONE);
}

TEST(test_an_empty_latch_has_little_patience)
{
	role_open(&machine[0], &rule, false, START);
	role_missed(&machine[0], START + 2 * S, 0);
	assert_role(0, START + 5 * S - 1, LEDGER_FOLLOWER);
	assert_role(0, START + 5 * S, LEDGER_ALONE);
	/* It looks more often, too, while it waits for the first snapshot. */
	look(1, START);
	look(0, START);
	assert_true(machine[0].due - START <= S / 2);
}

/* The leader renews its lease, but nothing comes of it: it cannot write, for one. */
TEST(test_a_fleet_that_nobody_hydrates_is_left)
{
	int64_t t;

	for (t = START; t < START + 479 * S; t += S) {
		look(0, t);
		look(1, t);
	}
	assert_role(1, START + 479 * S, LEDGER_FOLLOWER);
	look(1, START + 480 * S);
	assert_role(1, START + 480 * S, LEDGER_ALONE);
	assert_string_equal(role_why_alone(&machine[1], START + 480 * S),
	    "nobody is seen to hydrate for the fleet");
	/* Not if the leader tries: where it fails others would, too. */
	begin(0, START + 481 * S, 1);
	look(1, START + 482 * S);
	assert_role(1, START + 482 * S, LEDGER_FOLLOWER);
}

TEST(test_what_cannot_be_used_makes_alone_until_there_is_better)
{
	look(0, START);
	publish(0, 1);
	look(1, START);
	role_refuse(&machine[1], redis.generation);
	assert_role(1, START, LEDGER_ALONE);
	assert_false(role_wants(&machine[1]));
	role_own(&machine[1]);
	assert_role(1, START, LEDGER_ALONE);
	publish(0, 2);
	look(1, START + S);
	assert_true(role_wants(&machine[1]));
	role_take(&machine[1], redis.generation);
	assert_role(1, START + S, LEDGER_FOLLOWER);
}

TEST(test_who_resigns_leaves_it_to_others)
{
	look(0, START);
	role_resign(&machine[0], START);
	redis.holder = -1;
	assert_role(0, START, LEDGER_FOLLOWER);
	look(0, START + S);
	assert_role(0, START + S, LEDGER_FOLLOWER);
	look(1, START + 2 * S);
	assert_role(1, START + 2 * S, LEDGER_LEADER);
	/* Somebody leads: it rests for an interval. */
	look(0, START + 3 * S);
	assert_false(role_stands(&machine[0], START + 239 * S));
	assert_true(role_stands(&machine[0], START + 240 * S));
}

TEST(test_who_resigns_stands_again_if_nobody_else_does)
{
	look(0, START);
	role_resign(&machine[0], START);
	redis.holder = -1;
	look(0, START + 2 * S);
	assert_false(role_stands(&machine[0], START + 5 * S));
	look(0, START + 6 * S);
	assert_role(0, START + 6 * S, LEDGER_LEADER);
}

TEST(test_who_does_not_stand_never_leads)
{
	struct role_rule shy = rule;

	shy.stands = false;
	role_open(&machine[0], &shy, true, START);
	look(0, START);
	assert_role(0, START, LEDGER_FOLLOWER);
	assert_int_equal(redis.holder, -1);
}

TEST(test_looks_are_never_later_than_the_poll)
{
	struct role_look l = answer(0, START);

	role_seen(&machine[0], &l, START, START, UINT32_MAX);
	assert_int_equal(machine[0].due, START + rule.poll * 3 / 4);
	role_seen(&machine[0], &l, START, START, 0);
	assert_int_equal(machine[0].due, START + rule.poll);
	/* A short lease is renewed several times, */
	machine[0].rule.lease = 3 * S;
	role_seen(&machine[0], &l, START, START, 0);
	assert_int_equal(machine[0].due, START + S);
	/* and one that ends is looked for when it does, by all at different times. */
	l = answer(1, START + rule.lease - 500 * MS);
	role_seen(&machine[1], &l, START, START, 0);
	assert_int_equal(machine[1].due, START + 500 * MS);
	role_seen(&machine[1], &l, START, START, UINT32_MAX);
	assert_int_equal(machine[1].due, START + 600 * MS);
}

TEST(test_misses_are_repeated_ever_later)
{
	int64_t now = START;

	for (int i = 0; i < 40; i++) {
		role_missed(&machine[0], now, (uint32_t)i * 2654435761u);
		assert_true(machine[0].due - now >= S / 2);
		assert_true(machine[0].due - now <= 30 * S);
		now = machine[0].due;
	}
	role_missed(&machine[0], now, UINT32_MAX);
	assert_int_equal(machine[0].due - now, 30 * S);
	look(0, now + S);
	role_missed(&machine[0], now, UINT32_MAX);
	assert_int_equal(machine[0].due - now, S);
}

/* Hours of machines that are paused, cut off and started anew at random: no two believe
 * at one instant that they lead, and a leader is missing no longer than a lease. */
TEST(test_there_is_one_leader_whatever_stops)
{
	int64_t asleep[MACHINES] = { 0 }, without = START, t;
	uint32_t draw = 1;

	for (t = START; t < START + 40000 * S; t += 50 * MS) {
		int leaders = 0, awake = 0;

		for (int i = 0; i < MACHINES; i++) {
			draw = draw * 1664525u + 1013904223u;
			if (t >= asleep[i] && draw >> 8 < 2000)
				asleep[i] = t + (draw & 255) * 2 * S;
			if (t >= asleep[i] && t >= machine[i].due) {
				struct role_look l = answer(i, t);

				role_seen(&machine[i], &l, t, t, draw);
			}
			leaders += role_at(&machine[i], t) == LEDGER_LEADER;
			awake += t >= asleep[i];
		}
		assert_true(leaders <= 1);
		if (leaders == 1 || awake == 0)
			without = t;
		assert_true(t - without <= rule.lease + rule.poll);
	}
}
