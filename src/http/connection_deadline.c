/* When a connection has to end: its client is slow, or the server stops. What we are
 * late with ourselves is never held against a client. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/stream.h"
#include "shm/counters.h"

/* Of silence, once the peer has all that we said. */
#define LINGER_TIMEOUT (2 * NSEC_PER_SEC)

size_t
connection_unread(const struct http_connection *c)
{
	int n;

	return ioctl(c->fd, FIONREAD, &n) == -1 || n < 0 ? 0 : (size_t)n;
}

/* Bytes that the peer has not acknowledged yet, our FIN included; -1: unknown. */
static int
unsent(const struct http_connection *c)
{
	int n;

	return ioctl(c->fd, SIOCOUTQ, &n) == -1 ? -1 : n;
}

static int64_t
timeout_of(const struct http_connection *c)
{
	const struct http_options *o = &c->server->options;

	switch (c->state) {
	case CONNECTION_FRESH:
		return c->server->stage == SERVER_STOPPING ? NSEC_PER_SEC
							   : o->head_timeout;
	case CONNECTION_HEAD:
		return o->head_timeout;
	case CONNECTION_IDLE:
	case CONNECTION_TURN: /* which is ours to end */
		return o->idle_timeout;
	case CONNECTION_WRITE:
	case CONNECTION_SEND:
	case CONNECTION_STREAM: /* which never ends for its silence */
	case CONNECTION_BEHIND:
		return o->write_timeout;
	case CONNECTION_LINGER:
		break;
	}
	return c->queued > 0 ? o->write_timeout : LINGER_TIMEOUT;
}

/* The socket becomes writable only when a third of its buffer is free: on the way there
 * a slow reader is told from one that has stopped by what is not acknowledged yet. */
static void
note_progress(struct http_connection *c)
{
	int queued = unsent(c);

	if (queued == -1 || queued == c->queued)
		return;
	c->queued = queued;
	c->since = c->server->now;
}

/* What has come is still to be read, or to be answered: we were late (stopped,
 * suspended, busy), not the client. */
static bool
is_our_turn(const struct http_connection *c)
{
	if (c->state == CONNECTION_TURN || c->state == CONNECTION_SEND)
		return true;
	return c->state != CONNECTION_WRITE && c->state != CONNECTION_LINGER &&
	       connection_unread(c) > 0;
}

void
connection_sweep(struct http_connection *c)
{
	if (c->state == CONNECTION_WRITE || c->state == CONNECTION_LINGER ||
	    c->state == CONNECTION_BEHIND)
		note_progress(c);
	if (c->state == CONNECTION_STREAM || c->state == CONNECTION_BEHIND) {
		stream_sweep(c);
		return;
	}
	/* `since` is up to a second old when it is noted: a second of grace. */
	if (c->server->now - c->since < timeout_of(c) + NSEC_PER_SEC)
		return;
	if (is_our_turn(c))
		return;
	if (c->state == CONNECTION_HEAD)
		(void)connection_bad_request(c, 408, NULL,
		    !http_is_head((struct str){ c->saved.data, c->saved.len }));
	else
		connection_free(c);
}

bool
connection_is_idle(const struct http_connection *c)
{
	bool silent =
	    c->state == CONNECTION_IDLE ||
	    (c->state == CONNECTION_FRESH && c->server->now - c->since >= NSEC_PER_SEC);

	return silent && connection_unread(c) == 0;
}

/* A request that is on its way sees an end, not a reset: it was not served, and may be
 * repeated (RFC 9112 section 9.3.1). */
void
connection_shed(struct http_connection *c)
{
	counter_add(c->server->options.counters, COUNTER_CONNECTIONS_SHED, 1);
	connection_give_up_place(c);
	(void)connection_linger(c);
}

void
connection_stop(struct http_connection *c)
{
	/* A request that has come is read, and answered, in its turn. */
	if (c->state != CONNECTION_IDLE || connection_unread(c) > 0)
		return;
	/* A request that is on its way must not reset the last answer away. */
	if (unsent(c) > 0)
		(void)connection_linger(c);
	else
		connection_free(c);
}
