/* Accepting: what is left to other processes, and who is refused. */
#include <sys/socket.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "http/server.h"
#include "fixture/http_world.h"
#include "shm/counters.h"
#include "unit.h"

static unsigned asked; /* how often crowded() was */
static unsigned yes;   /* how often it says so first */

static bool
crowded(void *arg)
{
	(void)arg;
	return asked++ < yes;
}

static void
serve_crowded(struct http_world *w, unsigned times)
{
	asked = 0;
	yes = times;
	w->crowded = crowded;
	serve(w);
}

/* Lets so much real time go by, the server at work. */
static void
wait_ms(struct http_world *w, int ms)
{
	struct timeval tv = { 0, ms * 1000 };

	event_base_loopexit(w->base, &tv);
	event_base_dispatch(w->base);
}

TEST(a_crowded_server_leaves_connections_to_others)
{
	struct http_world *w = *state;
	struct http_server *other;
	char *answer;
	int sock;

	serve_crowded(w, UINT_MAX);
	sock = dial(w);
	tell(w, sock, LAST("/a"));
	wait_ms(w, 50);
	assert_int_equal(http_server_connections(w->server), 0);
	assert_in_range(asked, 2, 60); /* not in a loop */
	w->crowded = NULL;
	other = serve_beside(w, w->listener);
	answer = hear_end(w, sock);
	assert_non_null(strstr(answer, "\r\n\r\n/a"));
	free(answer);
	assert_int_equal(http_server_connections(w->server), 0);
	http_server_free(&other);
}

TEST(what_nobody_takes_is_taken_after_a_while)
{
	struct http_world *w = *state;
	char *answer;
	int sock;

	serve_crowded(w, 3);
	sock = dial(w);
	tell(w, sock, LAST("/a"));
	assert_int_equal(http_server_connections(w->server), 0);
	answer = hear_end(w, sock);
	assert_non_null(strstr(answer, "\r\n\r\n/a"));
	assert_int_equal(
	    asked, 5); /* thrice yes, for the connection, and for no more */
	free(answer);
}

/* With the last copy of the listening socket they would be reset. */
TEST(the_end_leaves_nothing_to_others)
{
	struct http_world *w = *state;
	char *answer;
	int sock[3], i;

	serve_crowded(w, UINT_MAX);
	for (i = 0; i < 3; i++)
		sock[i] = dial(w);
	http_server_retire(w->server);
	assert_int_equal(http_server_connections(w->server), 3);
	for (i = 0; i < 3; i++) {
		tell(w, sock[i], GET("/a"));
		answer = hear_end(w, sock[i]);
		assert_non_null(strstr(answer, "\r\n\r\n/a"));
		free(answer);
	}
}

TEST(an_idle_server_is_not_woken)
{
	struct http_world *w = *state;

	serve_crowded(w, UINT_MAX);
	wait_ms(w, 50);
	assert_int_equal(asked, 0);
}

static void
assert_refused(struct http_world *w, int sock)
{
	char *answer;

	hear(w, sock, 200, &answer);
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	free(answer);
}

/* A client in the middle of a request: its place is not to be had. */
static int
dial_busy(struct http_world *w)
{
	int sock = dial(w);

	tell(w, sock, "GET /a HTTP");
	return sock;
}

static void
finish(struct http_world *w, int sock)
{
	char *answer;

	tell(w, sock, "/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	answer = hear_end(w, sock);
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	free(answer);
}

/* Asks on a connection that stays open. */
static void
ask_on(struct http_world *w, int sock)
{
	char *answer;

	tell(w, sock, GET("/abc"));
	hear(w, sock, 10, &answer);
	assert_memory_equal(answer, "HTTP/1.1 2", 10);
	free(answer);
	while (recv(sock, (char[512]){ 0 }, 512, 0) > 0)
		;
}

static void
assert_ended(struct http_world *w, int sock)
{
	char *rest = hear_end(w, sock);

	assert_string_equal(rest, "");
	free(rest);
}

/* They do not close, nor does the server until they have had time to read. */
TEST(everyone_beyond_the_limit_is_told)
{
	struct http_world *w = *state;
	int held[2], sock[150];
	size_t i;

	w->max_connections = NELEM(held);
	serve(w);
	for (i = 0; i < NELEM(held); i++)
		held[i] = dial_busy(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = dial(w);
		assert_refused(w, sock[i]);
	}
	assert_int_equal(http_server_connections(w->server), NELEM(held) + 64);
	for (i = 0; i < NELEM(held); i++)
		finish(w, held[i]);
	for (i = 0; i < NELEM(sock); i++)
		close(sock[i]);
}

/* Their requests have come before they are refused, or come before they are closed for
 * others: neither makes a reset. */
TEST(nobody_beyond_the_limit_is_reset)
{
	struct http_world *w = *state;
	int held, sock[300];
	size_t i, round;
	char *answer;

	w->max_connections = 1;
	serve(w);
	held = dial_busy(w);
	for (round = 0; round < NELEM(sock); round += 50) {
		for (i = round; i < round + 50; i++) {
			sock[i] = dial_unseen(w);
			if (i % 2 == 0)
				send_unseen(sock[i], GET("/a"));
		}
		turn(w);
		for (i = round; i < round + 50; i++)
			if (i % 2 != 0)
				send_unseen(sock[i], GET("/a"));
	}
	for (i = 0; i < NELEM(sock); i++) {
		answer = hear_end(w, sock[i]);
		assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
		free(answer);
	}
	assert_int_equal(counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), 0);
	finish(w, held);
}

TEST(a_head_beyond_the_limit_has_no_body)
{
	struct http_world *w = *state;
	int held, sock;
	char *answer;

	w->max_connections = 1;
	serve(w);
	held = dial_busy(w);
	sock = dial_unseen(w);
	send_unseen(sock, "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = hear_end(w, sock);
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	assert_string_equal(body_of(answer), "");
	free(answer);
	finish(w, held);
}

TEST(the_refused_take_no_place)
{
	struct http_world *w = *state;
	int held[2], sock[64];
	size_t i;
	char *answer;

	w->max_connections = NELEM(held);
	serve(w);
	for (i = 0; i < NELEM(held); i++)
		held[i] = dial_busy(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = dial(w);
		assert_refused(w, sock[i]);
	}
	close(held[0]);
	turn(w);
	answer = ask(w, LAST("/a"));
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	free(answer);
	close(held[1]);
	for (i = 0; i < NELEM(sock); i++)
		close(sock[i]);
}

/* In the order in which they were answered last, not in that of their coming. */
TEST(who_is_idle_makes_room_longest_first)
{
	struct http_world *w = *state;
	int idle[3], busy, next[3];
	size_t i;

	w->max_connections = 4;
	serve(w);
	busy = dial_busy(w);
	for (i = 0; i < 3; i++) {
		idle[i] = dial(w);
		ask_on(w, idle[i]);
	}
	ask_on(w, idle[0]);
	for (i = 0; i < 3; i++) {
		next[i] = dial(w);
		assert_ended(w, idle[(i + 1) % 3]);
		assert_int_equal(
		    counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), i + 1);
		tell(w, next[i], "GET /a HTTP");
	}
	idle[0] = dial(w);
	assert_refused(w, idle[0]);
	close(idle[0]);
	for (i = 0; i < 3; i++)
		finish(w, next[i]);
	finish(w, busy);
}

/* A request that is there, and an answer that is not through, are somebody's. */
TEST(who_is_owed_something_is_not_idle)
{
	struct http_world *w = *state;
	int asking, slow, sock;
	char *answer;

	w->max_connections = 2;
	serve(w);
	asking = dial(w);
	ask_on(w, asking);
	slow = dial(w);
	tell(w, slow, LAST("/big"));
	assert_int_equal(w->held, 1);
	sock = dial_unseen(w);
	send_unseen(asking, LAST("/b"));
	turn(w);
	answer = hear_end(w, asking);
	assert_non_null(strstr(answer, "\r\n\r\n/b"));
	free(answer);
	free(hear_end(w, slow));
	tell(w, sock, LAST("/c"));
	free(hear_end(w, sock));
	assert_int_equal(counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), 0);
}

/* Its first request may be on its way; after a second it is not waited for any more. */
TEST(who_has_just_come_is_not_idle)
{
	struct http_world *w = *state;
	int fresh, sock;

	w->max_connections = 1;
	serve(w);
	fresh = dial(w);
	sock = dial(w);
	assert_refused(w, sock);
	close(sock);
	pass(w, 2);
	assert_int_equal(counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), 0);
	sock = dial(w);
	assert_ended(w, fresh);
	assert_int_equal(counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), 1);
	tell(w, sock, "GET /a HTTP");
	finish(w, sock);
}

/* A flood of new clients must not cost more than there are idle ones. */
TEST(who_was_shed_takes_no_place_and_goes)
{
	struct http_world *w = *state;
	int sock[200];
	size_t i;

	w->max_connections = 2;
	serve(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = dial(w);
		ask_on(w, sock[i]);
	}
	assert_int_equal(
	    counter_get(&w->counters, COUNTER_CONNECTIONS_SHED), NELEM(sock) - 2);
	assert_int_equal(http_server_connections(w->server), 2 + 64);
	pass(w, 3);
	assert_int_equal(http_server_connections(w->server), 2);
	for (i = 0; i < NELEM(sock); i++)
		close(sock[i]);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
