/* Accepting, the clock of a server, and its end. */
#include "http/server.h"

#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/connection.h"
#include "http/date.h"
#include "shm/counters.h"

/* One event's worth of accepts: connections that are there have their turn too. */
#define ACCEPT_BATCH 32
/* Connections beyond the limit that may be busy being refused; then they queue. */
#define REFUSED_MAX 64
/* A poll costs up to a millisecond where thousands of connections are ready. */
#define POLL_INTERVAL_USEC 5000
/* Room for a head and for requests that were sent without waiting. */
#define PIPELINE_BYTES (16 * 1024)

static void
listen_on(struct http_server *s)
{
	size_t i;

	if (s->accepting || s->stage != SERVER_OPEN ||
	    s->nconnections >= s->options.max_connections + REFUSED_MAX)
		return;
	for (i = 0; i < s->nlisteners; i++)
		event_add(&s->listeners[i].event, NULL);
	s->accepting = true;
}

static void
listen_off(struct http_server *s)
{
	size_t i;

	for (i = 0; i < s->nlisteners; i++) {
		event_del(&s->listeners[i].event);
		event_del(&s->listeners[i].full);
	}
	s->accepting = false;
}

/* The queue stays readable while, say, no descriptor is left: without a pause the loop
 * would spin. The next tick tries again. */
static void
pause_accepting(struct http_server *s)
{
	if (!s->short_of_files)
		log_warn("accept: %zu connections open, pausing", s->nconnections);
	s->short_of_files = true;
	listen_off(s);
}

/* The next connection of the queue, or -1. from: its sa_family is set, if wanted. */
static int
accept_next(struct listener *l, struct sockaddr_storage *from)
{
	struct http_server *s = l->server;
	socklen_t len = sizeof(*from);
	bool wanted = s->options.peers;
	int sock;

	do /* over a client that has left */
		sock = accept4(event_get_fd(&l->event),
		    wanted ? (struct sockaddr *)from : NULL, wanted ? &len : NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (sock == -1 && (errno == EINTR || errno == ECONNABORTED));
	if (sock != -1)
		s->short_of_files = false;
	else if (errno != EAGAIN) /* else another reader was faster */
		pause_accepting(s);
	return sock;
}

static const struct sockaddr *
peer(const struct http_server *s, const struct sockaddr_storage *from)
{
	return s->options.peers ? (const struct sockaddr *)from : NULL;
}

/* Whether there was one, and room for it. */
static bool
accept_one(struct listener *l)
{
	struct http_server *s = l->server;
	struct sockaddr_storage from;
	int sock;

	if (s->nconnections >= s->options.max_connections) {
		event_active(&l->full, 0, 0);
		return false;
	}
	if ((sock = accept_next(l, &from)) == -1)
		return false;
	connection_new(s, sock, peer(s, &from));
	return true;
}

/*
 * Urgent every other time: who connects is taken in between the turns of two clients,
 * but an endless stream of new ones does not keep those that are there from theirs.
 */
static void
on_accept(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;
	struct http_server *s = l->server;
	int i = 0;

	l->urgent = !l->urgent;
	(void)event_priority_set(&l->event, l->urgent ? HTTP_URGENT : HTTP_CLIENTS);
	/* After a suspend a tick may be far: who connects now has not been slow. */
	s->now = clock_boot();
	while (i < ACCEPT_BATCH && s->accepting && accept_one(l))
		i++;
}

/* Runs after the events that were found together with the listener's: connections that
 * were closed before this one came make room for it first. */
static void
on_full(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;
	struct http_server *s = l->server;
	struct sockaddr_storage from;
	int sock;

	if (!s->accepting || (sock = accept_next(l, &from)) == -1)
		return;
	if (s->nconnections < s->options.max_connections)
		connection_new(s, sock, peer(s, &from));
	else
		connection_new_refused(s, sock, peer(s, &from));
	if (s->nconnections >= s->options.max_connections + REFUSED_MAX)
		listen_off(s);
}

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
		listen_on(s);
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
server_queue_turn(struct http_server *s, struct http_connection *c)
{
	if (TAILQ_EMPTY(&s->turns))
		arm_turn(s);
	TAILQ_INSERT_TAIL(&s->turns, c, turn);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;
	struct http_connection *c = TAILQ_FIRST(&s->turns);

	if (c == NULL) /* it has gone meanwhile */
		return;
	TAILQ_REMOVE(&s->turns, c, turn);
	if (!TAILQ_EMPTY(&s->turns))
		arm_turn(s);
	connection_turn(c);
}

static void
set_clock(struct http_server *s)
{
	char date[HTTP_DATE_SIZE];

	s->now = clock_boot();
	http_date(clock_wall() / NSEC_PER_SEC, date);
	buf_reset(&s->common);
	buf_printf(&s->common, "Server: %s\r\nDate: %s\r\n", s->options.name, date);
}

static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;
	struct http_connection *c, *next;

	set_clock(s);
	for (c = TAILQ_FIRST(&s->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		connection_sweep(c);
	}
	listen_on(s);
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
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	s->base = base;
	s->options = *options;
	s->in_size = options->limits.max_head + PIPELINE_BYTES;
	s->in = xmalloc(s->in_size);
	TAILQ_INIT(&s->connections);
	TAILQ_INIT(&s->turns);
	set_clock(s);
	s->listeners = xcalloc(n, sizeof(*s->listeners));
	s->nlisteners = n;
	for (i = 0; i < n; i++) {
		s->listeners[i].server = s;
		event_assign(&s->listeners[i].event, base, listeners[i],
		    EV_READ | EV_PERSIST, on_accept, &s->listeners[i]);
		event_assign(
		    &s->listeners[i].full, base, -1, 0, on_full, &s->listeners[i]);
	}
	event_assign(&s->turn, base, -1, 0, on_turn, s);
	event_assign(&s->tick, base, -1, EV_PERSIST, on_tick, s);
	(void)event_priority_set(&s->tick, HTTP_URGENT);
	event_add(&s->tick, &second);
	listen_on(s);
	return s;
}

/* What the kernel has accepted for us is nobody else's once the last copy of the
 * listening socket is closed: then it would be reset. */
static void
accept_rest(struct http_server *s)
{
	size_t i;

	s->now = clock_boot();
	for (i = 0; i < s->nlisteners; i++)
		while (s->accepting && accept_one(&s->listeners[i]))
			;
	listen_off(s);
}

void
http_server_retire(struct http_server *s)
{
	if (s->stage != SERVER_OPEN)
		return;
	accept_rest(s);
	s->stage = SERVER_RETIRED;
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
	listen_off(s);
	event_del(&s->tick);
	event_del(&s->turn);
	buf_free(&s->common);
	buf_free(&s->head);
	http_response_free(&s->response);
	free(s->listeners);
	free(s->in);
	free(s);
}
