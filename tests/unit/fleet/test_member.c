/* Two machines in one process, a real Redis, and payloads that are a few bytes. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/moved_clock.h"
#include "fixture/redis_client.h"
#include "fixture/redis_peer.h"
#include "fixture/redis_server.h"
#include "fixture/segment.h"
#include "fleet/member.h"
#include "unit.h"

#define S NSEC_PER_SEC
#define PATIENCE (20 * S) /* machines are shared */
#define KEY(name) "fleet:{image_generation}:" name
#define MAX 9000

static struct redis_server server;
static char url[256];
static struct redis *client;
static int64_t poll_each; /* looks of those who join */

/* A machine. */
static struct machine {
	struct segment *segment;
	struct publisher *publisher;
	struct member *member;
	struct member_view view;
} machine[2];

/* Of the fake payload all but the last byte is for others. */
static bool
fake_identity(void *arg UNUSED, const struct snapshot *s, struct buf *out)
{
	buf_add(out, s->data, s->len - 1);
	return true;
}

static void
fake_bodies(
    void *arg UNUSED, const struct snapshot *s, member_put_fn *put, void *put_arg)
{
	if (put(put_arg, "body:one", (struct str){ s->data, 1 }))
		(void)put(put_arg, "body:two", (struct str){ s->data, 2 });
}

static int
group_setup(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	if (directory_make() == -1 || moved_clock_start() == -1)
		return -1;
	snprintf(url, sizeof(url), "unix://%s", directory_path("redis.sock"));
	return 0;
}

static int
group_teardown(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	return moved_clock_stop() | directory_remove(NULL, NULL);
}

static void
server_start(void)
{
	static const char *options[] = { "--port", "0", NULL };

	redis_server_start(&server, options);
	client = redis_client_connect(url);
}

static void
server_stop(void)
{
	redis_close(&client);
	redis_server_stop(&server);
}

static void
join_at(int who, const char *at)
{
	static const char *const names[] = { "one", "two" };
	struct machine *m = &machine[who];
	struct member_settings set = {
		.redis = redis_client_settings(at),
		.prefix = "fleet",
		.name = names[who],
		.id = { "image_generation", "fake01" },
		.rule = { .lease = 30 * poll_each,
		    .poll = poll_each,
		    .patience = 240 * S,
		    .interval = 240 * S,
		    .stands = true },
		.keep = 1000,
		.body_ttl = 500,
		.max = MAX,
		.segment = m->segment,
		.work = { fake_identity, fake_bodies, NULL },
	};
	char err[256];

	set.redis.max_reply = MAX + 1000;
	assert_int_equal(member_open(&set, &m->member, err, sizeof(err)), 0);
}

static int
setup(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	for (int i = 0; i < 2; i++) {
		machine[i].segment = fixture_segment();
		machine[i].publisher = fixture_publisher(machine[i].segment, 0);
		fixture_publish(machine[i].publisher, 'a', 10);
	}
	server_start();
	poll_each = S / 10;
	return 0;
}

static int
teardown(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	for (int i = 0; i < 2; i++) {
		/* On a starved machine its thread may be left behind, with the segment.
		 */
		if (!member_close(&machine[i].member))
			continue;
		publisher_close(&machine[i].publisher);
		segment_close(&machine[i].segment);
	}
	server_stop();
	return 0;
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = group_setup,
    .group_teardown = group_teardown);

static const struct member_view *
look(int who)
{
	member_look(machine[who].member, &machine[who].view);
	return &machine[who].view;
}

static void
join(int who)
{
	join_at(who, url);
}

/* Waits until `condition` holds, which looks. */
#define UNTIL(condition)                                                               \
	do {                                                                           \
		int64_t asked = clock_boot();                                          \
		while (!(condition)) {                                                 \
			if (clock_boot() - asked > PATIENCE)                           \
				fail_msg("never: %s", #condition);                     \
			usleep(2000);                                                  \
		}                                                                      \
	} while (0)

/* The first one leads, the second follows. */
static void
found(void)
{
	join(0);
	UNTIL(look(0)->ready);
	join(1);
	UNTIL(look(1)->leader[0] != '\0');
}

static void
publish_as(int who, char c, size_t len)
{
	static const struct fleet_gate gate[LEDGER_DOCUMENTS] = { { 1, 0, 40, 7 } };

	fixture_publish(machine[who].publisher, c, len);
	member_published(machine[who].member, gate);
}

/* Waits for a value and says what became of it. */
static struct fleet_value
take(int who, enum member_fate fate, struct buf *payload)
{
	struct fleet_value v;

	UNTIL((look(who), member_take(machine[who].member, &v, payload)));
	member_took(machine[who].member, &v, fate, "is not liked");
	return v;
}

static enum redis_result
ask(const char *word, const char *key, const char *value)
{
	return redis_client_ask(client, NULL, word, key, value, NULL);
}

TEST(test_what_the_leader_publishes_the_follower_gets)
{
	struct buf payload = { 0 };
	struct fleet_value v;

	redis_server_need();
	found();
	assert_int_equal(machine[0].view.role, LEDGER_LEADER);
	assert_int_equal(machine[1].view.role, LEDGER_FOLLOWER);
	assert_string_equal(machine[1].view.leader, "one");
	assert_true(machine[1].view.up);
	member_begin(machine[0].member, clock_boot());
	publish_as(0, 'b', 101);
	member_end(machine[0].member);
	v = take(1, MEMBER_TAKEN, &payload);
	assert_int_equal(payload.len, 100);
	assert_int_equal(payload.data[99], 'b');
	assert_int_equal(v.token, machine[0].view.lead);
	assert_int_equal(v.seq, 1);
	assert_string_equal(v.leader, "one");
	assert_int_equal(v.gate[0].count, 40);
	assert_int_equal(v.part[0].fetched_wall, fixture_stamp.part[0].fetched_wall);
	assert_true(v.begun > 0 && v.begun <= v.published);
	buf_free(&payload);
	/* The second one has it, the first one knows, and each body has its key. */
	assert_int_equal(look(1)->held.seq, 1);
	UNTIL(!look(0)->offered);
	assert_int_equal(machine[0].view.held.seq, 1);
	assert_int_equal(machine[0].view.newest.seq, 1);
	assert_int_equal(redis_client_ask(client, NULL, "PERSIST", "body:two", NULL),
	    REDIS_ANSWERED);
}

TEST(test_one_value_is_told_once)
{
	struct buf payload = { 0 };
	struct fleet_value v;
	int64_t seen;

	redis_server_need();
	found();
	publish_as(0, 'b', 101);
	take(1, MEMBER_PASSED, &payload);
	buf_free(&payload);
	seen = look(1)->seen;
	UNTIL(look(1)->seen > seen + S / 2);
	assert_false(member_take(machine[1].member, &v, &payload));
	assert_int_equal(machine[1].view.held.token, 0);
	assert_int_equal(machine[1].view.role, LEDGER_FOLLOWER);
}

TEST(test_what_is_refused_is_counted_and_makes_alone)
{
	struct buf payload = { 0 };

	redis_server_need();
	found();
	publish_as(0, 'b', 101);
	take(1, MEMBER_REFUSED, &payload);
	buf_free(&payload);
	assert_int_equal(look(1)->refused, 1);
	assert_string_equal(machine[1].view.refusal, "is not liked");
	assert_int_equal(machine[1].view.role, LEDGER_ALONE);
	publish_as(0, 'c', 101);
	take(1, MEMBER_TAKEN, &payload);
	buf_free(&payload);
	assert_int_equal(look(1)->role, LEDGER_FOLLOWER);
}

TEST(test_a_value_of_nobody_is_refused)
{
	char generation[64];

	redis_server_need();
	found();
	assert_int_equal(ask("SET", KEY("snapshot"), "rubbish"), REDIS_ANSWERED);
	snprintf(generation, sizeof(generation), "%llu:1",
	    (unsigned long long)look(0)->lead);
	assert_int_equal(ask("SET", KEY("generation"), generation), REDIS_ANSWERED);
	UNTIL(look(1)->refused == 1);
	assert_string_not_equal(machine[1].view.refusal, "");
	assert_int_equal(machine[1].view.role, LEDGER_ALONE);
	assert_true(machine[1].view.up);
}

/* Larger than a follower has room for: no memory is taken for it. */
TEST(test_a_value_that_is_too_large_is_refused)
{
	redis_server_need();
	found();
	publish_as(0, 'b', MAX + 2);
	UNTIL(look(1)->refused == 1);
	assert_int_equal(machine[1].view.role, LEDGER_ALONE);
}

/* A key that nobody can read is not asked for again and again, costs no connection, and
 * keeps nobody from leading. */
TEST(test_keys_of_another_kind_are_refused_once)
{
	static char large[2 * MAX];
	struct buf payload = { 0 };
	uint64_t errors, lead;
	char generation[64];

	redis_server_need();
	assert_int_equal(ask("LPUSH", KEY("hosts"), "x"), REDIS_ANSWERED);
	found();
	assert_int_equal(look(0)->refused, 1);
	assert_non_null(strstr(machine[0].view.refusal, "is no string"));
	assert_int_equal(ask("LPUSH", KEY("snapshot"), "x"), REDIS_ANSWERED);
	snprintf(generation, sizeof(generation), "%llu:1",
	    (unsigned long long)look(0)->lead);
	assert_int_equal(ask("SET", KEY("generation"), generation), REDIS_ANSWERED);
	UNTIL(look(1)->refused == 1);
	assert_non_null(strstr(machine[1].view.refusal, "is no string"));
	errors = look(1)->counts.errors;
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(ask("SET", KEY("snapshot"), large), REDIS_ANSWERED);
	snprintf(generation, sizeof(generation), "%llu:2",
	    (unsigned long long)look(0)->lead);
	assert_int_equal(ask("SET", KEY("generation"), generation), REDIS_ANSWERED);
	UNTIL(look(1)->refused == 2);
	assert_non_null(strstr(machine[1].view.refusal, "is larger"));
	UNTIL(look(1)->counts.commands > 0 && machine[1].view.counts.errors > errors &&
	      machine[1].view.up);
	/* Its first publication has the number of one that is there: it leads anew. */
	lead = look(0)->lead;
	publish_as(0, 'b', 101);
	UNTIL(look(0)->ready && machine[0].view.lead != lead);
	publish_as(0, 'b', 101);
	take(1, MEMBER_TAKEN, &payload);
	buf_free(&payload);
	assert_int_equal(look(1)->role, LEDGER_FOLLOWER);
}

TEST(test_who_leaves_is_followed_at_once)
{
	int64_t begun;

	redis_server_need();
	found();
	begun = clock_boot();
	(void)member_close(&machine[0].member);
	UNTIL(look(1)->ready);
	assert_true(clock_boot() - begun < 3 * S);
}

/* What it had not told yet is told by nobody: another leads. */
TEST(test_a_leader_with_an_old_token_publishes_nothing)
{
	redis_server_need();
	poll_each = 3600 * S;
	join(0);
	UNTIL(look(0)->ready);
	assert_int_equal(ask("SET", KEY("token"), "4000000000000000"), REDIS_ANSWERED);
	assert_int_equal(ask("SET", KEY("lease"), "other/1/2"), REDIS_ANSWERED);
	publish_as(0, 'b', 101);
	UNTIL(look(0)->role == LEDGER_FOLLOWER);
	UNTIL(strcmp(look(0)->leader, "other") == 0);
	assert_int_equal(machine[0].view.newest.token, 0);
	assert_int_equal(machine[0].view.token, UINT64_C(4000000000000000));
}

TEST(test_a_wish_reaches_the_leader)
{
	redis_server_need();
	found();
	look(0);
	member_ask(machine[1].member);
	UNTIL(look(0)->asked);
	assert_false(look(0)->asked);
}

TEST(test_who_resigns_makes_room)
{
	redis_server_need();
	found();
	member_resign(machine[0].member);
	assert_int_equal(look(0)->role, LEDGER_FOLLOWER);
	UNTIL(look(1)->ready);
	UNTIL(strcmp(look(0)->leader, "two") == 0);
}

TEST(test_redis_that_was_emptied_is_led_again)
{
	uint64_t token, errors;

	redis_server_need();
	join(0);
	UNTIL(look(0)->ready);
	token = machine[0].view.lead;
	member_begin(machine[0].member, clock_boot());
	publish_as(0, 'b', 101);
	UNTIL(look(0)->newest.seq == 1);
	server_stop();
	UNTIL(!look(0)->up);
	assert_string_not_equal(machine[0].view.error, "");
	/* It is tried again, but not at once. */
	errors = machine[0].view.counts.errors;
	usleep(300000);
	assert_true(look(0)->counts.errors <= errors + 2);
	server_start();
	UNTIL(look(0)->up && machine[0].view.ready && machine[0].view.lead > token);
	assert_int_equal(machine[0].view.newest.token, 0);
	/* It goes on as it would have. */
	assert_true(machine[0].view.first > 200 * S);
}

/* Redis has no memory left: the lease goes on, the value does not come. */
TEST(test_a_refused_write_is_tried_again)
{
	redis_server_need();
	join(0);
	UNTIL(look(0)->ready);
	assert_int_equal(
	    redis_client_ask(client, NULL, "CONFIG", "SET", "maxmemory", "1", NULL),
	    REDIS_ANSWERED);
	publish_as(0, 'b', 101);
	UNTIL(strcmp(look(0)->code, "OOM") == 0);
	assert_false(machine[0].view.up);
	assert_true(machine[0].view.offered);
	assert_int_equal(machine[0].view.role, LEDGER_LEADER);
	assert_int_equal(
	    redis_client_ask(client, NULL, "CONFIG", "SET", "maxmemory", "0", NULL),
	    REDIS_ANSWERED);
	UNTIL(look(0)->up && !machine[0].view.offered);
	assert_true(machine[0].view.newest.seq > 0);
}

static unsigned long
connections(void)
{
	const struct redisReply *reply;
	unsigned long n = 0;

	assert_int_equal(
	    redis_client_ask(client, &reply, "INFO", "stats", NULL), REDIS_ANSWERED);
	assert_int_equal(
	    sscanf(strstr(reply->str, "total_connections_received:"), "%*[^:]:%lu", &n),
	    1);
	return n;
}

/* Clocks drift apart, so the one of Redis is measured again. */
TEST(test_no_connection_lasts_for_ever)
{
	unsigned long before;
	int64_t seen;

	redis_server_need();
	join(0);
	UNTIL(look(0)->ready);
	before = connections();
	seen = look(0)->seen;
	UNTIL(look(0)->seen > seen);
	assert_int_equal(connections(), before);
	moved_clock_add(3601);
	UNTIL(connections() > before);
	UNTIL(look(0)->ready);
	assert_int_equal(connections(), before + 1);
	assert_true(machine[0].view.up);
}

/* A user who may not write the keys of others: they are tried again, while followers
 * are not made to take the same value again and again. */
TEST(test_bodies_are_tried_again_without_the_value)
{
	uint64_t errors;

	redis_server_need();
	join(0);
	UNTIL(look(0)->ready);
	assert_int_equal(redis_client_ask(client, NULL, "ACL", "SETUSER", "default",
			     "resetkeys", "~fleet:*", NULL),
	    REDIS_ANSWERED);
	publish_as(0, 'b', 101);
	UNTIL(strcmp(look(0)->code, "NOPERM") == 0);
	errors = machine[0].view.counts.errors;
	UNTIL(look(0)->counts.errors > errors + 1);
	assert_false(machine[0].view.up);
	assert_int_equal(machine[0].view.newest.seq, 1);
	assert_int_equal(redis_client_ask(client, NULL, "ACL", "SETUSER", "default",
			     "allkeys", NULL),
	    REDIS_ANSWERED);
	UNTIL(look(0)->up && !machine[0].view.offered);
	assert_int_equal(machine[0].view.newest.seq, 1);
	assert_int_equal(ask("LPUSH", "body:two", "x"), REDIS_REFUSED); /* is there */
	publish_as(0, 'c', 101);
	UNTIL(look(0)->newest.seq == 2);
}

static _Atomic int greeted;

/* Its clock, which TIME told, was set to 1970 since. */
static void
set_back(int fd)
{
	greeted++;
	if (redis_peer_greet(fd))
		while (redis_peer_hear(fd) &&
		       redis_peer_say(fd,
			   "*8\r\n:0\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n"
			   "$0\r\n\r\n:-2\r\n$7\r\n1000000\r\n"))
			;
}

TEST(test_a_clock_that_was_set_is_measured_anew)
{
	char peer[256];
	unsigned long at_first;

	redis_server_need();
	greeted = 0;
	redis_peer_start(set_back);
	snprintf(peer, sizeof(peer), "unix://%s", directory_path("peer.sock"));
	join_at(0, peer);
	UNTIL(greeted > 2);
	assert_true(look(0)->up);
	assert_true(member_close(&machine[0].member));
	redis_peer_stop();

	join(0);
	UNTIL(look(0)->ready);
	at_first = connections();
	UNTIL(look(0)->counts.commands > 20);
	assert_int_equal(connections(), at_first);
}

static _Atomic int fetches;

/* There is something to be had, but who asks for it is cut off. */
static void
bear_no_snapshot(int fd)
{
	if (!redis_peer_greet(fd) || !redis_peer_hear(fd) ||
	    !redis_peer_say(fd, "*8\r\n:0\r\n$1\r\n5\r\n$3\r\n5:1\r\n$0\r\n\r\n"
				"$0\r\n\r\n$5\r\na/1/2\r\n:1000\r\n"
				"$16\r\n1700000000250000\r\n"))
		return;
	if (redis_peer_hear(fd))
		fetches++;
}

/* One change of state, however often the looks between are good; and ever later. */
TEST(test_a_way_that_bears_only_looks_is_no_good_one)
{
	char peer[256];
	int64_t since, first, second;

	redis_server_need();
	fetches = 0;
	redis_peer_start(bear_no_snapshot);
	snprintf(peer, sizeof(peer), "unix://%s", directory_path("peer.sock"));
	join_at(0, peer);
	UNTIL(fetches == 1 && !look(0)->up && machine[0].view.since != 0);
	since = machine[0].view.since;
	first = clock_boot();
	UNTIL((assert_false(look(0)->up), fetches == 2));
	second = clock_boot();
	UNTIL((assert_false(look(0)->up), fetches == 3));
	assert_int_equal(machine[0].view.since, since);
	assert_string_equal(machine[0].view.leader, "a");
	assert_true(clock_boot() - first > second - first + S);
	assert_true(member_close(&machine[0].member));
	redis_peer_stop();
}

static void
deaf(int fd)
{
	if (redis_peer_greet(fd))
		while (redis_peer_hear(fd))
			;
}

TEST(test_a_stop_does_not_wait_for_an_answer)
{
	char peer[256];
	int64_t begun;

	redis_server_need();
	redis_peer_start(deaf);
	snprintf(peer, sizeof(peer), "unix://%s", directory_path("peer.sock"));
	join_at(0, peer);
	UNTIL(look(0)->offset != 0); /* it is connected, and waits */
	begun = clock_boot();
	(void)member_close(&machine[0].member);
	assert_true(clock_boot() - begun < 2 * S);
	redis_peer_stop();
}
