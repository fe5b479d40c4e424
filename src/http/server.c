/* What the connections of a server have in common: its clock, their turns, its end. */
#include "http/server.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/connection.h"
#include "http/date.h"
#include "http/stream.h"
#include "shm/counters.h"

/* A poll costs up to a millisecond where thousands of connections are ready. */
#define POLL_INTERVAL_USEC 5000
/* Room for a head and for requests that were sent without waiting. */
#define PIPELINE_BYTES (16 * 1024)

void
server_count_connections(struct http_server *s)
{
	atomic_store_explicit(
	    &s->options.counters->connections, s->nconnections, memory_order_relaxed);
}

static void
tell_if_drained(struct http_server *s)
{
	if (s->stage != SERVER_OPEN && s->nconnections == 0 &&
	    s->options.drained != NULL)
		s->options.drained(s->options.arg);
}

void
server_connection_gone(struct http_server *s)
{
	s->nconnections--;
	server_count_connections(s);
	if (!s->accepting && !s->short_of_files)
		accept_on(s);
	tell_if_drained(s);
}

/* Due only after the next poll, and behind what that one finds: however many wait for
 * their turn, all of them together get one between those who ask one thing at a time.
 */
static void
arm_turn(struct http_server *s)
{
	static const struct timeval at_once;

	event_add(&s->turn, &at_once);
}

void
server_queue_turn(struct http_connection *c, enum connection_state state)
{
	if (TAILQ_EMPTY(&c->server->turns))
		arm_turn(c->server);
	connection_enter(c, state);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;
	struct http_connection *c = TAILQ_FIRST(&s->turns);

	if (c == NULL) /* it has gone meanwhile */
		return;
	if (TAILQ_NEXT(c, queue) != NULL)
		arm_turn(s);
	connection_turn(c);
}

void
server_begin_response(struct http_server *s)
{
	int64_t date = clock_wall() / NSEC_PER_SEC;
	char text[HTTP_DATE_SIZE];

	http_response_reset(&s->response);
	if (s->common.len > 0 && date == s->response.date)
		return;
	s->response.date = date;
	http_date(date, text);
	buf_reset(&s->common);
	buf_printf(&s->common,
	    "Server: %s\r\nDate: %s\r\nX-Content-Type-Options: nosniff\r\n%s",
	    s->options.name, text, s->options.fields != NULL ? s->options.fields : "");
}

static void
tell_of_cuts(struct http_server *s)
{
	if (s->cut > 0)
		log_warnx("%zu slow clients were cut off: their answers took more than "
			  "%zu bytes of memory",
		    s->cut, s->options.body_memory);
	s->cut = 0;
}

static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;
	struct http_connection *c, *next;

	s->now = clock_boot();
	s->sweeping = true;
	for (c = TAILQ_FIRST(&s->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		connection_sweep(c);
	}
	s->sweeping = false;
	stream_tick(s);
	pinned_bound(s, NULL);
	tell_of_cuts(s);
	accept_on(s);
}

static struct event_base *
base_of(struct event_config *config)
{
	static const struct timeval interval = { 0, POLL_INTERVAL_USEC };
	struct event_base *base;

	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == -1 ||
	    event_config_set_max_dispatch_interval(
		config, &interval, -1, HTTP_CLIENTS) == -1 ||
	    (base = event_base_new_with_config(config)) == NULL)
		return NULL;
	if (event_base_priority_init(base, HTTP_PRIORITIES) == -1) {
		event_base_free(base);
		return NULL;
	}
	return base;
}

struct event_base *
http_base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		return NULL;
	base = base_of(config);
	event_config_free(config);
	return base;
}

struct http_server *
http_server_new(struct event_base *base, const struct http_options *options,
    const int *listeners, size_t n)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	struct timeval second = { 1, 0 };

	signal(SIGPIPE, SIG_IGN);
	s->base = base;
	s->options = *options;
	s->in_size = options->limits.max_head + PIPELINE_BYTES;
	s->in = xmalloc(s->in_size);
	TAILQ_INIT(&s->connections);
	TAILQ_INIT(&s->idle);
	TAILQ_INIT(&s->turns);
	TAILQ_INIT(&s->excess);
	s->now = clock_boot();
	accept_init(s, listeners, n);
	stream_init(s);
	event_assign(&s->turn, base, -1, 0, on_turn, s);
	event_assign(&s->tick, base, -1, EV_PERSIST, on_tick, s);
	(void)event_priority_set(&s->tick, HTTP_URGENT);
	event_add(&s->tick, &second);
	accept_on(s);
	return s;
}

void
http_server_retire(struct http_server *s)
{
	if (s->stage != SERVER_OPEN)
		return;
	accept_rest(s);
	s->stage = SERVER_RETIRED;
	stream_end_all(s);
	tell_if_drained(s);
}

void
http_server_stop(struct http_server *s)
{
	struct http_connection *c, *next;
	bool was_open = s->stage == SERVER_OPEN;

	if (s->stage == SERVER_STOPPING)
		return;
	if (was_open)
		accept_rest(s);
	s->stage = SERVER_STOPPING;
	stream_end_all(s);
	if (was_open)
		tell_if_drained(s);
	for (c = TAILQ_FIRST(&s->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		connection_stop(c);
	}
}

size_t
http_server_drop(struct http_server *s, const void *owner)
{
	struct http_connection *c, *next;
	size_t n = 0;

	for (c = TAILQ_FIRST(&s->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->pending == NULL || c->pending->owner != owner)
			continue;
		connection_free(c);
		n++;
	}
	counter_add(s->options.counters, COUNTER_CLIENTS_DROPPED, n);
	return n;
}

size_t
http_server_connections(const struct http_server *s)
{
	return s->nconnections;
}

void
http_server_free(struct http_server **sp)
{
	struct http_server *s = *sp;
	struct http_connection *c;

	*sp = NULL;
	if (s == NULL)
		return;
	s->stage = SERVER_STOPPING;
	s->options.drained = NULL;
	while ((c = TAILQ_FIRST(&s->connections)) != NULL)
		connection_free(c);
	accept_free(s);
	stream_free(s);
	event_del(&s->tick);
	event_del(&s->turn);
	buf_free(&s->common);
	buf_free(&s->head);
	http_response_free(&s->response);
	free(s->in);
	free(s);
}
