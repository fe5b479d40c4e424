/* What the scripts do in a real Redis. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/redis_client.h"
#include "fixture/redis_server.h"
#include "fleet/script.h"
#include "unit.h"

#define S NSEC_PER_SEC
#define KEY(name) "fleet:{image_generation}:" name

static struct redis_server server;
static char url[256];
static struct redis *redis[2];
static struct script *script[2];
static struct role_look look;

static int
group_setup(void **state UNUSED)
{
	static const char *options[] = { "--port", "0", NULL };

	if (!redis_server_is_there())
		return 0;
	if (directory_make() == -1)
		return -1;
	snprintf(url, sizeof(url), "unix://%s", directory_path("redis.sock"));
	redis_server_start(&server, options);
	return 0;
}

static int
group_teardown(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	redis_server_stop(&server);
	return directory_remove(NULL, NULL);
}

/* Two machines with one lease that is long enough for a test. */
static int
setup(void **state UNUSED)
{
	static const char *const names[] = { "one", "the/other" };

	if (!redis_server_is_there())
		return 0;
	for (int i = 0; i < 2; i++) {
		struct script_settings set = {
			.prefix = "fleet",
			.category = "image_generation",
			.name = names[i],
			.lease = 60 * S,
			.sum = 0x1badcafe,
			.keep = 1000,
		};

		redis[i] = set.redis = redis_client_connect(url);
		script[i] = script_open(&set);
	}
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "FLUSHALL", NULL), REDIS_ANSWERED);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	for (int i = 0; i < 2; i++) {
		script_close(&script[i]);
		redis_close(&redis[i]);
	}
	return 0;
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = group_setup,
    .group_teardown = group_teardown);

/* Looks, and stands for leader. Returns the token if it leads, else 0. */
static uint64_t
stand(int who, uint64_t believed, uint64_t seen)
{
	assert_int_equal(
	    script_look(script[who], true, believed, seen, &look), REDIS_ANSWERED);
	assert_true(!look.leads || look.token > 0);
	return look.leads ? look.token : 0;
}

static const char *
value_of(const char *key)
{
	static char text[256];
	const struct redisReply *reply;

	assert_int_equal(
	    redis_client_ask(redis[0], &reply, "GET", key, NULL), REDIS_ANSWERED);
	snprintf(text, sizeof(text), "%s",
	    reply->type == REDIS_REPLY_STRING ? reply->str : "(none)");
	return text;
}

static int64_t
left_of(const char *key)
{
	const struct redisReply *reply;

	assert_int_equal(
	    redis_client_ask(redis[0], &reply, "PTTL", key, NULL), REDIS_ANSWERED);
	return reply->integer;
}

static void
set(const char *key, const char *text)
{
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "SET", key, text, NULL), REDIS_ANSWERED);
}

TEST(test_one_gets_the_lease_and_renews_it)
{
	uint64_t token;

	redis_server_need();
	token = stand(0, 0, 0);
	assert_true(token > UINT64_C(1600000000000000)); /* microseconds */
	assert_true(look.clock >= (int64_t)token * 1000);
	assert_true(look.clock < (int64_t)token * 1000 + 60 * S);
	assert_string_equal(look.leader, "one");
	assert_int_equal(stand(1, 0, 0), 0);
	assert_string_equal(look.leader, "one");
	assert_int_equal(look.token, token);
	assert_true(look.left > 50 * S && look.left <= 60 * S);
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "PEXPIRE", KEY("lease"), "5000", NULL),
	    REDIS_ANSWERED);
	assert_int_equal(stand(0, token, token), token);
	assert_true(left_of(KEY("lease")) > 50000);
}

TEST(test_who_does_not_stand_takes_nothing)
{
	redis_server_need();
	assert_int_equal(script_look(script[0], false, 0, 0, &look), REDIS_ANSWERED);
	assert_false(look.leads);
	assert_int_equal(look.token, 0);
	assert_int_equal(look.left, 0);
	assert_string_equal(look.leader, "");
	assert_string_equal(value_of(KEY("lease")), "(none)");
}

TEST(test_a_name_may_have_slashes)
{
	redis_server_need();
	assert_true(stand(1, 0, 0) > 0);
	assert_string_equal(look.leader, "the/other");
	assert_int_equal(look.sum, 0x1badcafe);
	set(KEY("lease"), "an-other/3/nonsense");
	assert_int_equal(stand(0, 0, 0), 0);
	assert_string_equal(look.leader, "an-other");
	assert_int_equal(look.sum, 0);
}

TEST(test_tokens_grow_whatever_redis_has_forgotten)
{
	const uint64_t ahead = UINT64_C(4000000000000000);
	uint64_t first;

	redis_server_need();
	first = stand(0, 0, 0);
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "FLUSHALL", NULL), REDIS_ANSWERED);
	assert_true(stand(1, 0, 0) > first);
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "FLUSHALL", NULL), REDIS_ANSWERED);
	/* The clock of Redis was ahead when it gave that one. */
	assert_int_equal(stand(0, 0, ahead), ahead + 1);
}

/* The answer was lost: the lease has its name, but it does not know the token. */
TEST(test_a_lease_of_its_own_is_taken_with_a_new_token)
{
	uint64_t first;

	redis_server_need();
	first = stand(0, 0, 0);
	assert_true(stand(0, 0, 0) > first);
	/* Neither is one that Redis came back with. */
	assert_int_equal(
	    redis_client_ask(redis[0], NULL, "SET", KEY("token"), "17", NULL),
	    REDIS_ANSWERED);
	assert_true(stand(0, first, first) > first);
}

TEST(test_a_former_leader_writes_nothing)
{
	const struct str value = STR("value");
	uint64_t former, token;
	bool fenced;

	redis_server_need();
	former = stand(0, 0, 0);
	assert_int_equal(redis_client_ask(redis[0], NULL, "DEL", KEY("lease"), NULL),
	    REDIS_ANSWERED);
	token = stand(1, 0, 0);
	assert_true(token > former);
	assert_int_equal(
	    script_publish(script[0], (struct role_mark){ former, 9 }, value, &fenced),
	    REDIS_ANSWERED);
	assert_true(fenced);
	assert_int_equal(
	    script_begin(script[0], 5 * S, (struct role_mark){ former, 9 }, &fenced),
	    REDIS_ANSWERED);
	assert_true(fenced);
	assert_int_equal(
	    script_put_hosts(script[0], former, value, &fenced), REDIS_ANSWERED);
	assert_true(fenced);
	assert_int_equal(
	    script_put(script[0], former, "horde:model_ref:x", value, 60, &fenced),
	    REDIS_ANSWERED);
	assert_true(fenced);
	assert_string_equal(value_of(KEY("snapshot")), "(none)");
	assert_string_equal(value_of(KEY("generation")), "(none)");
	assert_string_equal(value_of(KEY("begun")), "(none)");
	assert_string_equal(value_of(KEY("hosts")), "(none)");
	assert_string_equal(value_of("horde:model_ref:x"), "(none)");
}

TEST(test_a_leader_writes_what_others_read)
{
	const struct str value = { "a\0value", 7 };
	struct role_mark mark;
	struct str found;
	bool fenced;

	redis_server_need();
	mark = (struct role_mark){ stand(0, 0, 0), 1 };
	assert_int_equal(
	    script_begin(script[0], 1700000000123 * NSEC_PER_MSEC, mark, &fenced),
	    REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(
	    script_publish(script[0], mark, value, &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(
	    script_put_hosts(script[0], mark.token, value, &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(script_put(script[0], mark.token, "horde:model_ref:x", value,
			     3600, &fenced),
	    REDIS_ANSWERED);
	assert_false(fenced);

	assert_int_equal(stand(1, 0, 0), 0);
	assert_int_equal(look.generation.token, mark.token);
	assert_int_equal(look.generation.seq, 1);
	assert_int_equal(look.begun, 1700000000123 * NSEC_PER_MSEC);
	assert_int_equal(look.begins.token, mark.token);
	assert_int_equal(look.begins.seq, 1);
	assert_int_equal(script_get_snapshot(script[1], &found), REDIS_ANSWERED);
	assert_true(str_eq(found, value));
	assert_int_equal(script_get_hosts(script[1], &found), REDIS_ANSWERED);
	assert_true(str_eq(found, value));
	assert_true(left_of(KEY("snapshot")) > 990000);
	assert_true(left_of(KEY("generation")) > 990000);
	assert_true(left_of(KEY("hosts")) > 3590000);
	assert_true(left_of("horde:model_ref:x") > 3590000);
	assert_true(left_of("horde:model_ref:x") <= 3600000);
}

TEST(test_a_leader_does_not_go_back)
{
	struct role_mark mark;
	bool fenced;

	redis_server_need();
	mark = (struct role_mark){ stand(0, 0, 0), 10 };
	assert_int_equal(
	    script_publish(script[0], mark, STR("ten"), &fenced), REDIS_ANSWERED);
	mark.seq = 9;
	assert_int_equal(
	    script_publish(script[0], mark, STR("nine"), &fenced), REDIS_ANSWERED);
	assert_true(fenced);
	assert_string_equal(value_of(KEY("snapshot")), "ten");
	/* The next leader begins anew. */
	assert_int_equal(script_leave(script[0]), REDIS_ANSWERED);
	mark = (struct role_mark){ stand(1, 0, 0), 1 };
	assert_int_equal(
	    script_publish(script[1], mark, STR("one"), &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_string_equal(value_of(KEY("snapshot")), "one");
}

TEST(test_what_was_asked_for_is_told_to_the_leader_once)
{
	redis_server_need();
	assert_int_equal(script_ask(script[1]), REDIS_ANSWERED);
	assert_true(left_of(KEY("asked")) > 50000);
	assert_int_equal(script_look(script[1], false, 0, 0, &look), REDIS_ANSWERED);
	assert_false(look.asked);
	stand(0, 0, 0);
	assert_true(look.asked);
	stand(0, look.token, look.token);
	assert_false(look.asked);
}

TEST(test_only_its_own_lease_is_given_up)
{
	redis_server_need();
	assert_true(stand(0, 0, 0) > 0);
	assert_int_equal(script_leave(script[1]), REDIS_ANSWERED);
	assert_string_not_equal(value_of(KEY("lease")), "(none)");
	assert_int_equal(script_leave(script[0]), REDIS_ANSWERED);
	assert_string_equal(value_of(KEY("lease")), "(none)");
	assert_true(stand(1, 0, 0) > 0);
	script_part(script[1], 1000);
	assert_false(redis_is_connected(redis[1]));
	for (int i = 0; i < 1000 && strcmp(value_of(KEY("lease")), "(none)") != 0; i++)
		;
	assert_string_equal(value_of(KEY("lease")), "(none)");
}

TEST(test_what_is_not_there_is_empty)
{
	struct str found;

	redis_server_need();
	assert_int_equal(script_get_snapshot(script[0], &found), REDIS_ANSWERED);
	assert_int_equal(found.len, 0);
	assert_int_equal(script_get_hosts(script[0], &found), REDIS_ANSWERED);
	assert_int_equal(found.len, 0);
}

static const char *const own_keys[] = { KEY("lease"), KEY("token"), KEY("begun"),
	KEY("snapshot"), KEY("generation"), KEY("asked"), KEY("hosts") };

/* Says all that a leader has to say, and is taken at its word by the other. */
static void
lead_and_write(uint64_t seen)
{
	static uint64_t seq;
	const struct str value = STR("value");
	struct role_mark mark = { stand(0, seen, seen), ++seq };
	struct str found;
	bool fenced;

	assert_true(mark.token > 0);
	assert_true(left_of(KEY("lease")) > 0);
	assert_int_equal(script_begin(script[0], 5 * S, mark, &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(
	    script_publish(script[0], mark, value, &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(
	    script_put_hosts(script[0], mark.token, value, &fenced), REDIS_ANSWERED);
	assert_false(fenced);
	assert_int_equal(script_ask(script[1]), REDIS_ANSWERED);
	assert_int_equal(stand(0, mark.token, mark.token), mark.token);
	assert_true(look.asked);
	assert_int_equal(stand(1, 0, seen), 0);
	assert_int_equal(look.token, mark.token);
	assert_int_equal(look.generation.token, mark.token);
	assert_int_equal(look.generation.seq, mark.seq);
	assert_int_equal(look.begun, 5 * S);
	assert_int_equal(script_get_snapshot(script[1], &found), REDIS_ANSWERED);
	assert_true(str_eq(found, value));
}

/* Somebody else wrote these keys: they are as if they were not there. */
TEST(test_strange_keys_are_not_there)
{
	static const struct {
		const char *key, *text;
	} strange[] = {
		{ KEY("generation"), "1" },
		{ KEY("generation"), "1:2:3" },
		{ KEY("generation"), "x:2" },
		{ KEY("generation"), "18446744073709551615:1" }, /* of no leader */
		{ KEY("begun"), "12" },
		{ KEY("begun"), "-1:2:3" },
		{ KEY("begun"), "99999999999999999:2:3" },
		{ KEY("begun"), "9000000000000:2:3" },
		{ KEY("token"), "none" },
		{ KEY("token"), "-1" },
		{ KEY("begun"), "9000000000000:2:3" },
		{ KEY("token"), "9007199254740993" },
		{ KEY("token"), "99999999999999999999999" },
		{ KEY("token"), "nan" },
		{ KEY("token"), "18446744073709551615" },
	};
	size_t i;

	redis_server_need();
	for (i = 0; i < NELEM(strange); i++) {
		set(strange[i].key, strange[i].text);
		assert_int_equal(
		    script_look(script[0], false, 0, 0, &look), REDIS_ANSWERED);
		assert_int_equal(look.token, 0);
		assert_int_equal(look.generation.token, 0);
		assert_int_equal(look.begun, 0);
		lead_and_write(0);
		assert_int_equal(
		    redis_client_ask(redis[0], NULL, "FLUSHALL", NULL), REDIS_ANSWERED);
	}
}

/* Also where it is no string, of whoever led before as of whoever is new. */
TEST(test_keys_of_another_type_are_replaced)
{
	uint64_t token = 0;
	size_t i;

	redis_server_need();
	for (i = 0; i < 2 * NELEM(own_keys); i++) {
		const char *key = own_keys[i / 2];

		assert_int_equal(
		    redis_client_ask(redis[0], NULL, "DEL", key, NULL), REDIS_ANSWERED);
		assert_int_equal(
		    redis_client_ask(redis[0], NULL, "LPUSH", key, "x", NULL),
		    REDIS_ANSWERED);
		lead_and_write(i % 2 == 0 ? token : 0);
		token = look.token;
	}
}

/* A token that no script has written is not counted up from, where Lua's numbers are
 * no longer exact. */
TEST(test_a_token_beyond_all_is_forgotten)
{
	uint64_t token;

	redis_server_need();
	token = stand(0, 0, 0);
	set(KEY("token"), "18446744073709551615");
	assert_int_equal(stand(1, 0, token), 0);
	assert_true(look.token == token); /* put back by who knew it */
	set(KEY("token"), "9007199254740993");
	assert_true(stand(0, token, token) > token);
	assert_true(look.token < 2 * token);
	set(KEY("token"), "9000000000000000"); /* a clock that was far ahead */
	token = stand(0, look.token, look.token);
	assert_int_equal(token, 9000000000000001);
	assert_int_equal(script_leave(script[0]), REDIS_ANSWERED);
	assert_int_equal(stand(1, 0, token), token + 1);
}

/* Redis has lost the last leader's writes, and its clock is behind: the leader is told
 * by whoever knows better. */
TEST(test_a_token_that_went_back_is_replaced)
{
	uint64_t token, later;

	redis_server_need();
	token = stand(0, 0, 0);
	later = token + 1000000;
	assert_int_equal(stand(1, 0, later), 0);
	assert_int_equal(look.token, later);
	assert_true(stand(0, token, token) > later);
	token = look.token;
	assert_int_equal(stand(1, 0, later), 0);
	assert_int_equal(look.token, token);
}

/* A stranger's, or one that a step of Redis' clock made longer. */
TEST(test_a_lease_that_never_ends_gets_an_end)
{
	redis_server_need();
	set(KEY("lease"), "somebody");
	assert_int_equal(left_of(KEY("lease")), -1);
	assert_int_equal(stand(0, 0, 0), 0);
	assert_string_equal(look.leader, "");
	assert_true(left_of(KEY("lease")) > 0);
	assert_true(left_of(KEY("lease")) <= 60000);
	assert_int_equal(redis_client_ask(redis[0], NULL, "PEXPIRE", KEY("lease"),
			     "9000000000000000000", NULL),
	    REDIS_ANSWERED);
	assert_int_equal(stand(1, 0, 0), 0);
	assert_int_equal(look.left, 60 * S);
	assert_true(left_of(KEY("lease")) <= 60000);
}
