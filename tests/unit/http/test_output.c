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

static void
discard(int sock)
{
	static char in[PIECE];

	while (recv(sock, in, sizeof(in), MSG_DONTWAIT) > 0)
		;
}

static void
note_made(struct http_world *w, struct str path)
{
	if (str_eq(path, STR("/o")))
		*(size_t *)w->hook = w->made;
}

/* However many sockets have become writable. */
TEST(long_answers_have_one_turn_together)
{
	struct http_world *w = *state;
	int long_one[5], ordinary;
	size_t i, before, seen = 0;

	serve(w);
	for (i = 0; i < NELEM(long_one); i++)
		tell(w, long_one[i] = dial(w), GET("/made"));
	ordinary = dial(w);
	before = w->made;
	w->on_request = note_made;
	w->hook = &seen;
	for (i = 0; i < NELEM(long_one); i++)
		discard(long_one[i]);
	send_unseen(ordinary, GET("/o"));
	turn(w);
	assert_in_range(seen, before, before + TURN + PIECE);
	assert_true(w->made > before + TURN);
	for (i = 0; i < NELEM(long_one); i++)
		close(long_one[i]);
	close(ordinary);
	turn(w);
	assert_int_equal(w->sources, 0);
}

struct stream {
	int asks, reads;
	unsigned asked;
};

/* The next request is there as soon as one is read, and the other client reads. */
static void
ask_on(struct http_world *w, struct str path)
{
	struct stream *s = w->hook;

	if (!str_eq(path, STR("/o")))
		return;
	discard(s->asks);
	discard(s->reads);
	if (w->made < BIG && s->asked++ < 1000)
		send_unseen(s->asks, GET("/o"));
}

TEST(an_endless_stream_of_requests_keeps_no_long_answer_from_its_turn)
{
	struct http_world *w = *state;
	struct stream s = { 0 };

	serve(w);
	tell(w, s.reads = dial(w), GET("/made"));
	s.asks = dial(w);
	w->on_request = ask_on;
	w->hook = &s;
	send_unseen(s.asks, GET("/o"));
	turn(w);
	assert_int_equal(w->made, BIG);
	assert_in_range(s.asked, 1, 100);
	close(s.asks);
	close(s.reads);
	turn(w);
}

UNIT_FIXTURE(.group_setup = http_world_clock, .group_teardown = http_world_clock_end,
    .setup = http_world_setup, .teardown = http_world_teardown);
