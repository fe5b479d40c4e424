/* The memory that answers take while they wait: bounded, at the cost of the slowest. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "fixture/http_world.h"
#include "http/server.h"
#include "shm/counters.h"
#include "unit.h"

static uint64_t
pinned(const struct http_world *w)
{
	return counter_read(&w->counters.pinned);
}

/* It asks for an answer that was made for it, and does not read. */
static int
ask_and_wait(struct http_world *w)
{
	int sock = dial(w);

	tell(w, sock, GET("/text?A"));
	return sock;
}

static bool
gets_all_of_it(struct http_world *w, int sock)
{
	char *answer;
	size_t len = hear(w, sock, BIG + 100, &answer);

	free(answer);
	close(sock);
	turn(w);
	return len > BIG;
}

TEST(clients_that_do_not_read_are_cut_off)
{
	struct http_world *w = *state;
	int sock[20];
	size_t i;

	w->max_connections = NELEM(sock);
	w->body_memory = 2 * BIG;
	serve(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = ask_and_wait(w);
		assert_true(pinned(w) <= w->body_memory);
	}
	assert_true(pinned(w) > 0);
	assert_true(http_server_connections(w->server) < NELEM(sock));
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED) +
			     http_server_connections(w->server),
	    NELEM(sock));
	assert_false(gets_all_of_it(w, sock[0]));
	assert_true(gets_all_of_it(w, sock[NELEM(sock) - 1]));
	for (i = 1; i < NELEM(sock) - 1; i++)
		close(sock[i]);
	pass(w, 0);
	assert_int_equal(pinned(w), 0);
}

/* The first to ask, but it reads. */
TEST(who_makes_progress_is_spared)
{
	struct http_world *w = *state;
	char *piece;
	int sock[3]; /* reads, stands still, the newest */
	size_t len = 0, i;
	uint64_t sent;

	w->body_memory = 2 * BIG;
	w->pins = BIG;
	serve(w);
	for (i = 0; i < 2; i++) {
		sock[i] = dial(w);
		tell(w, sock[i], GET("/big"));
	}
	pass(w, 0); /* their sockets take what they can: that is progress */
	pass(w, 2);
	sent = counter_get(&w->counters, COUNTER_BYTES_SENT);
	while (counter_get(&w->counters, COUNTER_BYTES_SENT) == sent) {
		len += hear(w, sock[0], 65536, &piece);
		free(piece);
	}
	assert_int_equal(w->held, 2);
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 0);
	sock[2] = dial(w);
	tell(w, sock[2], GET("/big"));
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 1);
	assert_false(gets_all_of_it(w, sock[1]));
	assert_true(len + hear(w, sock[0], BIG + 100 - len, &piece) > BIG);
	free(piece);
	assert_true(gets_all_of_it(w, sock[2]));
	close(sock[0]);
}

TEST(one_answer_may_always_wait)
{
	struct http_world *w = *state;
	int sock;

	w->body_memory = 1000;
	serve(w);
	sock = ask_and_wait(w);
	assert_true(pinned(w) > w->body_memory);
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 0);
	assert_true(gets_all_of_it(w, sock));
}

/* What several wait for is one thing, and what is kept anyhow is none. */
TEST(what_would_be_there_anyhow_costs_nobody_his_answer)
{
	struct http_world *w = *state;
	int sock[5], i;

	w->body_memory = BIG;
	serve(w);
	w->owners = 10 * BIG;
	for (i = 0; i < 5; i++) {
		sock[i] = dial(w);
		tell(w, sock[i], GET("/big"));
	}
	pass(w, 0);
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 0);
	for (i = 0; i < 5; i++)
		assert_true(gets_all_of_it(w, sock[i]));
}

/* A generation gets a successor while its answers wait: the tick finds it. */
TEST(what_is_pinned_later_is_found)
{
	struct http_world *w = *state;
	int sock[3], i;

	w->body_memory = 2 * BIG;
	serve(w);
	for (i = 0; i < 3; i++) {
		sock[i] = dial(w);
		tell(w, sock[i], GET("/big"));
	}
	w->pins = BIG;
	w->owners = 3 * BIG;
	pass(w, 0);
	assert_int_equal(counter_get(&w->counters, COUNTER_CLIENTS_DROPPED), 1);
	assert_int_equal(pinned(w), 2 * BIG);
	for (i = 0; i < 3; i++)
		assert_int_equal(gets_all_of_it(w, sock[i]), i > 0);
}

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
