/* A hydrator in a fleet: what it takes, what it keeps, and when it leads. Other
 * machines are scripts and values that the test writes into a real Redis. */
#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/hydrator_world.h"
#include "fixture/moved_clock.h"
#include "fixture/redis_client.h"
#include "fixture/redis_server.h"
#include "fleet/script.h"
#include "fleet/value.h"
#include "hydrator/cycle.h"
#include "hydrator/follow.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "shm/ledger.h"
#include "shm/snapshot.h"
#include "terms/part.h"
#include "unit.h"

#define S NSEC_PER_SEC
#define PATIENCE (20 * S) /* machines are shared */
#define CATEGORY "image_generation"
#define PREFIX "fleet"

static const struct fleet_value_id id = { CATEGORY, VIEW_MAGIC };
static struct redis_server server;
static struct hydrator_world world;
static struct cycle cycle;
static struct follow *follow;
static struct redis *redis;
static struct script *other; /* another machine */
static uint64_t token;       /* by which that leads */
static char url[256], empty[1], prefix[] = PREFIX, name[] = "me";

static bool
go_on(void *arg UNUSED)
{
	follow_attend(follow);
	return true;
}

static const struct source_wait go_wait = { .fd = -1, .attend = go_on };

static void
world_open(void)
{
	struct config *c = &world.config;

	hydrator_world_make(&world, CATEGORY, HYDRATOR_WORLD_CAPACITY);
	snprintf(url, sizeof(url), "unix://%s", directory_path("redis.sock"));
	c->hydration.ttl = 300;
	c->upstream.ca_file = empty;
	c->redis.url = url;
	c->redis.password_file = c->redis.reference_prefix = empty;
	c->redis.prefix = prefix;
	c->redis.name = name;
	c->redis.lease = 60;
	c->redis.poll = 1;
	c->redis.patience = 240;
	hydrator_world_open_cycle(&world, &cycle);
}

static int
setup(void **state UNUSED)
{
	static const char *options[] = { "--port", "0", NULL };
	struct script_settings set = {
		.prefix = PREFIX,
		.category = CATEGORY,
		.name = "other",
		.lease = 60 * S,
		.keep = 1000,
	};

	if (!redis_server_is_there())
		return 0;
	world_open();
	redis_server_start(&server, options);
	redis = set.redis = redis_client_connect(url);
	other = script_open(&set);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	(void)!follow_close(&follow);
	script_close(&other);
	redis_close(&redis);
	redis_server_stop(&server);
	hydrator_world_close_cycle(&cycle);
	hydrator_world_remove(&world);
	return 0;
}

static int
group_setup(void **state UNUSED)
{
	return moved_clock_start();
}

static int
group_teardown(void **state UNUSED)
{
	return moved_clock_stop();
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = group_setup,
    .group_teardown = group_teardown);

/* The other machine takes the lead, before this one comes or after it has left it. */
static void
other_leads(void)
{
	struct role_look look;

	assert_int_equal(script_look(other, true, token, token, &look), REDIS_ANSWERED);
	assert_true(look.leads);
	token = look.token;
}

/* Puts what the latch has into Redis as the other machine's, each part so many seconds
 * old. */
static void
other_publishes(uint64_t seq, int64_t age, int64_t wall, bool complete)
{
	const struct role_mark mark = { token, seq };
	int64_t now = redis_now(redis);
	struct fleet_value v = { .token = token, .seq = seq, .leader = "other" };
	struct buf payload = { 0 }, value = { 0 };
	struct snapshot *s = NULL;
	bool fenced = true;

	v.begun = now - age * S + (complete ? 0 : S);
	v.published = now;
	v.published_wall = clock_wall();
	for (int i = 0; i < SNAPSHOT_PARTS; i++)
		v.part[i] = (struct fleet_part){ now - age * S, wall + i };
	v.gate[0] = (struct fleet_gate){ 1, 0, 77, 5 };
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	payload_identity((const void *)s->data, &payload);
	fleet_value_write(&id, &v, payload.data, payload.len, &value);
	assert_int_equal(
	    script_publish(other, mark, (struct str){ value.data, value.len }, &fenced),
	    REDIS_ANSWERED);
	assert_false(fenced);
	buf_free(&payload);
	buf_free(&value);
	snapshot_release(&s);
}

static struct ledger_fleet
told(void)
{
	struct ledger l;

	assert_true(ledger_read(world.segment, 0, &l));
	return l.fleet;
}

static struct snapshot_stamp
stamp(void)
{
	struct snapshot_stamp now;

	snapshot_stamp_now(world.segment, 0, &now);
	return now;
}

/* Steps until there is such a change. */
static void
until(enum follow_change want)
{
	int64_t begun = clock_boot();

	do {
		usleep(2000);
		follow_attend(follow);
		assert_true(clock_boot() - begun < PATIENCE);
	} while (follow_step(follow, &go_wait) != want);
}

/* Steps until the condition holds. */
#define UNTIL(condition)                                                               \
	do {                                                                           \
		int64_t begun_ = clock_boot();                                         \
		while (!(condition)) {                                                 \
			follow_attend(follow);                                         \
			(void)!follow_step(follow, &go_wait);                          \
			if (clock_boot() - begun_ > PATIENCE)                          \
				fail_msg("never: %s", #condition);                     \
			usleep(2000);                                                  \
		}                                                                      \
	} while (0)

static void
own_cycle(void)
{
	assert_int_equal(cycle_run(&cycle, &go_wait), CYCLE_PUBLISHED);
}

static void
join(void)
{
	follow = follow_open(&cycle);
	assert_non_null(follow);
	assert_false(follow_hydrates(follow));
}

TEST(test_without_a_url_there_is_none)
{
	redis_server_need();
	world.config.redis.url = empty;
	assert_null(follow_open(&cycle));
	assert_true(follow_hydrates(NULL));
	assert_int_equal(follow_fd(NULL), -1);
	assert_int_equal(follow_step(NULL, &go_wait), FOLLOW_SAME);
}

TEST(test_what_another_published_is_taken)
{
	struct cycles_detail d[2];
	struct ledger l;

	redis_server_need();
	own_cycle();
	other_leads();
	other_publishes(1, -100, 5000, true); /* seems to be of later */
	join();
	UNTIL(snapshot_generation(world.segment, 0) == 2);
	assert_int_equal(stamp().part[PART_WORKERS].fetched_wall, 5002);
	assert_string_equal(follow_leader(follow), "other");
	assert_false(follow_hydrates(follow));
	/* The gate compares with what the fleet has. */
	assert_int_equal(cycle.gate[INPUT_REFERENCE].good.count, 77);
	assert_int_equal(atomic_load(&cycle.counters->failures_in_row), 0);
	UNTIL(told().generation == 1);
	assert_int_equal(told().role, LEDGER_FOLLOWER);
	assert_int_equal(told().token, token);
	assert_int_equal(told().up, 1);
	assert_true(ledger_read(world.segment, 0, &l));
	assert_int_equal(l.document[INPUT_WORKERS].fetched_wall, 5002);
	assert_int_equal(cycles_read_details(world.segment, 0, d, NELEM(d)), 2);
	assert_int_equal(d[1].brief.result, CYCLES_ADOPTED);
	assert_int_equal(d[1].brief.models, d[0].brief.models);
	assert_int_equal(d[1].brief.generation, 2);
	assert_true(d[1].brief.publish > 0);
	assert_int_equal(d[1].brief.fetch, 0);
	assert_int_equal(d[1].document[0].asked, 0);
	assert_string_equal(d[1].reason, "as other published it");
}

TEST(test_what_was_made_alone_is_not_replaced_by_older)
{
	int64_t seen;

	redis_server_need();
	own_cycle();
	other_leads();
	other_publishes(1, 60, 5000, true);
	join();
	UNTIL(told().token == token);
	other_publishes(2, 50, 6000, true);
	seen = told().seen;
	UNTIL(told().seen > seen + 3 * S / 2); /* two looks */
	assert_int_equal(snapshot_generation(world.segment, 0), 1);
	assert_int_equal(told().role, LEDGER_FOLLOWER);
	/* But it is not kept when it is stale itself. */
	moved_clock_add(301);
	other_publishes(3, 330, 7000, true);
	UNTIL(snapshot_generation(world.segment, 0) == 2);
	assert_int_equal(stamp().part[0].fetched_wall, 7000);
}

/* The same document: its time stays, whatever clocks make of it. */
TEST(test_a_document_that_is_there_keeps_its_time)
{
	struct snapshot_stamp before;

	redis_server_need();
	own_cycle();
	before = stamp();
	other_leads();
	other_publishes(1, -10, before.part[0].fetched_wall, true);
	join();
	UNTIL(snapshot_generation(world.segment, 0) == 2);
	assert_int_equal(stamp().part[0].fetched_boot, before.part[0].fetched_boot);
	assert_int_not_equal(stamp().part[1].fetched_boot, before.part[1].fetched_boot);
}

TEST(test_what_is_in_part_of_before_its_cycle_is_no_success)
{
	redis_server_need();
	own_cycle();
	atomic_store(&cycle.counters->last_success, 1);
	other_leads();
	other_publishes(1, -10, 5000, false);
	join();
	UNTIL(snapshot_generation(world.segment, 0) == 2);
	assert_int_equal(atomic_load(&cycle.counters->last_success), 1);
	other_publishes(2, -20, 6000, true);
	UNTIL(snapshot_generation(world.segment, 0) == 3);
	assert_true(atomic_load(&cycle.counters->last_success) > 1);
}

/* Redis is empty: the machine tells what it has before its first cycle. */
TEST(test_a_leader_tells_what_it_has)
{
	struct str found = { NULL, 0 };
	int64_t begun = clock_boot();

	redis_server_need();
	own_cycle();
	join();
	until(FOLLOW_LEADS);
	assert_true(follow_hydrates(follow));
	assert_int_equal(follow_first_cycle(follow), 0);
	while (found.len == 0 && clock_boot() - begun < PATIENCE) {
		assert_int_equal(script_get_snapshot(other, &found), REDIS_ANSWERED);
		usleep(2000);
	}
	assert_true(found.len > 0);
	UNTIL(told().role == LEDGER_LEADER);
	assert_string_equal(told().leader, name);
}

TEST(test_who_does_not_refresh_does_not_lead)
{
	int64_t seen;

	redis_server_need();
	world.config.hydration.enabled = false;
	join();
	UNTIL(told().seen != 0);
	seen = told().seen;
	UNTIL(told().seen > seen); /* nobody else wants to */
	assert_int_equal(told().role, LEDGER_FOLLOWER);
	assert_int_equal(told().token, 0);
	other_leads();
	own_cycle();
	other_publishes(1, -10, 5000, true);
	UNTIL(told().generation == 1);
}

TEST(test_a_leader_that_fails_lets_others_lead)
{
	redis_server_need();
	join();
	until(FOLLOW_LEADS);
	for (int i = 0; i < FOLLOW_FAILURES; i++) {
		assert_true(follow_hydrates(follow));
		follow_begin(follow, clock_boot());
		follow_end(follow, i == 1 ? CYCLE_REUSED : CYCLE_FAILED);
		follow_attend(follow);
	}
	until(FOLLOW_FOLLOWS);
	assert_false(follow_hydrates(follow));
	for (int64_t begun = clock_boot(); clock_boot() - begun < PATIENCE;) {
		struct role_look look;

		assert_int_equal(script_look(other, true, 0, 0, &look), REDIS_ANSWERED);
		if (look.leads)
			return;
		usleep(2000);
	}
	fail_msg("it keeps the lease");
}

TEST(test_a_wish_is_passed_on_and_heard)
{
	struct role_look look = { 0 };
	int64_t begun = clock_boot();

	redis_server_need();
	other_leads();
	join();
	UNTIL(follow_leader(follow)[0] != '\0');
	follow_ask(follow);
	while (!look.asked && clock_boot() - begun < PATIENCE) {
		assert_int_equal(
		    script_look(other, true, token, token, &look), REDIS_ANSWERED);
		usleep(2000);
	}
	assert_true(look.asked);
	/* Now the other way round. */
	assert_int_equal(script_leave(other), REDIS_ANSWERED);
	until(FOLLOW_LEADS);
	assert_false(follow_is_asked(follow));
	assert_int_equal(script_ask(other), REDIS_ANSWERED);
	UNTIL(follow_is_asked(follow));
	assert_false(follow_is_asked(follow));
}
