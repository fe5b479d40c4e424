/* The server over real sockets: order, framing, slow and vanished clients, limits. */
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "http/server.h"
#include "fixture/http_world.h"
#include "shm/counters.h"
#include "unit.h"

TEST(pipelined_requests_are_answered_in_order)
{
	struct http_world *w = *state;
	char text[20000], want[32], *answer, *at;
	size_t len = 0;
	int i;

	serve(w);
	for (i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "GET /%d HTTP/1.1\r\nHost: x\r\n%s\r\n", i,
		    i == 199 ? "Connection: close\r\n" : "");
	at = answer = ask(w, text);
	for (i = 0; i < 200; i++) {
		snprintf(want, sizeof(want), "\r\n\r\n/%d", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), 200);
	assert_int_equal(count(answer, "Connection: close\r\n"), 1);
	assert_int_equal(counter_get(&w->counters, COUNTER_REQUESTS), 200);
	assert_int_equal(counter_get(&w->counters, COUNTER_BYTES_SENT), strlen(answer));
	free(answer);
}

TEST(requests_may_come_byte_by_byte)
{
	struct http_world *w = *state;
	static const char text[] = "\r\n" GET("/a") LAST("/b");
	char *answer;
	int sock;
	size_t i;

	serve(w);
	sock = dial(w);
	for (i = 0; i < sizeof(text) - 1; i++)
		say(w, sock, text + i, 1);
	hear(w, sock, SIZE_MAX, &answer);
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), 2);
	assert_non_null(strstr(strstr(answer, "\r\n\r\n/a"), "\r\n\r\n/b"));
	free(answer);
	close(sock);
}

TEST(head_has_the_length_and_no_body)
{
	struct http_world *w = *state;
	char *answer, *rest;

	serve(w);
	answer = ask(w, "HEAD /12345 HTTP/1.1\r\nHost: x\r\n\r\n" LAST("/b"));
	assert_non_null(strstr(answer, "Content-Length: 6\r\n"));
	rest = strstr(answer, "\r\n\r\n") + 4;
	assert_memory_equal(rest, "HTTP/1.1 200", 12);
	assert_null(strstr(answer, "/12345"));
	free(answer);
}

TEST(old_clients_are_understood)
{
	struct http_world *w = *state;
	char *answer;

	serve(w);
	answer = ask(w, "GET /a HTTP/1.0\r\n\r\n" GET("/b"));
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	assert_null(strstr(answer, "/b"));
	free(answer);
	answer = ask(w, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" LAST("/b"));
	assert_non_null(strstr(answer, "Connection: keep-alive\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\n/b"));
	free(answer);
}

/* Nothing behind a refused request is taken for a request. */
TEST(bad_requests_end_the_connection)
{
	static const struct {
		const char *text, *status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n" GET("/x"), "400 Bad Request" },
		{ "nonsense\r\n\r\n" GET("/x"), "400 Bad Request" },
		{ "GET / HTTP/3.0\r\n\r\n" GET("/x"), "505 HTTP Version" },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n" GET("/x"),
		    "413 Content Too Large" },
		{ "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "0\r\n\r\n" GET("/x"),
		    "413 Content Too Large" },
		{ "BREW / HTTP/1.1\r\nHost: x\r\n\r\n" GET("/x"),
		    "501 Not Implemented" },
	};
	struct http_world *w = *state;
	char *answer;
	size_t i;

	serve(w);
	for (i = 0; i < NELEM(cases); i++) {
		answer = ask(w, cases[i].text);
		assert_non_null(strstr(answer, cases[i].status));
		assert_int_equal(count(answer, "HTTP/1.1 "), 1);
		assert_int_equal(count(answer, "Connection: close\r\n"), 1);
		free(answer);
	}
	assert_int_equal(counter_get(&w->counters, COUNTER_BAD_REQUESTS), i);
	/* Another method's body is not read either. */
	answer = ask(
	    w, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n" GET("/x"));
	assert_int_equal(count(answer, "HTTP/1.1 200"), 1);
	assert_int_equal(count(answer, "Connection: close\r\n"), 1);
	free(answer);
}

/* The answer must not be lost in the reset that unread bytes cause. */
TEST(an_endless_head_is_answered)
{
	struct http_world *w = *state;
	char *answer, *text = malloc(1000001);

	serve(w);
	memset(text, 'x', 1000000);
	text[1000000] = '\0';
	memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
	answer = ask(w, text);
	assert_non_null(strstr(answer, "431 "));
	free(answer);
	memcpy(text, "GET /xxxxxxxxxxxxxxxxxxxxxxx", 28);
	answer = ask(w, text);
	assert_non_null(strstr(answer, "414 "));
	free(answer);
	free(text);
}

/* An answer that waits is not touched by requests of others, and is released once. */
TEST(slow_clients_get_what_they_asked_for)
{
	struct http_world *w = *state;
	int slow[3];
	char *answer, expected;
	const char *body;
	size_t i, j, len;

	serve(w);
	for (i = 0; i < 3; i++)
		slow[i] = dial(w);
	say(w, slow[0], GET("/text?A") LAST("/after"),
	    strlen(GET("/text?A") LAST("/after")));
	say(w, slow[1], LAST("/text?B"), strlen(LAST("/text?B")));
	say(w, slow[2], LAST("/big"), strlen(LAST("/big")));
	assert_int_equal(w->held, 3);
	free(ask(w, LAST("/text?C")));
	for (i = 0; i < 3; i++) {
		len = hear(w, slow[i], SIZE_MAX, &answer);
		assert_true(len > BIG);
		body = body_of(answer);
		for (j = 0; j < BIG; j++) {
			expected = i == 2 ? (char)('a' + j % 23) : (char)('A' + i);
			if (i == 2 && (j == 0 || j == BIG - 1))
				expected = j == 0 ? '<' : '>';
			if (body[j] != expected)
				fail_msg("client %zu, byte %zu", i, j);
		}
		if (i == 0)
			assert_non_null(strstr(body + BIG, "\r\n\r\n/after"));
		free(answer);
		close(slow[i]);
	}
	assert_int_equal(w->held, 0);
}

TEST(a_client_that_leaves_costs_nothing)
{
	struct http_world *w = *state;
	struct linger reset = { 1, 0 };
	char byte;
	int sock, i;

	serve(w);
	for (i = 0; i < 2; i++) {
		sock = dial(w);
		say(w, sock, GET("/big"), strlen(GET("/big")));
		assert_int_equal(w->held, 1);
		assert_int_equal(recv(sock, &byte, 1, 0), 1);
		if (i == 1)
			setsockopt(sock, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(sock);
		for (int j = 0; j < 1000 && w->held > 0; j++)
			turn(w);
		assert_int_equal(w->held, 0);
	}
	assert_int_equal(http_server_connections(w->server), 0);
}

TEST(answers_of_one_owner_can_be_ended)
{
	struct http_world *w = *state;
	int slow, idle;
	char *answer;

	serve(w);
	slow = dial(w);
	idle = dial(w);
	say(w, idle, GET("/i"), strlen(GET("/i")));
	say(w, slow, GET("/big"), strlen(GET("/big")));
	assert_int_equal(w->held, 1);
	assert_int_equal(http_server_drop(w->server, &w->held), 0);
	assert_int_equal(w->held, 1);
	assert_int_equal(http_server_drop(w->server, w), 1);
	assert_int_equal(w->held, 0);
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 1);
	assert_true(hear(w, slow, SIZE_MAX, &answer) < BIG);
	free(answer);
	assert_int_equal(http_server_connections(w->server), 1);
	close(slow);
	close(idle);
}

TEST(deadlines_end_connections)
{
	struct http_world *w = *state;
	int fresh, half, idle, stuck;
	char *answer;

	serve(w);
	fresh = dial(w);
	half = dial(w);
	idle = dial(w);
	stuck = dial(w);
	say(w, half, "GET / HTTP/1.1\r\n", 16);
	say(w, idle, GET("/i"), strlen(GET("/i")));
	say(w, stuck, GET("/big"), strlen(GET("/big")));
	pass(w, 0); /* its socket takes what it can: that is progress */
	pass(w, 7);
	say(w, half, "A: b\r\n", 6); /* another byte does not buy time */
	assert_int_equal(http_server_connections(w->server), 4);
	pass(w, 4);
	hear(w, half, SIZE_MAX, &answer);
	assert_non_null(strstr(answer, "408 Request Timeout"));
	free(answer);
	assert_int_equal(hear(w, fresh, SIZE_MAX, &answer), 0);
	free(answer);
	close(half);
	turn(w);
	assert_int_equal(http_server_connections(w->server), 2);
	pass(w, 42);
	assert_int_equal(w->held, 0);
	assert_int_equal(http_server_connections(w->server), 1);
	pass(w, 50);
	assert_int_equal(http_server_connections(w->server), 0);
	close(fresh);
	close(idle);
	close(stuck);
}

TEST(a_refused_head_has_no_body)
{
	static const char *const cases[] = { "HEAD / HTTP/1.1\r\n\r\n",
		"\r\nHEAD / HTTP/1.1\r\nHost: a:b:c\r\n\r\n", "HEAD / HTTP/3.0\r\n\r\n",
		"HEAD / HTTP/1.1\nHost: x\n\n",
		"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n",
		"HEAD / HTTP/1.1\r\nA: " /* and no end */ };
	struct http_world *w = *state;
	char *answer;
	size_t i;
	int sock;

	serve(w);
	for (i = 0; i < NELEM(cases); i++) {
		sock = dial(w);
		tell(w, sock, cases[i]);
		if (i == NELEM(cases) - 1)
			pass(w, 20);
		answer = hear_end(w, sock);
		assert_memory_equal(answer, "HTTP/1.1 ", 9);
		assert_non_null(strstr(answer, "Content-Length: "));
		assert_string_equal(body_of(answer), "");
		free(answer);
	}
}

TEST(connections_beyond_the_limit_are_refused)
{
	struct http_world *w = *state;
	int held[6], i;
	char *answer;

	serve(w);
	for (i = 0; i < 6; i++) {
		held[i] = dial(w);
		tell(w, held[i], "G"); /* else they are idle after a second */
	}
	answer = ask(w, GET("/x"));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	assert_non_null(strstr(answer, "Retry-After: 1\r\n"));
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	assert_int_equal(count(answer, "HTTP/1.1 "), 1);
	free(answer);
	close(held[0]);
	turn(w);
	answer = ask(w, LAST("/x"));
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	free(answer);
	for (i = 1; i < 6; i++)
		close(held[i]);
}

/* No descriptor left: a pause, not a loop; and then it goes on. */
TEST(running_out_of_descriptors_is_survived)
{
	struct http_world *w = *state;
	struct rlimit old, tight;
	struct sockaddr_in address = w->address;
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int next = dup(0), turns = 0;
	char *answer;
	int64_t end;

	close(next); /* the lowest free one */
	serve(w);
	turn(w);
	getrlimit(RLIMIT_NOFILE, &old);
	tight = old;
	tight.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &tight);
	(void)connect(sock, (struct sockaddr *)&address, sizeof(address));
	end = clock_boot() + NSEC_PER_SEC / 2;
	while (clock_boot() < end && turns < 100) {
		event_base_loop(w->base, EVLOOP_ONCE);
		turns++;
	}
	setrlimit(RLIMIT_NOFILE, &old);
	assert_true(turns < 10);
	assert_int_equal(http_server_connections(w->server), 0);
	pass(w, 0);
	assert_int_equal(http_server_connections(w->server), 1);
	say(w, sock, LAST("/late"), strlen(LAST("/late")));
	hear(w, sock, SIZE_MAX, &answer);
	assert_non_null(strstr(answer, "\r\n\r\n/late"));
	free(answer);
	close(sock);
}

TEST(stopping_finishes_what_is_under_way)
{
	struct http_world *w = *state;
	int idle, half, slow, unread;
	char *answer;

	serve(w);
	idle = dial(w);
	half = dial(w);
	slow = dial(w);
	unread = dial(w);
	say(w, idle, GET("/i"), strlen(GET("/i")));
	say(w, half, "GET /h HTT", 10);
	say(w, slow, GET("/big"), strlen(GET("/big")));
	/* It is in the socket, but the server has not had its turn. */
	assert_true(send(unread, GET("/u"), strlen(GET("/u")), 0) > 0);
	http_server_stop(w->server);
	http_server_stop(w->server);
	assert_int_equal(http_server_connections(w->server), 3);
	hear(w, unread, SIZE_MAX, &answer);
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\n/u"));
	free(answer);
	close(unread);
	say(w, half, "P/1.1\r\nHost: x\r\n\r\n", 18);
	hear(w, half, SIZE_MAX, &answer);
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	free(answer);
	close(half);
	assert_int_equal(w->drained, 0);
	hear(w, slow, BIG, &answer);
	free(answer);
	close(slow);
	close(idle);
	for (int i = 0; i < 100 && w->drained == 0; i++)
		turn(w);
	assert_int_equal(w->drained, 1);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
