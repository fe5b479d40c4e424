/* Bodies that are made while they are sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture/http_world.h"
#include "unit.h"

#define TURN (size_t)(256 * 1024) /* and a piece, at most */
#define PIECE (size_t)(64 * 1024)

TEST(what_is_made_arrives_whole)
{
	struct http_world *w = *state;
	const char *body;
	char *answer, length[50];

	serve(w);
	answer = ask(w, LAST("/made"));
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", BIG);
	assert_non_null(strstr(answer, length));
	body = body_of(answer);
	assert_int_equal(strlen(body), BIG);
	for (size_t i = 0; i < BIG; i++)
		if (body[i] != (char)('a' + i % 23))
			fail_msg("byte %zu is '%c'", i, body[i]);
	free(answer);
	assert_int_equal(w->made, BIG);
	assert_int_equal(w->sources, 0);
}

TEST(nothing_is_made_for_a_head)
{
	struct http_world *w = *state;
	char *answer, length[50];

	serve(w);
	answer = ask(w, "HEAD /made HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", BIG);
	assert_non_null(strstr(answer, length));
	free(answer);
	assert_int_equal(w->made, 0);
	assert_int_equal(w->sources, 0);
}

/* A client that does not read has its socket's buffers full, and one piece waits. */
TEST(a_slow_client_keeps_one_piece)
{
	struct http_world *w = *state;
	uint64_t sent, pinned;
	int sock;

	serve(w);
	sock = dial(w);
	tell(w, sock, GET("/made"));
	pass(w, 0);
	sent = counter_get(&w->counters, COUNTER_BYTES_SENT);
	assert_in_range(w->made, 1, sent + PIECE);
	assert_true(w->made < BIG);
	pinned = counter_read(&w->counters.pinned);
	assert_in_range(pinned, PIECE + 1000, PIECE + 2000);
	close(sock);
	pass(w, 0);
	assert_int_equal(w->sources, 0);
	assert_int_equal(counter_read(&w->counters.pinned), 0);
}

/* Whether or not the socket would take more. */
static void
assert_little_was_made(struct http_world *w, struct str path)
{
	size_t *before = w->hook;

	if (str_eq(path, STR("/made")))
		*before = w->made;
	else
		assert_in_range(w->made - *before, 1, 2 * TURN + PIECE);
}

TEST(others_have_their_turn_meanwhile)
{
	struct http_world *w = *state;
	size_t before = 0;
	int sock[2];
	char *answer;

	w->on_request = assert_little_was_made;
	w->hook = &before;
	serve(w);
	sock[0] = dial(w);
	sock[1] = dial(w);
	assert_int_equal(
	    send(sock[0], GET("/made"), strlen(GET("/made")), 0), strlen(GET("/made")));
	assert_int_equal(
	    send(sock[1], LAST("/1"), strlen(LAST("/1")), 0), strlen(LAST("/1")));
	answer = hear_end(w, sock[1]);
	assert_string_equal(body_of(answer), "/1");
	free(answer);
	close(sock[0]);
	turn(w);
}

UNIT_FIXTURE(.group_setup = http_world_clock, .group_teardown = http_world_clock_end,
    .setup = http_world_setup, .teardown = http_world_teardown);
