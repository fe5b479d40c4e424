/* How connections end: deadlines, the last answer, and what follows it. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include "clock.h"
#include "connection.h"

/* Of silence, once the peer has all that we said. */
#define LINGER_TIMEOUT (2 * NSEC_PER_SEC)

void
connection_enter(struct http_connection *c, enum connection_state state)
{
	c->state = state;
	c->since = c->server->now;
}

bool
connection_linger(struct http_connection *c)
{
	buf_free(&c->saved);
	if (shutdown(c->fd, SHUT_WR) == -1) {
		connection_free(c);
		return false;
	}
	connection_enter(c, CONNECTION_LINGER);
	return true;
}

/* Bytes that have come and are not read yet. */
static size_t
unread(const struct http_connection *c)
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

static bool
too_old(const struct http_connection *c)
{
	int64_t limit = c->server->options.connection_age;

	return limit > 0 && c->server->now - c->born >= limit;
}

bool
connection_is_last(struct http_connection *c, size_t behind)
{
	size_t used = c->server->request.head_len;

	if (c->server->stage == SERVER_OPEN && !too_old(c))
		return false;
	if (!c->ending)
		c->owed = behind + unread(c);
	else
		c->owed -= used < c->owed ? used : c->owed;
	c->ending = true;
	return c->owed == 0;
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
		return o->idle_timeout;
	case CONNECTION_WRITE:
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

/* What has come is still to be read: we were late (stopped, suspended), not the client.
 */
static bool
is_our_turn(const struct http_connection *c)
{
	return c->state != CONNECTION_WRITE && c->state != CONNECTION_LINGER &&
	       unread(c) > 0;
}

void
connection_sweep(struct http_connection *c)
{
	if (c->state == CONNECTION_WRITE || c->state == CONNECTION_LINGER)
		note_progress(c);
	/* `since` is up to a second old when it is noted: a second of grace. */
	if (c->server->now - c->since < timeout_of(c) + NSEC_PER_SEC)
		return;
	if (is_our_turn(c))
		return;
	if (c->state == CONNECTION_HEAD)
		(void)connection_bad_request(c, 408, true);
	else
		connection_free(c);
}

void
connection_stop(struct http_connection *c)
{
	/* A request that has come is read, and answered, in its turn. */
	if (c->state != CONNECTION_IDLE || unread(c) > 0)
		return;
	/* A request that is on its way must not reset the last answer away. */
	if (unsent(c) > 0)
		(void)connection_linger(c);
	else
		connection_free(c);
}
