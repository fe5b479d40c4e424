/* A real Redis: who we are to it, what it says and what it refuses. */
#include <sys/eventfd.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/moved_clock.h"
#include "fixture/redis_client.h"
#include "fixture/redis_server.h"
#include "unit.h"

/* Both servers' passwords have what a URL gives a meaning. */
#define PASSWORD "secret %@/?#:"
#define IN_URL "secret%20%25%40%2f%3F%23%3a"
#define SOON (2 * NSEC_PER_SEC)

static struct redis_server server;
static char port[16];
static char url[256];     /* of the socket */
static char tcp_url[256]; /* as the user "me" */

static bool
server_start(void)
{
	const char *options[] = { "--port", port, "--bind", "127.0.0.1", "-::1",
		"--requirepass", PASSWORD, "--user", "me", "on", ">" PASSWORD, "~*",
		"+@all", NULL };

	return redis_server_start(&server, options);
}

static int
group_setup(void **state UNUSED)
{
	unsigned tries;

	if (!redis_server_is_there())
		return 0;
	if (directory_make() == -1 || moved_clock_start() == -1)
		return -1;
	for (tries = 0; tries < 10 && server.pid == 0; tries++) {
		snprintf(port, sizeof(port), "%d", redis_server_free_port());
		server_start();
	}
	snprintf(
	    url, sizeof(url), "unix://:%s@%s", IN_URL, directory_path("redis.sock"));
	snprintf(tcp_url, sizeof(tcp_url), "redis://me:%s@127.0.0.1:%s", IN_URL, port);
	return server.pid == 0 ? -1 : 0;
}

static int
group_teardown(void **state UNUSED)
{
	if (!redis_server_is_there())
		return 0;
	redis_server_stop(&server);
	return moved_clock_stop() | directory_remove("password", NULL);
}

static void
ask_ok(struct redis *r, const struct redisReply **reply)
{
	assert_int_equal(
	    redis_client_ask(r, reply, "SET", "key", "value", NULL), REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(r, reply, "GET", "key", NULL), REDIS_ANSWERED);
	assert_string_equal((*reply)->str, "value");
}

static void
works(const char *where, const char *user)
{
	struct redis *r = redis_client_connect(where);
	const struct redisReply *reply;

	ask_ok(r, &reply);
	assert_int_equal(
	    redis_client_ask(r, &reply, "ACL", "WHOAMI", NULL), REDIS_ANSWERED);
	assert_string_equal(reply->str, user);
	assert_string_equal(redis_error(r), "");
	assert_string_equal(redis_code(r), "");
	assert_null(strstr(redis_name(r), "secret"));
	redis_close(&r);
	assert_null(r);
	redis_close(&r);
}

TEST(test_users)
{
	char other[256];

	redis_server_need();
	works(url, "default");
	works(tcp_url, "me");
	snprintf(
	    other, sizeof(other), "redis://default:%s@localhost:%s/15", IN_URL, port);
	works(other, "default");
}

TEST(test_ipv6)
{
	char where[256];
	struct redis *r;

	redis_server_need();
	snprintf(where, sizeof(where), "redis://:%s@[::1]:%s", IN_URL, port);
	r = redis_client_open_url(where);
	snprintf(where, sizeof(where), "redis://[::1]:%s", port);
	assert_string_equal(redis_name(r), where);
	if (redis_connect(r) != REDIS_ANSWERED) {
		/* A machine without IPv6 says so, and not that the address is none. */
		assert_true(strcmp(redis_error(r), strerror(ECONNREFUSED)) == 0 ||
			    strcmp(redis_error(r), strerror(EADDRNOTAVAIL)) == 0 ||
			    strcmp(redis_error(r), strerror(EAFNOSUPPORT)) == 0);
	}
	redis_close(&r);
}

TEST(test_database)
{
	char third[sizeof(url) + 8];
	const struct redisReply *reply;
	struct redis *a, *b;

	redis_server_need();
	snprintf(third, sizeof(third), "%s?db=3", url);
	a = redis_client_connect(url);
	b = redis_client_connect(third);
	assert_int_equal(
	    redis_client_ask(b, NULL, "SET", "only", "in 3", NULL), REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(a, &reply, "GET", "only", NULL), REDIS_ANSWERED);
	assert_int_equal(reply->type, REDIS_REPLY_NIL);
	assert_int_equal(
	    redis_client_ask(b, &reply, "GET", "only", NULL), REDIS_ANSWERED);
	assert_string_equal(reply->str, "in 3");
	assert_non_null(strstr(redis_name(b), "?db=3"));
	redis_close(&a);
	redis_close(&b);
	snprintf(third, sizeof(third), "%s?db=99", url);
	a = redis_client_open_url(third);
	assert_int_equal(redis_connect(a), REDIS_REFUSED);
	redis_client_error(a, "DB index is out of range");
	assert_false(redis_is_connected(a));
	redis_close(&a);
}

static void
put_password(const char *text)
{
	FILE *fp = fopen(directory_path("password"), "w");

	assert_non_null(fp);
	assert_int_equal(fchmod(fileno(fp), 0600), 0);
	fputs(text, fp);
	fclose(fp);
}

/* It is read for each connection, so a new one is found. */
TEST(test_password_file)
{
	struct redis_settings set;
	struct redis *r;
	char where[256];

	redis_server_need();
	snprintf(where, sizeof(where), "redis://me@127.0.0.1:%s", port);
	set = redis_client_settings(where);
	set.password_file = directory_path("password");
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	redis_client_error(r, "redis.password_file");
	put_password("another secret\n");
	assert_int_equal(redis_connect(r), REDIS_REFUSED);
	assert_string_equal(redis_code(r), "WRONGPASS");
	redis_client_error(r, "WRONGPASS");
	put_password(PASSWORD "\n");
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_client_ask(r, NULL, "PING", NULL), REDIS_ANSWERED);
	redis_close(&r);
}

TEST(test_not_let_in)
{
	char where[256];
	struct redis *r;

	redis_server_need();
	snprintf(where, sizeof(where), "redis://127.0.0.1:%s", port);
	r = redis_client_open_url(where);
	assert_int_equal(redis_connect(r), REDIS_REFUSED);
	assert_string_equal(redis_code(r), "NOAUTH");
	assert_false(redis_is_connected(r));
	assert_int_equal(redis_now(r), 0);
	redis_close(&r);
	snprintf(where, sizeof(where), "redis://nobody:secret@127.0.0.1:%s", port);
	r = redis_client_open_url(where);
	assert_int_equal(redis_connect(r), REDIS_REFUSED);
	assert_string_equal(redis_code(r), "WRONGPASS");
	redis_client_error(r, "invalid username-password pair");
	assert_int_equal(redis_counts(r)->errors, 1);
	redis_close(&r);
}

/* Each error has its word, and the connection outlives it. */
static void
refused(struct redis *r, const char *code, const char *a, const char *b, const char *c)
{
	const struct redisReply *reply;
	uint64_t errors = redis_counts(r)->errors;

	assert_int_equal(redis_client_ask(r, &reply, a, b, c, NULL), REDIS_REFUSED);
	assert_null(reply);
	assert_string_equal(redis_code(r), code);
	assert_int_equal(redis_counts(r)->errors, errors + 1);
	assert_true(redis_is_connected(r));
	assert_int_equal(redis_client_ask(r, &reply, "PING", NULL), REDIS_ANSWERED);
	assert_string_equal(redis_error(r), "");
	assert_string_equal(redis_code(r), "");
}

TEST(test_errors)
{
	struct redis *r;

	redis_server_need();
	r = redis_client_connect(url);
	refused(r, "ERR", "NOSUCHCOMMAND", "x", NULL);
	refused(
	    r, "NOSCRIPT", "EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "0");
	assert_int_equal(
	    redis_client_ask(r, NULL, "LPUSH", "list", "x", NULL), REDIS_ANSWERED);
	refused(r, "WRONGTYPE", "GET", "list", NULL);
	assert_int_equal(
	    redis_client_ask(r, NULL, "CONFIG", "SET", "maxmemory", "1", NULL),
	    REDIS_ANSWERED);
	refused(r, "OOM", "SET", "key", "value");
	assert_int_equal(
	    redis_client_ask(r, NULL, "CONFIG", "SET", "maxmemory", "0", NULL),
	    REDIS_ANSWERED);
	assert_int_equal(redis_client_ask(r, NULL, "REPLICAOF", "127.0.0.1", "1", NULL),
	    REDIS_ANSWERED);
	refused(r, "READONLY", "SET", "key", "value");
	assert_int_equal(
	    redis_client_ask(r, NULL, "REPLICAOF", "NO", "ONE", NULL), REDIS_ANSWERED);
	redis_close(&r);
}

static void
large(const char *where)
{
	const size_t size = 20000000;
	size_t lens[] = { 3, 5, size };
	char *value = calloc(size, 1);
	const char *argv[] = { "SET", "large", value };
	struct redis *r = redis_client_connect(where);
	const struct redisReply *reply;
	size_t i;

	assert_non_null(value);
	for (i = 0; i < size; i++)
		value[i] = (char)(i * i >> 7);
	assert_int_equal(redis_command(r, 3, argv, lens, NULL), REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(r, &reply, "GET", "large", NULL), REDIS_ANSWERED);
	assert_int_equal(reply->len, size);
	assert_memory_equal(reply->str, value, size);
	assert_in_range(redis_counts(r)->bytes_in, size, size + 1000);
	assert_in_range(redis_counts(r)->bytes_out, size, size + 1000);
	assert_int_equal(
	    redis_client_ask(r, NULL, "DEL", "large", NULL), REDIS_ANSWERED);
	redis_close(&r);
	free(value);
}

TEST(test_large)
{
	redis_server_need();
	large(url);
	large(tcp_url);
}

/* What is longer than is wanted ends the connection; the next is as good as any. */
TEST(test_too_large)
{
	struct redis_settings set;
	struct redis *r;

	redis_server_need();
	set = redis_client_settings(url);
	set.max_reply = 1000;
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(
	    redis_client_ask(r, NULL, "SETRANGE", "long", "1000", "x", NULL),
	    REDIS_ANSWERED);
	assert_int_equal(redis_client_ask(r, NULL, "GET", "long", NULL), REDIS_BROKEN);
	redis_client_error(r, "more than 1000 bytes");
	assert_false(redis_is_connected(r));
	assert_int_equal(redis_client_ask(r, NULL, "PING", NULL), REDIS_BROKEN);
	redis_client_error(r, "there is no connection");
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_client_ask(r, NULL, "PING", NULL), REDIS_ANSWERED);
	redis_close(&r);
}

TEST(test_clock)
{
	struct redis *r;
	int64_t now;

	redis_server_need();
	r = redis_client_open_url(url);
	assert_int_equal(redis_now(r), 0);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_in_range(llabs(redis_now(r) - clock_wall()), 0, NSEC_PER_SEC);
	assert_in_range(llabs(redis_skew(r)), 0, NSEC_PER_SEC);
	/* Somebody sets the clocks of this machine alone. */
	moved_clock_add(-100);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	now = clock_wall();
	assert_in_range(
	    llabs(redis_now(r) - (now + 100 * NSEC_PER_SEC)), 0, NSEC_PER_SEC);
	assert_in_range(llabs(redis_skew(r) - 100 * NSEC_PER_SEC), 0, NSEC_PER_SEC);
	redis_disconnect(r);
	assert_in_range(
	    llabs(redis_now(r) - (now + 100 * NSEC_PER_SEC)), 0, NSEC_PER_SEC);
	moved_clock_add(100);
	redis_close(&r);
}

TEST(test_restart)
{
	struct redis *r, *tcp;

	redis_server_need();
	r = redis_client_connect(url);
	tcp = redis_client_connect(tcp_url);
	redis_server_stop(&server);
	/* Noticed before anything was sent. */
	assert_int_equal(redis_client_ask(r, NULL, "PING", NULL), REDIS_BROKEN);
	redis_client_error(r, "it closed the connection");
	assert_int_equal(redis_client_ask(tcp, NULL, "PING", NULL), REDIS_BROKEN);
	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	assert_string_equal(redis_error(r), strerror(ENOENT));
	assert_int_equal(redis_connect(tcp), REDIS_BROKEN);
	assert_string_equal(redis_error(tcp), strerror(ECONNREFUSED));
	assert_true(server_start());
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_connect(tcp), REDIS_ANSWERED);
	redis_close(&r);
	redis_close(&tcp);
}

static void
wait_for(struct redis *r, const char *key, const char *value)
{
	int64_t deadline = clock_boot() + 10 * NSEC_PER_SEC;
	const struct redisReply *reply;

	for (;;) {
		assert_int_equal(
		    redis_client_ask(r, &reply, "GET", key, NULL), REDIS_ANSWERED);
		if (reply->str != NULL && strcmp(reply->str, value) == 0)
			return;
		assert_true(clock_boot() < deadline);
		usleep(5000);
	}
}

/* A stop ends a wait at once, and leaves room for a last word. */
static void
stop_while(const char *where)
{
	const char *last[] = { "SET", "last", where };
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct redis_settings set = redis_client_settings(where);
	struct redis *r, *other = redis_client_connect(url);
	pthread_t thread;
	uint64_t commands, one;
	int64_t begin;

	set.stop = fd;
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	begin = clock_boot();
	assert_int_equal(pthread_create(&thread, NULL, redis_client_stop_soon, &fd), 0);
	assert_int_equal(
	    redis_client_ask(r, NULL, "BLPOP", "nothing", "0", NULL), REDIS_STOPPED);
	assert_true(clock_boot() - begin < SOON);
	pthread_join(thread, NULL);
	assert_false(redis_is_connected(r));
	redis_disconnect(r);
	/* Nor is anybody connected to any more. */
	commands = redis_counts(r)->commands;
	assert_int_equal(redis_connect(r), REDIS_STOPPED);
	assert_int_equal(redis_counts(r)->commands, commands);
	redis_close(&r);

	/* Nor asked, but by the last word. */
	assert_int_equal(read(fd, &one, sizeof(one)), sizeof(one));
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	redis_client_stop_soon(&fd);
	commands = redis_counts(r)->commands;
	assert_int_equal(redis_client_ask(r, NULL, "PING", NULL), REDIS_STOPPED);
	assert_int_equal(redis_counts(r)->commands, commands);
	redis_part(r, 3, last, NULL, 100);
	assert_false(redis_is_connected(r));
	wait_for(other, "last", where);
	redis_part(r, 3, last, NULL, 100);
	redis_close(&r);
	redis_close(&other);
	close(fd);
}

TEST(test_stop)
{
	redis_server_need();
	stop_while(url);
	stop_while(tcp_url);
}

/* The proxy of the upstreams is for TLS alone: a Redis in plain text is near. */
TEST(test_no_proxy)
{
	struct redis_settings set;
	struct redis *r;

	redis_server_need();
	set = redis_client_settings(tcp_url);
	set.proxy = "http://127.0.0.1:1";
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	redis_close(&r);
}

TEST(test_settings_refused)
{
	static const struct {
		const char *url, *file, *want;
	} cases[] = {
		{ "redis://me@h", "", "a user without a password" },
		{ "redis://me:secret@h", "/f", "leave one out" },
		{ "redis://me:secret/h", "", "write HOST:PORT" },
		{ "h:6379", "", "redis://HOST:PORT/DB" },
	};
	struct redis_settings set;
	struct redis *r = NULL;
	char err[REDIS_ERROR_MAX];
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		set = redis_client_settings(cases[i].url);
		set.password_file = cases[i].file;
		assert_int_equal(redis_open(&set, &r, err, sizeof(err)), -1);
		if (strstr(err, cases[i].want) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", err, cases[i].want);
		assert_null(strstr(err, "secret"));
		assert_null(r);
	}
}

UNIT_FIXTURE(.group_setup = group_setup, .group_teardown = group_teardown);
