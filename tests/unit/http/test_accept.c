/* Accepting: what is left to other processes, and who is refused. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "http/server.h"
#include "fixture/http_world.h"
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

/* They do not close, nor does the server until they have had time to read. */
TEST(everyone_beyond_the_limit_is_told)
{
	struct http_world *w = *state;
	int held[2], sock[150];
	size_t i;

	w->max_connections = NELEM(held);
	serve(w);
	for (i = 0; i < NELEM(held); i++)
		held[i] = dial(w);
	for (i = 0; i < NELEM(sock); i++) {
		sock[i] = dial(w);
		assert_refused(w, sock[i]);
	}
	assert_int_equal(http_server_connections(w->server), NELEM(held) + 64);
	for (i = 0; i < NELEM(held); i++) {
		tell(w, held[i], LAST("/a"));
		free(hear_end(w, held[i]));
	}
	for (i = 0; i < NELEM(sock); i++)
		close(sock[i]);
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
		held[i] = dial(w);
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

UNIT_FIXTURE(.setup = http_world_setup, .teardown = http_world_teardown,
    .group_setup = http_world_clock, .group_teardown = http_world_clock_end);
