/* Accepting: not more than there is room for (idle ones make room), not more than other
 * processes that have the same listening sockets, and without keeping clients that are
 * there waiting. */
#include <sys/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/connection.h"

/* One event's worth of accepts: connections that are there have their turn too. */
#define ACCEPT_BATCH 32
/* Connections beyond the limit that may be on their way out. */
#define EXCESS_MAX 64
/* How many that seem idle are looked at for one that is: the others have requests that
 * came in this very moment. */
#define IDLE_LOOKS 32
/* The others need no longer to wake up. */
#define CROWDED_PAUSE_USEC 1000

void
accept_on(struct http_server *s)
{
	size_t i;

	if (s->accepting || s->stage != SERVER_OPEN)
		return;
	for (i = 0; i < s->nlisteners; i++)
		event_add(&s->listeners[i].event, NULL);
	s->accepting = true;
}

void
accept_off(struct http_server *s)
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
	accept_off(s);
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

static bool
is_full(const struct http_server *s)
{
	return s->nconnections - s->nexcess >= s->options.max_connections;
}

/* An end that begins now is worth more than the rest of a patience with the one that
 * has been ending the longest, and does not close. */
static void
make_room_for_excess(struct http_server *s)
{
	struct http_connection *c = TAILQ_FIRST(&s->excess);

	if (s->nexcess < EXCESS_MAX)
		return;
	/* What is left unread makes a close a reset, which overtakes the answer. */
	(void)recv(c->fd, s->in, s->in_size, 0);
	connection_free(c);
}

/* Whether there was one. */
static bool
shed_idle(struct http_server *s)
{
	struct http_connection *c;
	unsigned looks = 0;

	TAILQ_FOREACH (c, &s->idle, queue) {
		if (looks++ == IDLE_LOOKS)
			break;
		if (!connection_is_idle(c))
			continue;
		make_room_for_excess(s);
		connection_shed(c);
		return true;
	}
	return false;
}

/* A new client, whether there is room or not. */
static void
take_client(struct listener *l, int sock, const struct sockaddr *from)
{
	struct http_server *s = l->server;

	if (!is_full(s) || shed_idle(s)) {
		connection_new(l, sock, from);
		return;
	}
	make_room_for_excess(s);
	connection_new_refused(l, sock, from);
}

/* Whether there was one, and room for it. */
static bool
accept_one(struct listener *l)
{
	struct http_server *s = l->server;
	struct sockaddr_storage from;
	int sock;

	if (is_full(s)) {
		event_active(&l->full, 0, 0);
		return false;
	}
	if ((sock = accept_next(l, &from)) == -1)
		return false;
	connection_new(l, sock, peer(s, &from));
	return true;
}

/* Whoever else has the listening sockets may take what waits. */
static bool
leave_to_others(struct http_server *s)
{
	static const struct timeval pause = { 0, CROWDED_PAUSE_USEC };

	if (s->options.crowded == NULL || !s->options.crowded(s->options.arg))
		return false;
	accept_off(s);
	event_add(&s->crowded, &pause);
	return true;
}

static void
on_crowded(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	accept_on(arg);
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
	while (i < ACCEPT_BATCH && s->accepting && !leave_to_others(s) && accept_one(l))
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
	int sock, i;

	for (i = 0; i < ACCEPT_BATCH && s->accepting; i++) {
		if ((sock = accept_next(l, &from)) == -1)
			break;
		take_client(l, sock, peer(s, &from));
	}
}

void
accept_rest(struct http_server *s)
{
	size_t i;

	s->now = clock_boot();
	if (!s->short_of_files)
		accept_on(s);
	for (i = 0; i < s->nlisteners; i++)
		while (s->accepting && accept_one(&s->listeners[i]))
			;
	accept_off(s);
}

void
accept_init(struct http_server *s, const int *listeners, size_t n)
{
	struct listener *l;
	size_t i;

	s->listeners = xcalloc(n, sizeof(*s->listeners));
	s->nlisteners = n;
	for (i = 0; i < n; i++) {
		l = &s->listeners[i];
		l->server = s;
		event_assign(&l->event, s->base, listeners[i], EV_READ | EV_PERSIST,
		    on_accept, l);
		event_assign(&l->full, s->base, -1, 0, on_full, l);
	}
	event_assign(&s->crowded, s->base, -1, 0, on_crowded, s);
	(void)event_priority_set(&s->crowded, HTTP_URGENT);
}

void
accept_free(struct http_server *s)
{
	accept_off(s);
	event_del(&s->crowded);
	free(s->listeners);
}
