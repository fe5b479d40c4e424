/* Streams: what they are sent, who is too slow, and that they keep nobody waiting. */
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "fixture/http_world.h"
#include "http/server.h"
#include "shm/counters.h"
#include "unit.h"

#define KIB (size_t)1024

static void
serve_streams(struct http_world *w, size_t n)
{
	w->max_streams = n;
	w->max_connections = 2 * n;
	w->stream_behind = 1024 * KIB;
	w->after = UINT64_MAX;
	serve(w);
}

static void
broadcast(struct http_world *w, uint32_t topics, uint64_t id, struct str text)
{
	http_server_broadcast(w->server, &(struct http_message){ topics, id, 1, text });
}

/* Reads what there is, and fails unless it is this. */
static void
assert_hears(struct http_world *w, int sock, const char *text)
{
	char *heard, more;

	hear(w, sock, strlen(text), &heard);
	assert_string_equal(heard, text);
	free(heard);
	turn(w);
	assert_int_equal(recv(sock, &more, 1, MSG_DONTWAIT), -1);
}

/* A stream whose head is read. */
static int
open_stream(struct http_world *w, const char *request)
{
	int sock = dial(w);
	char *head = NULL, byte[1];
	size_t len = 0;

	tell(w, sock, request);
	head = malloc(4096);
	while (len < 4000) {
		if (recv(sock, byte, 1, 0) != 1) {
			turn(w);
			continue;
		}
		head[len++] = byte[0];
		head[len] = '\0';
		if (len > 7 && strcmp(head + len - 7, "/stream") == 0)
			break;
	}
	assert_non_null(strstr(head, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(head, "Connection: close\r\n"));
	assert_null(strstr(head, "Content-Length"));
	free(head);
	return sock;
}

static uint64_t
streams(const struct http_world *w)
{
	return counter_read(&w->counters.streams);
}

TEST(streams_are_sent_what_is_of_their_topics)
{
	struct http_world *w = *state;
	int one, both, http10;

	serve_streams(w, 3);
	broadcast(w, 1, 0, STR("nobody is there"));
	one = open_stream(w, GET("/stream?1"));
	both = open_stream(w, GET("/stream?3"));
	http10 = open_stream(w, "GET /stream?2 HTTP/1.0\r\n\r\n");
	assert_int_equal(streams(w), 3);
	broadcast(w, 1, 0, STR("a"));
	broadcast(w, 2, 0, STR("b"));
	broadcast(w, 2, 5, STR("not for those who want what is new"));
	assert_hears(w, one, "a");
	assert_hears(w, both, "ab");
	assert_hears(w, http10, "b");
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAM_EVENTS), 4);
	close(one);
	close(both);
	close(http10);
	turn(w);
	assert_int_equal(streams(w), 0);
	assert_int_equal(http_server_connections(w->server), 0);
}

TEST(a_stream_goes_on_from_an_id)
{
	struct http_world *w = *state;
	int sock;

	serve_streams(w, 1);
	w->after = 6;
	sock = open_stream(w, GET("/stream?1"));
	broadcast(w, 1, 6, STR("six"));
	broadcast(w, 1, 7, STR("seven"));
	assert_hears(w, sock, "seven");
	close(sock);
	turn(w);
}

TEST(there_are_no_more_than_may_be)
{
	struct http_world *w = *state;
	int sock[2];
	char *answer;

	serve_streams(w, 2);
	sock[0] = open_stream(w, GET("/stream?1"));
	sock[1] = open_stream(w, GET("/stream?1"));
	answer = ask(w, LAST("/stream?1"));
	assert_non_null(strstr(answer, "HTTP/1.1 503 "));
	free(answer);
	/* It is none, and the connection goes on. */
	close(sock[0]);
	turn(w);
	answer = ask(w, "HEAD /stream?1 HTTP/1.1\r\nHost: x\r\n\r\n" LAST("/a"));
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), 2);
	assert_int_equal(count(answer, "Content-Length"), 1);
	assert_string_equal(body_of(body_of(answer)), "/a");
	free(answer);
	assert_int_equal(streams(w), 1);
	close(sock[1]);
	turn(w);
}

TEST(half_of_the_connections_are_left_to_others)
{
	assert_int_equal(http_max_streams(256, 4096), 256);
	assert_int_equal(http_max_streams(4096, 4096), 2048);
	assert_int_equal(http_max_streams(256, 1), 0);
	assert_int_equal(http_max_streams(0, 4096), 0);
}

TEST(what_a_stream_says_is_thrown_away)
{
	struct http_world *w = *state;
	int sock;

	serve_streams(w, 1);
	sock = open_stream(w, GET("/stream?1") GET("/a"));
	tell(w, sock, GET("/b") "nonsense \r\n\r\n");
	broadcast(w, 1, 0, STR("a"));
	assert_hears(w, sock, "a");
	assert_int_equal(counter_get(&w->counters, COUNTER_REQUESTS), 1);
	assert_int_equal(counter_get(&w->counters, COUNTER_BAD_REQUESTS), 0);
	close(sock);
	turn(w);
}

TEST(a_stream_that_is_silent_stays_open_and_is_sent_comments)
{
	struct http_world *w = *state;
	int sock;

	serve_streams(w, 1);
	sock = open_stream(w, GET("/stream?1"));
	pass(w, 5);
	assert_hears(w, sock, "");
	pass(w, 20);
	assert_hears(w, sock, ":\n\n");
	pass(w, 1000);
	assert_hears(w, sock, ":\n\n");
	assert_int_equal(streams(w), 1);
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAM_EVENTS), 0);
	close(sock);
	turn(w);
}

/* It gets all of it, though its socket takes only a part at a time. */
TEST(a_slow_stream_gets_all)
{
	struct http_world *w = *state;
	size_t size = 512 * KIB, i;
	char *text = malloc(size), *heard;
	int sock;

	serve_streams(w, 1);
	sock = open_stream(w, GET("/stream?1"));
	for (i = 0; i < size; i++)
		text[i] = (char)('a' + i % 23);
	for (i = 0; i < 2; i++) {
		broadcast(w, 1, 0, (struct str){ text, size });
		turn(w);
	}
	assert_int_equal(hear(w, sock, 2 * size, &heard), 2 * size);
	assert_memory_equal(heard, text, size);
	assert_memory_equal(heard + size, text, size);
	free(heard);
	free(text);
	close(sock);
	turn(w);
}

TEST(one_that_is_too_far_behind_is_dropped)
{
	struct http_world *w = *state;
	size_t size = 512 * KIB;
	char *text = malloc(size), *heard;
	int slow, good;
	unsigned i;

	memset(text, 'x', size);
	serve_streams(w, 2);
	slow = open_stream(w, GET("/stream?1"));
	good = open_stream(w, GET("/stream?1"));
	for (i = 0; i < 16; i++) {
		broadcast(w, 1, 0, (struct str){ text, size });
		assert_int_equal(hear(w, good, size, &heard), size);
		free(heard);
	}
	pass(w, 0);
	assert_int_equal(streams(w), 1);
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAMS_DROPPED), 1);
	broadcast(w, 1, 0, STR("a"));
	assert_hears(w, good, "a");
	free(text);
	close(slow);
	close(good);
	turn(w);
}

TEST(one_that_does_not_read_is_dropped_in_time)
{
	struct http_world *w = *state;
	size_t size = 1000 * KIB;
	char *text = malloc(size);
	int slow, i;

	memset(text, 'x', size);
	serve_streams(w, 1);
	slow = open_stream(w, GET("/stream?1"));
	for (i = 0; i < 4; i++) {
		broadcast(w, 1, 0, (struct str){ text, size });
		turn(w);
	}
	pass(w, 20);
	pass(w, 60);
	pass(w, 60);
	assert_int_equal(streams(w), 0);
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAMS_DROPPED), 1);
	free(text);
	close(slow);
	turn(w);
}

TEST(streams_end_when_the_server_does)
{
	static void (*const ends[])(
	    struct http_server *) = { http_server_retire, http_server_stop };
	struct http_world *w = *state;
	char *rest, byte;
	int sock[2], i, k;

	for (k = 0; k < 2; k++) {
		w->drained = 0;
		serve_streams(w, 2);
		for (i = 0; i < 2; i++)
			sock[i] = open_stream(w, GET("/stream?1"));
		broadcast(w, 1, 0, STR("a"));
		for (i = 0; i < 2; i++)
			assert_hears(w, sock[i], "a");
		ends[k](w->server);
		turn(w);
		for (i = 0; i < 2; i++) {
			assert_int_equal(recv(sock[i], &byte, 1, MSG_DONTWAIT), 0);
			rest = hear_end(w, sock[i]);
			assert_string_equal(rest, "");
			free(rest);
		}
		assert_int_equal(w->drained, 1);
		assert_int_equal(streams(w), 0);
		http_server_free(&w->server);
	}
}

TEST(a_stream_ends_when_it_is_old)
{
	struct http_world *w = *state;
	char *rest;
	int sock;

	w->connection_age = 100 * NSEC_PER_SEC;
	serve_streams(w, 2);
	sock = open_stream(w, GET("/stream?1"));
	pass(w, 50);
	assert_hears(w, sock, ":\n\n");
	pass(w, 60);
	rest = hear_end(w, sock);
	free(rest);
	assert_int_equal(streams(w), 0);
}

/* A client that asks a retired server is told to come again: 200, and the end. */
TEST(a_stream_of_a_retired_server_ends_at_once)
{
	struct http_world *w = *state;
	char *answer;
	int sock;

	serve_streams(w, 2);
	sock = dial(w);
	http_server_retire(w->server);
	tell(w, sock, GET("/stream?1"));
	answer = hear_end(w, sock);
	assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
	assert_string_equal(body_of(answer), "/stream");
	free(answer);
	assert_int_equal(w->drained, 1);
}

/* Its answer waits for the socket, and what is broadcast meanwhile follows it. */
TEST(what_is_broadcast_while_the_answer_waits_follows_it)
{
	struct http_world *w = *state;
	char *heard;
	size_t len, rest;
	int sock;

	serve_streams(w, 1);
	sock = dial(w);
	tell(w, sock, GET("/stream?1x"));
	broadcast(w, 1, 0, STR("<the end>"));
	turn(w);
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAM_EVENTS), 0);
	len = hear(w, sock, BIG, &heard);
	rest = (size_t)(body_of(heard) - heard) + strlen("<the end>");
	assert_int_equal(len, BIG);
	free(heard);
	assert_int_equal(hear(w, sock, rest, &heard), rest);
	assert_string_equal(heard + rest - strlen("x<the end>"), "x<the end>");
	free(heard);
	close(sock);
	turn(w);
}

static void
note_sent(struct http_world *w, struct str path)
{
	if (str_eq(path, STR("/a")))
		*(uint64_t *)w->hook = counter_get(&w->counters, COUNTER_STREAM_EVENTS);
}

/* All of them have something to be sent; one who asks is answered before they are
 * through. */
TEST(streams_do_not_keep_requests_waiting)
{
	struct http_world *w = *state;
	enum {
		N = 400
	};
	uint64_t sent = N;
	int sock[N], client, i;

	w->on_request = note_sent;
	w->hook = &sent;
	serve_streams(w, N);
	for (i = 0; i < N; i++)
		sock[i] = open_stream(w, GET("/stream?1"));
	broadcast(w, 1, 0, STR("a"));
	client = dial_unseen(w); /* so that streams have their turn before it */
	send_unseen(client, GET("/a"));
	turn(w);
	assert_true(sent < N);
	assert_int_equal(counter_get(&w->counters, COUNTER_STREAM_EVENTS), N);
	for (i = 0; i < N; i++)
		close(sock[i]);
	close(client);
	turn(w);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
