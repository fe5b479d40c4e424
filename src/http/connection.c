/* A client's connection: bytes in, requests to the handler, answers out. */
#include "http/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/counters.h"

/* Of silence, once the peer has all that we said. */
#define LINGER_TIMEOUT (2 * NSEC_PER_SEC)

/* The functions below that return a bool say whether the connection still exists. */

void
connection_free(struct http_connection *c)
{
	struct http_server *s = c->server;

	if (c->pending != NULL) {
		http_output_done(c->pending);
		free(c->pending);
	}
	event_del(&c->read);
	event_del(&c->write);
	close(c->fd);
	buf_free(&c->saved);
	TAILQ_REMOVE(&s->connections, c, link);
	free(c->peer);
	free(c);
	server_connection_gone(s);
}

static void
connection_enter(struct http_connection *c, enum connection_state state)
{
	c->state = state;
	c->since = c->server->now;
}

/* RFC 9112 section 9.6: closes our half, goes on reading for a while. */
static bool
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

/*
 * Whether the answer to the server's request is the connection's last because of its
 * age or of the server's end. Requests that had come behind it by then (`behind` bytes
 * of them are read) are answered first: their client has no way to know that they were
 * not. Called once for each request.
 */
static bool
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

static bool
answer_sent(struct http_connection *c, bool close_after)
{
	if (close_after)
		return connection_linger(c);
	connection_enter(c, CONNECTION_IDLE);
	return true;
}

/* Moves the rest of the answer out of the server's buffers; nothing more is read until
 * it is gone, so that one client never has more than one answer waiting. */
static void
wait_for_socket(
    struct http_connection *c, const struct http_output *out, bool close_after)
{
	struct http_server *s = c->server;

	c->pending = xmalloc(sizeof(*c->pending));
	*c->pending = *out;
	http_output_keep(c->pending, &s->head, &s->response.text);
	c->close_after = close_after;
	event_del(&c->read);
	event_add(&c->write, NULL);
	connection_enter(c, CONNECTION_WRITE);
}

/* Tells the owner of the server. The clock is read once for the end of this request
 * and for the beginning of one that was sent behind it. */
static void
report(const struct http_connection *c, const struct http_request *q, bool body)
{
	struct http_server *s = c->server;
	int64_t now;
	struct http_exchange e = {
		.request = q,
		.response = &s->response,
		.body = body ? http_response_length(&s->response) : 0,
		.peer = c->peer,
	};

	if (s->options.sent == NULL)
		return;
	if (q != NULL) {
		now = clock_boot();
		e.duration = now > s->read ? now - s->read : 0;
		s->read = now;
	}
	s->options.sent(s->options.arg, &e);
}

/* Sends the server's response, which is complete. q: what it answers, or NULL. */
static bool
send_response(struct http_connection *c, const struct http_request *q, bool body)
{
	struct http_server *s = c->server;
	struct http_response *r = &s->response;
	struct http_output out;
	uint64_t sent = 0;
	enum http_progress progress;

	body &= !http_status_bodiless(r->status);
	http_response_head(r, (struct str){ s->common.data, s->common.len },
	    q != NULL && q->http10, &s->head);
	http_output_init(&out, &s->head, r, body);
	progress = http_output_send(&out, c->fd, &sent);
	counter_add(s->options.counters, COUNTER_BYTES_SENT, sent);
	report(c, q, body);
	if (progress == HTTP_PART) {
		wait_for_socket(c, &out, r->close);
		return true;
	}
	http_output_done(&out);
	if (progress == HTTP_BROKEN) {
		connection_free(c);
		return false;
	}
	return answer_sent(c, r->close);
}

/* What was read behind a refused request has no meaning any more. */
static bool
refuse(struct http_connection *c, int status, bool body)
{
	static const struct {
		int status;
		const char *detail;
	} details[] = {
		{ 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Too many connections" },
		{ 505, "HTTP Version Not Supported" },
	};
	struct http_response *r = &c->server->response;
	size_t i;

	http_response_reset(r);
	for (i = 0; i < NELEM(details); i++)
		if (details[i].status == status)
			http_response_error(r, status, details[i].detail);
	if (r->nbody == 0) {
		r->status = status;
		r->type = "text/plain; charset=utf-8";
		http_response_add(r, STR("Invalid HTTP request received."));
	}
	buf_puts(&r->fields, "Cache-Control: no-store\r\n");
	if (status == 503)
		buf_puts(&r->fields, "Retry-After: 1\r\n");
	r->close = true;
	return send_response(c, NULL, body);
}

static bool
connection_bad_request(struct http_connection *c, int status, bool body)
{
	counter_add(c->server->options.counters, COUNTER_BAD_REQUESTS, 1);
	return refuse(c, status, body);
}

/* behind: bytes that were read after the request. */
static bool
answer(struct http_connection *c, size_t behind)
{
	struct http_server *s = c->server;
	struct http_request *q = &s->request;

	if (q->has_body && q->method != HTTP_OTHER)
		return connection_bad_request(c, 413, q->method != HTTP_HEAD);
	http_response_reset(&s->response);
	s->options.handle(s->options.arg, q, &s->response);
	s->response.close |=
	    !q->keep_alive || q->has_body || connection_is_last(c, behind);
	counter_add(s->options.counters, COUNTER_REQUESTS, 1);
	return send_response(c, q, q->method != HTTP_HEAD);
}

/* Keeps what is not used yet; data is not in c->saved. */
static void
save(struct http_connection *c, const char *data, size_t len)
{
	if (len == 0) {
		buf_free(&c->saved);
		return;
	}
	buf_reset(&c->saved);
	buf_add(&c->saved, data, len);
}

/* Answers the requests in data[0, len), one after the other, and keeps the rest. */
static bool
consume(struct http_connection *c, const char *data, size_t len)
{
	struct http_server *s = c->server;

	s->read = clock_boot();
	while (
	    len > 0 && c->state != CONNECTION_WRITE && c->state != CONNECTION_LINGER) {
		switch (http_parse(
		    data, len, &s->options.limits, &c->scanned, &s->request)) {
		case HTTP_PARSE_OK:
			c->scanned = 0;
			data += s->request.head_len;
			len -= s->request.head_len;
			if (!answer(c, len))
				return false;
			break;
		case HTTP_PARSE_MORE:
			/* The deadline of a head runs from its first byte, or from
			 * accept; more bytes do not move it. */
			if (c->state == CONNECTION_IDLE)
				connection_enter(c, CONNECTION_HEAD);
			c->state = CONNECTION_HEAD;
			save(c, data, len);
			return true;
		case HTTP_PARSE_BAD:
			return connection_bad_request(c, s->request.status, true);
		}
	}
	save(c, data, c->state == CONNECTION_LINGER ? 0 : len);
	return true;
}

/* What waited goes to the server's buffer, so that parsing is done in one place. */
static size_t
restore(struct http_connection *c)
{
	if (c->saved.len > 0)
		memcpy(c->server->in, c->saved.data, c->saved.len);
	return c->saved.len;
}

static void
on_read(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct http_connection *c = arg;
	struct http_server *s = c->server;
	size_t have = restore(c);
	ssize_t n = recv(fd, s->in + have, s->in_size - have, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		connection_free(c);
	else if (c->state != CONNECTION_LINGER)
		(void)consume(c, s->in, have + (size_t)n);
}

static void
on_write(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct http_connection *c = arg;
	uint64_t sent = 0;
	enum http_progress progress = http_output_send(c->pending, fd, &sent);

	counter_add(c->server->options.counters, COUNTER_BYTES_SENT, sent);
	if (progress == HTTP_BROKEN) {
		connection_free(c);
		return;
	}
	if (sent > 0)
		c->since = c->server->now;
	if (progress == HTTP_PART)
		return;
	http_output_done(c->pending);
	free(c->pending);
	c->pending = NULL;
	event_del(&c->write);
	if (event_add(&c->read, NULL) == -1)
		connection_free(c);
	else if (answer_sent(c, c->close_after) && c->state == CONNECTION_IDLE &&
		 consume(c, c->server->in, restore(c)) &&
		 c->server->stage == SERVER_STOPPING)
		connection_stop(c); /* the head did not say that it was the last */
}

static char *
peer_of(const struct sockaddr *from)
{
	char text[NI_MAXHOST];
	socklen_t len = from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						    : sizeof(struct sockaddr_in);

	if (getnameinfo(from, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return NULL;
	return xstrdup(text);
}

static struct http_connection *
connection_alloc(struct http_server *s, int fd, const struct sockaddr *from)
{
	struct http_connection *c = xcalloc(1, sizeof(*c));
	int on = 1;

	/* Answers are written whole: waiting for more (Nagle) only costs 40 ms. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->server = s;
	c->fd = fd;
	c->born = s->now;
	if (from != NULL)
		c->peer = peer_of(from);
	connection_enter(c, CONNECTION_FRESH);
	event_assign(&c->read, s->base, fd, EV_READ | EV_PERSIST, on_read, c);
	event_assign(&c->write, s->base, fd, EV_WRITE | EV_PERSIST, on_write, c);
	TAILQ_INSERT_TAIL(&s->connections, c, link);
	s->nconnections++;
	server_count_connections(s);
	counter_add(s->options.counters, COUNTER_CONNECTIONS, 1);
	if (event_add(&c->read, NULL) == -1) {
		connection_free(c);
		return NULL;
	}
	return c;
}

void
connection_new(struct http_server *s, int fd, const struct sockaddr *from)
{
	(void)connection_alloc(s, fd, from);
}

void
connection_new_refused(struct http_server *s, int fd, const struct sockaddr *from)
{
	struct http_connection *c = connection_alloc(s, fd, from);

	if (c != NULL)
		(void)refuse(c, 503, true);
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
