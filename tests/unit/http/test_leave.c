/* How a server and its connections end: whoever has asked gets the whole answer. */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/server.h"
#include "fixture/http_world.h"
#include "shm/counters.h"
#include "unit.h"

typedef void end_fn(struct http_server *);

static end_fn *const ends[] = { http_server_retire, http_server_stop };

/* n requests for /0, /1, ... */
static char *
requests(unsigned n)
{
	size_t size = n * 48 + 1, len = 0;
	char *text = malloc(size);
	unsigned i;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(
		    text + len, size - len, "GET /%u HTTP/1.1\r\nHost: x\r\n\r\n", i);
	return text;
}

/* n answers, and only the last one says that it is. */
static void
assert_answers(const char *answer, unsigned n)
{
	const char *close = strstr(answer, "Connection: close\r\n");

	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), n);
	assert_int_equal(count(answer, "Connection: close\r\n"), 1);
	assert_null(strstr(close, "HTTP/1.1 "));
}

static void
assert_drained(struct http_world *w)
{
	int i;

	for (i = 0; i < 1000 && w->drained == 0; i++)
		turn(w);
	assert_int_equal(w->drained, 1);
	assert_int_equal(http_server_connections(w->server), 0);
}

TEST(an_idle_client_of_a_retired_server_may_ask_once_more)
{
	struct http_world *w = *state;
	int idle[2], i;
	char *answer;

	serve(w);
	for (i = 0; i < 2; i++) {
		idle[i] = dial(w);
		tell(w, idle[i], GET("/a"));
	}
	http_server_retire(w->server);
	http_server_retire(w->server);
	pass(w, 20);
	assert_int_equal(http_server_connections(w->server), 2);
	assert_int_equal(w->drained, 0);
	for (i = 0; i < 2; i++) {
		tell(w, idle[i],
		    i == 0 ? GET("/b") : "HEAD /b HTTP/1.1\r\nHost: x\r\n\r\n");
		answer = hear_end(w, idle[i]);
		assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), 2);
		assert_int_equal(count(answer, "Connection: close\r\n"), 1);
		assert_int_equal(count(answer, "\r\n\r\n/b"), i == 0);
		free(answer);
	}
	assert_drained(w);
}

TEST(a_stop_ends_who_is_idle)
{
	struct http_world *w = *state;
	int idle;
	char *answer;

	serve(w);
	idle = dial(w);
	tell(w, idle, GET("/a"));
	http_server_retire(w->server);
	assert_int_equal(w->drained, 0);
	http_server_stop(w->server);
	assert_drained(w);
	answer = hear_end(w, idle);
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), 1);
	free(answer);
	http_server_stop(w->server);
	http_server_retire(w->server);
	assert_int_equal(w->drained, 1);
}

TEST(nobody_is_waited_for_without_need)
{
	struct http_world *w = *state;

	serve(w);
	http_server_retire(w->server);
	assert_int_equal(w->drained, 1);
}

TEST(old_clients_are_answered_at_the_end_too)
{
	struct http_world *w = *state;
	int sock;
	char *answer;

	serve(w);
	sock = dial(w);
	http_server_retire(w->server);
	tell(w, sock, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	answer = hear_end(w, sock);
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\n/a"));
	free(answer);
	assert_drained(w);
}

TEST(requests_sent_together_are_all_answered)
{
	struct http_world *w = *state;
	/* 700: more than the server reads at once. */
	static const unsigned sizes[] = { 1, 10, 700 };
	size_t i, j;
	char *text, *answer;
	int sock;

	for (i = 0; i < NELEM(sizes); i++) {
		for (j = 0; j < NELEM(ends); j++) {
			serve(w);
			sock = dial(w);
			text = requests(sizes[i]);
			send_unseen(sock, text);
			ends[j](w->server);
			answer = hear_end(w, sock);
			assert_answers(answer, sizes[i]);
			free(answer);
			free(text);
			assert_drained(w);
			w->drained = 0;
			http_server_free(&w->server);
		}
	}
}

/* The requests wait behind an answer that the socket could not take at once. */
TEST(requests_behind_a_long_answer_are_all_answered)
{
	struct http_world *w = *state;
	char *text, *answer;
	int sock;
	size_t i;

	for (i = 0; i < NELEM(ends); i++) {
		serve(w);
		sock = dial(w);
		tell(w, sock, GET("/big"));
		assert_int_equal(w->held, 1);
		text = requests(10);
		send_unseen(sock, text);
		ends[i](w->server);
		answer = hear_end(w, sock);
		assert_answers(answer, 11);
		free(answer);
		free(text);
		assert_drained(w);
		w->drained = 0;
		http_server_free(&w->server);
	}
}

/* Else a client that always has one more under way would never be through. */
TEST(what_comes_after_the_last_answer_is_not_answered)
{
	struct http_world *w = *state;
	char *text = requests(10), *answer;
	int sock;

	serve(w);
	sock = dial(w);
	send_unseen(sock, text);
	http_server_retire(w->server);
	turn(w);
	send_unseen(sock, text);
	answer = hear_end(w, sock);
	assert_answers(answer, 10);
	free(answer);
	free(text);
	assert_drained(w);
}

TEST(an_old_connection_loses_nothing_either)
{
	struct http_world *w = *state;
	char *text = requests(10), *answer;
	int sock;

	w->connection_age = 1;
	serve(w);
	sock = dial(w);
	pass(w, 1);
	send_unseen(sock, text);
	answer = hear_end(w, sock);
	assert_answers(answer, 10);
	free(answer);
	free(text);
}

TEST(half_a_head_is_a_request_under_way)
{
	struct http_world *w = *state;
	char *answer;
	int sock, slow;
	size_t i;

	for (i = 0; i < NELEM(ends); i++) {
		serve(w);
		sock = dial(w);
		slow = dial(w);
		send_unseen(sock, GET("/1") GET("/2") "GET /3 HTTP");
		send_unseen(slow, "GET /4 HTTP");
		ends[i](w->server);
		turn(w);
		pass(w, 5);
		tell(w, sock, "/1.1\r\nHost: x\r\n\r\n");
		answer = hear_end(w, sock);
		assert_answers(answer, 3);
		free(answer);
		pass(w, 7);
		answer = hear_end(w, slow);
		assert_memory_equal(answer, "HTTP/1.1 408 ", 13);
		free(answer);
		assert_drained(w);
		w->drained = 0;
		http_server_free(&w->server);
	}
}

/* Its head did not say that it is the last one; its client waits for another. */
TEST(a_connection_ends_behind_an_answer_begun_before_the_stop)
{
	struct http_world *w = *state;
	char *answer;
	int sock;

	serve(w);
	sock = dial(w);
	tell(w, sock, GET("/big"));
	assert_int_equal(w->held, 1);
	http_server_stop(w->server);
	answer = hear_end(w, sock);
	assert_int_equal(strlen(body_of(answer)), BIG);
	assert_int_equal(count(answer, "Connection: close\r\n"), 0);
	free(answer);
	assert_drained(w);
}

/* The kernel has accepted it; nobody but us can answer it. */
TEST(who_has_connected_before_the_end_is_answered)
{
	struct http_world *w = *state;
	char *answer;
	int asked, late, i, j, queued[3];
	size_t k;

	for (k = 0; k < NELEM(ends); k++) {
		serve(w);
		late = dial(w);
		asked = dial_unseen(w);
		send_unseen(asked, GET("/asked"));
		for (i = 0; i < 3; i++)
			queued[i] = dial_unseen(w);
		ends[k](w->server);
		turn(w);
		for (i = 0; i < 5; i++) {
			j = i == 3 ? late : i == 4 ? asked : queued[i];
			if (j != asked)
				tell(w, j, GET("/asked"));
			answer = hear_end(w, j);
			assert_answers(answer, 1);
			assert_non_null(strstr(answer, "\r\n\r\n/asked"));
			free(answer);
		}
		assert_drained(w);
		w->drained = 0;
		http_server_free(&w->server);
	}
}

TEST(who_has_connected_and_says_nothing_is_not_waited_for)
{
	struct http_world *w = *state;
	char *answer;
	int mute;

	serve(w);
	mute = dial(w);
	http_server_stop(w->server);
	turn(w);
	assert_int_equal(w->drained, 0);
	pass(w, 2);
	assert_drained(w);
	answer = hear_end(w, mute);
	assert_string_equal(answer, "");
	free(answer);
}

/* The successor has the same socket, of which the retired one closes its copy. */
TEST(no_connection_is_lost_between_two_servers)
{
	struct http_world *w = *state;
	struct http_server *other;
	int copy = dup(w->listener), sock[6], i, round;
	char *answer;

	w->server = serve_beside(w, copy);
	other = serve_beside(w, w->listener);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 6; i++) {
			sock[i] = round == 1 && i >= 3 ? dial_unseen(w) : dial(w);
			if (i % 2 == 0)
				send_unseen(sock[i], GET("/a"));
		}
		if (round == 1) {
			http_server_retire(w->server);
			close(copy);
		}
		for (i = 0; i < 6; i++) {
			tell(w, sock[i], i % 2 == 0 ? LAST("/b") : LAST("/a"));
			hear(w, sock[i], SIZE_MAX, &answer);
			assert_non_null(strstr(answer, "\r\n\r\n/a"));
			free(answer);
			close(sock[i]);
		}
		turn(w);
	}
	assert_drained(w);
	http_server_free(&other);
}

/* Unread bytes at a close make a reset, which overtakes the answer. */
TEST(a_refusal_reaches_a_client_that_goes_on_sending)
{
	static const struct {
		const char *text, *status;
	} cases[] = {
		{ "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n",
		    "HTTP/1.1 200 " },
		{ "GET /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n",
		    "HTTP/1.1 413 " },
		{ "nonsense\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 505 " },
		{ "GET / HTTP/1.1\r\nA: ", "HTTP/1.1 431 " },
		{ "GET /", "HTTP/1.1 414 " },
	};
	struct http_world *w = *state;
	char *junk = malloc(3000001), *answer;
	size_t i;
	int sock;

	memset(junk, 'x', 3000000);
	junk[3000000] = '\0';
	serve(w);
	for (i = 0; i < NELEM(cases); i++) {
		sock = dial(w);
		tell(w, sock, cases[i].text);
		tell(w, sock, junk);
		answer = hear_end(w, sock);
		assert_memory_equal(answer, cases[i].status, strlen(cases[i].status));
		assert_int_equal(count(answer, "HTTP/1.1 "), 1);
		free(answer);
	}
	free(junk);
}

/* More are ready than one turn of the loop finds, and the clock's turn comes first: it
 * was the server that was late (stopped, or suspended), not they. */
TEST(deadlines_spare_who_waits_for_us)
{
	struct http_world *w = *state;
	int sock[100];
	char *answer;
	size_t i;

	w->max_connections = NELEM(sock);
	serve(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = dial(w);
		if (i % 2 == 0)
			tell(w, sock[i], GET("/before"));
	}
	for (i = 0; i < NELEM(sock); i++)
		send_unseen(sock[i], LAST("/a"));
	usleep(1100000);
	pass(w, 1000);
	for (i = 0; i < NELEM(sock); i++) {
		answer = hear_end(w, sock[i]);
		assert_non_null(strstr(answer, "\r\n\r\n/a"));
		free(answer);
	}
}

/* The end of the answer is in the socket's buffer, its reader is slow, and sends. */
TEST(a_slow_reader_gets_the_end_of_the_last_answer)
{
	struct http_world *w = *state;
	char *begin, *rest;
	int sock;
	size_t len = 0;

	serve(w);
	sock = dial(w);
	tell(w, sock, LAST("/big"));
	while (w->held > 0) {
		len += hear(w, sock, 65536, &begin);
		free(begin);
	}
	assert_true(len < BIG);
	pass(w, 20);
	send_unseen(sock, GET("/no"));
	turn(w);
	rest = hear_end(w, sock);
	assert_true(len + strlen(rest) > BIG);
	assert_int_equal(rest[strlen(rest) - 1], '>');
	free(rest);
}

TEST(a_reader_that_has_stopped_is_not_waited_for)
{
	struct http_world *w = *state;
	int sock, i;
	char *begin;

	serve(w);
	sock = dial(w);
	tell(w, sock, LAST("/big"));
	while (w->held > 0) {
		hear(w, sock, 65536, &begin);
		free(begin);
	}
	http_server_stop(w->server);
	assert_int_equal(w->drained, 0);
	for (i = 0; i < 3; i++)
		pass(w, 51);
	assert_drained(w);
	close(sock);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
