/* Bodies that are made while they are sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
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

/* Two long answers: act() is called when the second is asked for, while the first waits
 * for its turn. */
struct pair {
	int sock[2];
	unsigned asked;
	void (*act)(struct http_world *);
	struct event *urgent;
};

static void
on_second(struct http_world *w, struct str path UNUSED)
{
	struct pair *p = w->hook;

	if (++p->asked == 2)
		p->act(w);
}

static void
ask_both(struct http_world *w, struct pair *p)
{
	serve(w);
	w->on_request = on_second;
	w->hook = p;
	for (size_t i = 0; i < NELEM(p->sock); i++)
		p->sock[i] = dial(w);
	for (size_t i = 0; i < NELEM(p->sock); i++)
		send_unseen(p->sock[i], LAST("/made"));
}

static void
leave(struct http_world *w)
{
	static const struct linger reset = { 1, 0 };
	int sock = ((struct pair *)w->hook)->sock[0];

	setsockopt(sock, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(sock);
}

TEST(a_client_may_leave_before_its_turn)
{
	struct http_world *w = *state;
	struct pair p = { .act = leave };
	char *answer;

	ask_both(w, &p);
	turn(w);
	assert_int_equal(http_server_connections(w->server), 1);
	assert_int_equal(w->sources, 1);
	answer = hear_end(w, p.sock[1]);
	assert_int_equal(strlen(body_of(answer)), BIG);
	free(answer);
}

static void
be_late(struct http_world *w UNUSED)
{
	usleep(1200000);
	take(1000 * NSEC_PER_SEC);
}

TEST(no_deadline_runs_while_an_answer_waits_for_its_turn)
{
	struct http_world *w = *state;
	struct pair p = { .act = be_late };
	char *answer;

	ask_both(w, &p);
	for (size_t i = 0; i < NELEM(p.sock); i++) {
		answer = hear_end(w, p.sock[i]);
		assert_int_equal(strlen(body_of(answer)), BIG);
		free(answer);
	}
}

static void
on_order(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_world *w = arg;

	http_server_free(&w->server);
	event_base_loopbreak(w->base);
}

/* As a reader does: an event of its own, before the next turn. */
static void
order(struct http_world *w)
{
	event_active(((struct pair *)w->hook)->urgent, 0, 0);
	event_base_loopcontinue(w->base);
}

TEST(a_server_may_end_while_answers_wait_for_their_turn)
{
	struct http_world *w = *state;
	struct pair p = { .act = order };

	p.urgent = event_new(w->base, -1, 0, on_order, w);
	assert_int_equal(event_priority_set(p.urgent, HTTP_URGENT), 0);
	ask_both(w, &p);
	turn(w);
	assert_null(w->server);
	assert_int_equal(w->sources, 0);
	assert_true(w->made < BIG);
	event_free(p.urgent);
	for (size_t i = 0; i < NELEM(p.sock); i++)
		close(p.sock[i]);
}

UNIT_FIXTURE(.group_setup = http_world_clock, .group_teardown = http_world_clock_end,
    .setup = http_world_setup, .teardown = http_world_teardown);
