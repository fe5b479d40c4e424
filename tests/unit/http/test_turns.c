/* Nobody waits for more than a turn of another: floods of requests, and what is urgent.
 */
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/server.h"
#include "fixture/http_world.h"
#include "shm/counters.h"
#include "unit.h"

#define FLOOD 250
#define TURN 16 /* answers, as src/http/connection.c has it */

/* What the handler has seen, and what it shall do. */
struct scene {
	unsigned flood;  /* requests for /f so far */
	unsigned before; /* of them when the ordinary client's /o came */
	unsigned others; /* requests for /o so far */
	int64_t takes;   /* nanoseconds of the server's clock for each /f */
	unsigned at;     /* the request for /f at which `act` is called; 0: never */
	void (*act)(struct http_world *);
	int sock;             /* for act */
	struct event *urgent; /* the same */
	unsigned urgent_at;   /* requests for /f when it came */
};

static void
on_request(struct http_world *w, struct str path)
{
	struct scene *scene = w->hook;

	if (str_eq(path, STR("/o"))) {
		if (scene->others++ == 0)
			scene->before = scene->flood;
		return;
	}
	take(scene->takes);
	if (++scene->flood == scene->at)
		scene->act(w);
}

static void
watch(struct http_world *w, struct scene *scene)
{
	w->hook = scene;
	w->on_request = on_request;
	serve(w);
}

static char *
flood_text(unsigned n, const char *last)
{
	static const char one[] = "HEAD /f HTTP/1.1\r\nHost: x\r\n\r\n";
	char *text = malloc(n * sizeof(one) + strlen(last) + 1), *at = text;
	unsigned i;

	for (i = 0; i < n; i++)
		at = stpcpy(at, one);
	(void)stpcpy(at, last);
	return text;
}

static void
send_flood(int sock)
{
	char *text = flood_text(FLOOD, "");

	send_unseen(sock, text);
	free(text);
}

static void
assert_flood_answered(struct http_world *w, int sock)
{
	char *answer;

	turn(w);
	shutdown(sock, SHUT_WR);
	answer = hear_end(w, sock);
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), FLOOD);
	free(answer);
}

TEST(a_flood_leaves_others_their_turn)
{
	struct http_world *w = *state;
	struct scene scene = { 0 };
	int flood[3], ordinary;
	size_t i;

	watch(w, &scene);
	for (i = 0; i < NELEM(flood); i++)
		flood[i] = dial(w);
	ordinary = dial(w);
	for (i = 0; i < NELEM(flood); i++)
		send_flood(flood[i]);
	send_unseen(ordinary, GET("/o"));
	turn(w);
	assert_int_equal(scene.others, 1);
	assert_true(scene.before <= NELEM(flood) * TURN);
	assert_int_equal(scene.flood, NELEM(flood) * FLOOD);
	for (i = 0; i < NELEM(flood); i++)
		assert_flood_answered(w, flood[i]);
	close(ordinary);
}

/* It comes when the floods are at it already: one turn of all of them, not one each. */
static void
ask_now(struct http_world *w)
{
	send_unseen(((struct scene *)w->hook)->sock, GET("/o"));
}

TEST(a_late_client_waits_for_one_turn_of_all_floods)
{
	struct http_world *w = *state;
	struct scene scene = { .at = 3 * TURN + 1, .act = ask_now };
	int flood[3];
	size_t i;

	watch(w, &scene);
	for (i = 0; i < NELEM(flood); i++)
		flood[i] = dial(w);
	scene.sock = dial(w);
	for (i = 0; i < NELEM(flood); i++)
		send_flood(flood[i]);
	turn(w);
	assert_int_equal(scene.others, 1);
	assert_true(scene.before <= scene.at + TURN);
	for (i = 0; i < NELEM(flood); i++)
		assert_flood_answered(w, flood[i]);
	close(scene.sock);
}

TEST(a_turn_ends_when_its_time_is_over)
{
	struct http_world *w = *state;
	struct scene scene = { .takes = 2 * NSEC_PER_SEC / 1000 };
	int flood, ordinary;

	watch(w, &scene);
	flood = dial(w);
	ordinary = dial(w);
	send_flood(flood);
	send_unseen(ordinary, GET("/o"));
	turn(w);
	assert_int_equal(scene.others, 1);
	assert_true(scene.before <= 1);
	assert_flood_answered(w, flood);
	close(ordinary);
}

static void
connect_now(struct http_world *w)
{
	struct scene *scene = w->hook;

	scene->sock = dial_unseen(w);
	send_unseen(scene->sock, GET("/o"));
}

TEST(who_connects_does_not_wait_for_a_flood)
{
	struct http_world *w = *state;
	struct scene scene = { .at = 1, .act = connect_now };
	int flood;

	watch(w, &scene);
	flood = dial(w);
	send_flood(flood);
	turn(w);
	assert_int_equal(scene.others, 1);
	assert_true(scene.before <= 3 * TURN);
	assert_flood_answered(w, flood);
	close(scene.sock);
}

static void
on_urgent(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct scene *scene = ((struct http_world *)arg)->hook;
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	scene->urgent_at = scene->flood;
}

static void
order_now(struct http_world *w)
{
	assert_int_equal(write(((struct scene *)w->hook)->sock, "", 1), 1);
}

static void
work(struct http_world *w, struct str path UNUSED)
{
	usleep(1000);
	on_request(w, path);
}

/* Requests of many clients, each of them short, that one poll finds together. */
TEST(an_order_does_not_wait_for_all_who_are_ready)
{
	struct http_world *w = *state;
	struct scene scene = { .at = 1, .act = order_now };
	int sock[100], pair[2];
	size_t i;

	w->max_connections = NELEM(sock);
	watch(w, &scene);
	w->on_request = work;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	scene.sock = pair[0];
	scene.urgent = event_new(w->base, pair[1], EV_READ | EV_PERSIST, on_urgent, w);
	assert_int_equal(event_priority_set(scene.urgent, HTTP_URGENT), 0);
	assert_int_equal(event_add(scene.urgent, NULL), 0);
	for (i = 0; i < NELEM(sock); i++)
		sock[i] = dial(w);
	for (i = 0; i < NELEM(sock); i++)
		send_unseen(sock[i], LAST("/f"));
	turn(w);
	assert_int_equal(scene.flood, NELEM(sock));
	assert_in_range(scene.urgent_at, 1, NELEM(sock) / 2);
	event_free(scene.urgent);
	for (i = 0; i < NELEM(sock); i++)
		close(sock[i]);
	close(pair[0]);
	close(pair[1]);
}

static void
on_stop(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	const struct http_world *w = arg;

	http_server_stop(w->server);
}

/* As a reader does: an event of its own, before the next turn. */
static void
order(struct http_world *w)
{
	event_active(((struct scene *)w->hook)->urgent, 0, 0);
	event_base_loopcontinue(w->base);
}

/* What it had sent before the stop is answered, also what still waits for its turn. */
TEST(a_stop_between_two_turns_loses_nothing)
{
	struct http_world *w = *state;
	/* In the second turn: the connection waits while the other one is answered. */
	struct scene scene = { .at = TURN + 1, .act = order };
	int flood[2], i;
	char *answer;

	watch(w, &scene);
	scene.urgent = event_new(w->base, -1, 0, on_stop, w);
	assert_int_equal(event_priority_set(scene.urgent, HTTP_URGENT), 0);
	for (i = 0; i < 2; i++)
		flood[i] = dial(w);
	for (i = 0; i < 2; i++)
		send_flood(flood[i]);
	for (i = 0; i < 2; i++) {
		answer = hear_end(w, flood[i]);
		assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), FLOOD);
		assert_int_equal(count(answer, "Connection: close\r\n"), 1);
		assert_null(
		    strstr(strstr(answer, "Connection: close\r\n"), "HTTP/1.1"));
		free(answer);
	}
	assert_int_equal(w->drained, 1);
	event_free(scene.urgent);
}

static void
drop_now(struct http_world *w)
{
	http_server_free(&w->server);
	event_base_loopbreak(w->base);
}

static void
on_order(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	drop_now(arg);
}

TEST(a_server_may_end_between_two_turns)
{
	struct http_world *w = *state;
	struct scene scene = { .at = TURN + 1, .act = order };
	int flood[2], i;

	watch(w, &scene);
	scene.urgent = event_new(w->base, -1, 0, on_order, w);
	assert_int_equal(event_priority_set(scene.urgent, HTTP_URGENT), 0);
	for (i = 0; i < 2; i++)
		flood[i] = dial(w);
	for (i = 0; i < 2; i++)
		send_flood(flood[i]);
	turn(w);
	assert_null(w->server);
	assert_true(scene.flood < FLOOD);
	event_free(scene.urgent);
	for (i = 0; i < 2; i++)
		close(flood[i]);
}

static void
reset_now(struct http_world *w)
{
	static const struct linger reset = { 1, 0 };
	int sock = ((struct scene *)w->hook)->sock;

	setsockopt(sock, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(sock);
}

TEST(a_client_may_leave_between_two_turns)
{
	struct http_world *w = *state;
	/* The first one leaves while the second one is answered. */
	struct scene scene = { .at = TURN + 1, .act = reset_now };
	int other;

	watch(w, &scene);
	scene.sock = dial(w);
	other = dial(w);
	send_flood(scene.sock);
	send_flood(other);
	turn(w);
	assert_int_equal(http_server_connections(w->server), 1);
	assert_flood_answered(w, other);
}

static void
be_late(struct http_world *w UNUSED)
{
	usleep(1200000);
	take(1000 * NSEC_PER_SEC);
}

TEST(no_deadline_runs_while_a_client_waits_for_its_turn)
{
	struct http_world *w = *state;
	struct scene scene = { .at = TURN + 1, .act = be_late };
	int flood[2], i;

	watch(w, &scene);
	for (i = 0; i < 2; i++)
		flood[i] = dial(w);
	for (i = 0; i < 2; i++)
		send_flood(flood[i]);
	for (i = 0; i < 2; i++)
		assert_flood_answered(w, flood[i]);
}

/* The rest that waits for a turn may be half a head: its deadline is that of a head. */
TEST(half_a_head_behind_a_turn_is_waited_for)
{
	struct http_world *w = *state;
	struct scene scene = { 0 };
	char *text = flood_text(TURN, "GET /o HTTP"), *answer;
	int sock;

	watch(w, &scene);
	sock = dial(w);
	tell(w, sock, text);
	assert_int_equal(scene.flood, TURN);
	pass(w, 7);
	tell(w, sock, "/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	answer = hear_end(w, sock);
	assert_int_equal(count(answer, "HTTP/1.1 200 OK\r\n"), TURN + 1);
	free(answer);
	free(text);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
