/* Somebody who is no Redis, or a bad one. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/redis_client.h"
#include "fixture/redis_peer.h"
#include "unit.h"

/* What stands for the 2 s and 5 s of the daemon, milliseconds. */
#define CONNECT_MS 400
#define COMMAND_MS 300
#define SOON (5 * NSEC_PER_SEC) /* on a busy machine */

static char url[128];
static atomic_int heard; /* commands, of what counts them */

static int
setup(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(url, sizeof(url), "unix://%s", directory_path("peer.sock"));
	heard = 0;
	return 0;
}

static int
teardown(void **state UNUSED)
{
	return directory_remove("peer.sock", NULL);
}

static struct redis *
open_with(const char *where, int stop)
{
	struct redis_settings set = redis_client_settings(where);

	set.connect_ms = CONNECT_MS;
	set.command_ms = COMMAND_MS;
	set.max_reply = 10000;
	set.stop = stop;
	return redis_client_open(&set);
}

/* Connecting ends so, and in time. */
static void
connect_is(redis_peer_fn *serve, const char *where, enum redis_result want,
    const char *code, const char *error)
{
	struct redis *r;
	int64_t begin = clock_boot();

	redis_peer_start(serve);
	r = open_with(where, -1);
	assert_int_equal(redis_connect(r), want);
	redis_client_error(r, error);
	assert_string_equal(redis_code(r), code);
	assert_false(redis_is_connected(r));
	assert_true(clock_boot() - begin < SOON);
	redis_close(&r);
	redis_peer_stop();
}

/* The first command after a good connection ends so, and in time. */
static void
command_is(
    redis_peer_fn *serve, enum redis_result want, const char *code, const char *error)
{
	struct redis *r;
	int64_t begin = clock_boot();

	redis_peer_start(serve);
	r = open_with(url, -1);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_now(r) / NSEC_PER_SEC, 1700000000);
	assert_int_equal(redis_client_ask(r, NULL, "GET", "key", NULL), want);
	redis_client_error(r, error);
	assert_string_equal(redis_code(r), code);
	assert_int_equal(redis_is_connected(r), want != REDIS_BROKEN);
	assert_int_equal(redis_counts(r)->errors, want != REDIS_ANSWERED);
	assert_true(clock_boot() - begin < SOON);
	redis_close(&r);
	redis_peer_stop();
}

static void
close_at_once(int fd)
{
	(void)fd;
}

/* Waits for the other side's end. */
static void
wait_for_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) == 1)
		;
}

static void
greet_and_close(int fd)
{
	if (!redis_peer_greet(fd))
		return;
}

static void
swallow(int fd)
{
	if (redis_peer_greet(fd))
		wait_for_end(fd);
}

static void
answer(int fd, const char *text)
{
	if (redis_peer_greet(fd) && redis_peer_hear(fd) && redis_peer_say(fd, text))
		wait_for_end(fd);
}

static void
say_loading(int fd)
{
	answer(fd, "-LOADING Redis is loading the dataset in memory\r\n");
}

static void
say_oom(int fd)
{
	answer(fd, "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
}

static void
say_lower_case(int fd)
{
	answer(fd, "-oh no\r\n");
}

static void
say_terminal(int fd)
{
	answer(fd, "-ERR \x1b[31mred\x9b\n\r\n");
}

static void
say_long(int fd)
{
	char text[3000] = "-A";

	memset(text + 2, 'A', sizeof(text) - 6);
	memcpy(text + sizeof(text) - 4, "\r\n", 3);
	answer(fd, text);
}

TEST(test_refusals)
{
	command_is(say_loading, REDIS_REFUSED, "LOADING", "loading the dataset");
	command_is(say_oom, REDIS_REFUSED, "OOM", "not allowed when used memory");
	command_is(say_lower_case, REDIS_REFUSED, "ERR", "oh no");
	command_is(say_terminal, REDIS_REFUSED, "ERR", "ERR ?[31mred?");
	command_is(say_long, REDIS_REFUSED, "ERR", "AAAA");
}

static void
half_a_reply(int fd)
{
	if (redis_peer_greet(fd) && redis_peer_hear(fd))
		redis_peer_say(fd, "$100\r\nhalf");
}

static void
say_garbage(int fd)
{
	answer(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

static void
say_two(int fd)
{
	answer(fd, "+OK\r\n+OK\r\n");
}

/* After the test has said so, with an answer of its own. */
static void
say_unasked(int fd)
{
	if (!redis_peer_greet(fd))
		return;
	while (atomic_load(&heard) == 0)
		usleep(1000);
	if (redis_peer_say(fd, "+OK\r\n")) {
		atomic_store(&heard, 2);
		wait_for_end(fd);
	}
}

static void
say_endless(int fd)
{
	if (!redis_peer_greet(fd) || !redis_peer_hear(fd) ||
	    !redis_peer_say(fd, "$1000000000\r\n"))
		return;
	while (redis_peer_say(fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
		;
}

static void
say_many_elements(int fd)
{
	answer(fd, "*2000000000\r\n");
}

TEST(test_broken_replies)
{
	command_is(half_a_reply, REDIS_BROKEN, "", "it closed the connection");
	command_is(say_garbage, REDIS_BROKEN, "", "it sends no reply of Redis");
	command_is(say_two, REDIS_BROKEN, "", "it sends more than the answer");
	command_is(
	    say_endless, REDIS_BROKEN, REDIS_CODE_LARGE, "more than 10000 bytes");
	command_is(say_many_elements, REDIS_BROKEN, "", "more than 1024 elements");
	command_is(swallow, REDIS_BROKEN, "", "no answer within 300 ms");
}

static void
wait_heard(int n)
{
	int64_t deadline = clock_boot() + 2 * SOON;

	while (atomic_load(&heard) < n) {
		assert_true(clock_boot() < deadline);
		usleep(1000);
	}
}

TEST(test_unasked)
{
	struct redis *r;

	redis_peer_start(say_unasked);
	r = open_with(url, -1);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	atomic_store(&heard, 1);
	wait_heard(2);
	assert_int_equal(redis_client_ask(r, NULL, "GET", "key", NULL), REDIS_BROKEN);
	redis_client_error(r, "what was not asked for");
	assert_false(redis_is_connected(r));
	redis_close(&r);
	redis_peer_stop();
}

TEST(test_closes_after_greeting)
{
	struct redis *r;
	int64_t begin = clock_boot();

	redis_peer_start(greet_and_close);
	r = open_with(url, -1);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_client_ask(r, NULL, "GET", "key", NULL), REDIS_BROKEN);
	assert_string_not_equal(redis_error(r), "");
	assert_true(clock_boot() - begin < SOON);
	redis_close(&r);
	redis_peer_stop();
}

/* Of a slow reply, too, every byte is one. */
static void
drip(int fd, const char *text)
{
	char byte[2] = "";

	for (; *text != '\0'; text++) {
		byte[0] = *text;
		if (!redis_peer_say(fd, byte))
			return;
		usleep(200);
	}
	wait_for_end(fd);
}

static void
drip_reply(int fd)
{
	if (redis_peer_greet(fd) && redis_peer_hear(fd))
		drip(fd, "*3\r\n$5\r\nhello\r\n:12\r\n$-1\r\n");
}

/* For ever: the limit is of the whole, not of a silence. */
static void
drip_endless(int fd)
{
	if (!redis_peer_greet(fd) || !redis_peer_hear(fd) ||
	    !redis_peer_say(fd, "$9000\r\n"))
		return;
	while (redis_peer_say(fd, "x"))
		usleep(10000);
}

TEST(test_drip)
{
	const struct redisReply *reply;
	struct redis *r;

	redis_peer_start(drip_reply);
	r = redis_client_connect(url);
	assert_int_equal(redis_client_ask(r, &reply, "X", NULL), REDIS_ANSWERED);
	assert_int_equal(reply->elements, 3);
	assert_string_equal(reply->element[0]->str, "hello");
	assert_int_equal(reply->element[1]->integer, 12);
	redis_close(&r);
	redis_peer_stop();
	command_is(drip_endless, REDIS_BROKEN, "", "no answer within 300 ms");
}

static void
say_max_clients(int fd)
{
	if (redis_peer_say(fd, "-ERR max number of clients reached\r\n"))
		wait_for_end(fd);
}

/* Until the other side is gone. */
static void
say_and_hear_nothing(int fd, const char *text)
{
	struct pollfd end = { .fd = fd };

	if (redis_peer_say(fd, text) && shutdown(fd, SHUT_RD) == 0)
		poll(&end, 1, (int)(SOON / NSEC_PER_MSEC));
}

/* As a Redis that has too many clients, or that protects itself: what is sent meets a
 * connection that is closed already. */
static void
say_denied_and_close(int fd)
{
	say_and_hear_nothing(fd, "-DENIED Redis is running in protected mode\r\n");
}

static void
say_wrong_time(int fd)
{
	if (redis_peer_hear(fd) && redis_peer_say(fd, "*2\r\n$2\r\n1x\r\n$1\r\n2\r\n"))
		wait_for_end(fd);
}

static void
say_no_time(int fd)
{
	if (redis_peer_hear(fd) && redis_peer_say(fd, "+OK\r\n"))
		wait_for_end(fd);
}

TEST(test_bad_connections)
{
	connect_is(close_at_once, url, REDIS_BROKEN, "", "");
	connect_is(wait_for_end, url, REDIS_BROKEN, "", "no answer within 400 ms");
	connect_is(say_max_clients, url, REDIS_REFUSED, "ERR", "max number of clients");
	connect_is(say_wrong_time, url, REDIS_BROKEN, "", "TIME with something else");
	connect_is(say_no_time, url, REDIS_BROKEN, "", "TIME with something else");
}

TEST(test_last_words)
{
	struct redis *r;
	unsigned i;

	redis_peer_start(say_denied_and_close);
	for (i = 0; i < 20; i++) {
		r = open_with(url, -1);
		assert_int_not_equal(redis_connect(r), REDIS_ANSWERED);
		redis_client_error(r, "DENIED Redis is running in protected mode");
		redis_close(&r);
	}
	redis_peer_stop();
}

/* What is said of AUTH may repeat what was sent. */
static void
auth_answer(int fd, const char *text)
{
	if (redis_peer_hear(fd) && redis_peer_say(fd, text))
		wait_for_end(fd);
}

static void
auth_unknown(int fd)
{
	auth_answer(fd, "-ERR unknown command 'AUTH', with args beginning with: 'me' "
			"'secret'\r\n");
}

static void
auth_cut(int fd)
{
	auth_answer(fd, "-NOPE me secre\r\n");
}

static void
auth_wrong_echo(int fd)
{
	auth_answer(fd, "-WRONGPASS secret is wrong\r\n");
}

static void
auth_wrong(int fd)
{
	auth_answer(fd, "-WRONGPASS invalid username-password pair\r\n");
}

static void
auth_none_wanted(int fd)
{
	auth_answer(fd,
	    "-ERR AUTH <password> called without any password configured for "
	    "the default user.\r\n");
}

static void
auth_early_echo(int fd)
{
	say_and_hear_nothing(fd, "-ERR what is secret\r\n");
}

TEST(test_auth)
{
	char with[160];

	snprintf(
	    with, sizeof(with), "unix://me:secret@%s", directory_path("peer.sock"));
	connect_is(auth_unknown, with, REDIS_REFUSED, "ERR", "may hold the password");
	connect_is(auth_cut, with, REDIS_REFUSED, "NOPE", "may hold the password");
	connect_is(
	    auth_wrong_echo, with, REDIS_REFUSED, "WRONGPASS", "may hold the password");
	connect_is(auth_wrong, with, REDIS_REFUSED, "WRONGPASS", "username-password");
	connect_is(
	    auth_none_wanted, with, REDIS_REFUSED, "ERR", "without any password");
}

TEST(test_auth_answered_early)
{
	char with[160];
	struct redis *r;

	snprintf(with, sizeof(with), "unix://:secret@%s", directory_path("peer.sock"));
	redis_peer_start(auth_early_echo);
	r = open_with(with, -1);
	assert_int_not_equal(redis_connect(r), REDIS_ANSWERED);
	redis_client_error(r, "");
	redis_close(&r);
	redis_peer_stop();
}

struct stopper {
	int fd;
	int64_t at; /* clock_boot() when it was said */
};

static void *
stop_soon(void *arg)
{
	const uint64_t one = 1;
	struct stopper *s = arg;

	usleep(50000);
	s->at = clock_boot();
	if (write(s->fd, &one, sizeof(one)) != sizeof(one))
		abort();
	return NULL;
}

static void
count(int fd)
{
	if (!redis_peer_greet(fd))
		return;
	while (redis_peer_hear(fd))
		atomic_fetch_add(&heard, 1);
}

/* A stop ends a wait; the last word follows a command that was not answered. */
TEST(test_stop_then_part)
{
	struct stopper s = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	const char *last[] = { "LAST", "word" };
	struct redis_settings set = redis_client_settings(url);
	struct redis *r;
	pthread_t thread;

	redis_peer_start(count);
	set.stop = s.fd;
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &s), 0);
	assert_int_equal(redis_client_ask(r, NULL, "GET", "x", NULL), REDIS_STOPPED);
	pthread_join(thread, NULL);
	assert_true(clock_boot() - s.at < NSEC_PER_SEC);
	redis_part(r, 2, last, NULL, 100);
	wait_heard(2);
	redis_close(&r);
	redis_peer_stop();
	close(s.fd);
}

static void
do_not_read(int fd)
{
	if (!redis_peer_greet(fd))
		return;
	while (atomic_load(&heard) == 0)
		usleep(1000);
	while (redis_peer_hear(fd))
		atomic_fetch_add(&heard, 1);
}

/* Nothing may follow half a command: its bytes would be taken for the other half. */
TEST(test_stop_in_half_a_command)
{
	static char huge[4000000];
	struct stopper s = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	const char *argv[] = { "SET", "x", huge }, *last[] = { "LAST", "word" };
	const size_t lens[] = { 3, 1, sizeof(huge) };
	struct redis_settings set = redis_client_settings(url);
	struct redis *r;
	pthread_t thread;
	uint64_t out;

	redis_peer_start(do_not_read);
	set.stop = s.fd;
	r = redis_client_open(&set);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &s), 0);
	assert_int_equal(redis_command(r, 3, argv, lens, NULL), REDIS_STOPPED);
	pthread_join(thread, NULL);
	assert_true(clock_boot() - s.at < NSEC_PER_SEC);
	out = redis_counts(r)->bytes_out;
	assert_true(out < sizeof(huge));
	atomic_store(&heard, 1);
	redis_part(r, 2, last, NULL, 1000);
	assert_int_equal(redis_counts(r)->bytes_out, out);
	redis_close(&r);
	redis_peer_stop();
	assert_int_equal(atomic_load(&heard), 1);
	close(s.fd);
}

/* It is sent whatever is said of a stop, also where it does not go out at once. */
TEST(test_part_in_spite_of_stop)
{
	static char huge[4000000];
	struct stopper s = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	const char *argv[] = { "SET", "x", huge };
	const size_t lens[] = { 3, 1, sizeof(huge) };
	struct redis *r;

	redis_peer_start(do_not_read);
	r = open_with(url, s.fd);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	stop_soon(&s);
	atomic_store(&heard, 1);
	redis_part(r, 3, argv, lens, (int)(SOON / NSEC_PER_MSEC));
	wait_heard(2);
	redis_close(&r);
	redis_peer_stop();
	close(s.fd);
}

/* A server that takes nothing does not hold up the last word. */
TEST(test_part_is_bounded)
{
	static char huge[4000000];
	const char *argv[] = { "SET", "x", huge };
	const size_t lens[] = { 3, 1, sizeof(huge) };
	struct redis *r;
	int64_t begin;

	redis_peer_start(do_not_read);
	r = open_with(url, -1);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	begin = clock_boot();
	redis_part(r, 3, argv, lens, 100);
	assert_in_range(clock_boot() - begin, 99 * NSEC_PER_MSEC, SOON);
	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	atomic_store(&heard, 1);
	redis_close(&r);
	redis_peer_stop();
}

/* Nor a command, and nothing is sent after it. */
TEST(test_takes_nothing)
{
	static char huge[4000000];
	const char *argv[] = { "SET", "x", huge };
	const size_t lens[] = { 3, 1, sizeof(huge) };
	struct redis *r;

	redis_peer_start(do_not_read);
	r = open_with(url, -1);
	assert_int_equal(redis_connect(r), REDIS_ANSWERED);
	assert_int_equal(redis_command(r, 3, argv, lens, NULL), REDIS_BROKEN);
	redis_client_error(r, "it does not take a command within 300 ms");
	assert_false(redis_is_connected(r));
	atomic_store(&heard, 1);
	redis_close(&r);
	redis_peer_stop();
}

TEST(test_nobody_there)
{
	struct redis *r = open_with(url, -1);

	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	assert_string_equal(redis_error(r), strerror(ENOENT));
	assert_int_equal(redis_counts(r)->errors, 1);
	assert_int_equal(redis_counts(r)->commands, 0);
	redis_close(&r);
	r = open_with("redis://no-such-host.invalid", -1);
	assert_int_equal(redis_connect(r), REDIS_BROKEN);
	assert_string_not_equal(redis_error(r), "");
	redis_close(&r);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
