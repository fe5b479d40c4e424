/* A client's connection: bytes in, requests to the handler, answers out. */
#include "http/connection.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/stream.h"
#include "shm/counters.h"

/* What a connection may use of the loop before others have their turn, whichever comes
 * first. An answer is not cut short: the last one may take longer. */
#define TURN_ANSWERS 16
#define TURN_NSEC (NSEC_PER_SEC / 1000)

/* The functions below that return a bool say whether the connection still exists. */

void
connection_drop_pending(struct http_connection *c)
{
	if (c->pending == NULL)
		return;
	c->server->copied -= c->pending->copied;
	http_output_done(c->pending);
	free(c->pending);
	c->pending = NULL;
}

void
connection_free(struct http_connection *c)
{
	struct http_server *s = c->server;

	connection_drop_pending(c);
	connection_unqueue(c);
	s->nexcess -= c->excess;
	event_del(&c->read);
	event_del(&c->write);
	close(c->fd);
	buf_free(&c->saved);
	stream_forget(c);
	TAILQ_REMOVE(&s->connections, c, link);
	free(c->peer);
	free(c);
	server_connection_gone(s);
}

bool
connection_linger(struct http_connection *c)
{
	buf_free(&c->saved);
	event_del(&c->write);
	if (shutdown(c->fd, SHUT_WR) == -1) {
		connection_free(c);
		return false;
	}
	connection_enter(c, CONNECTION_LINGER);
	stream_forget(c);
	return true;
}

bool
connection_is_old(const struct http_connection *c)
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

	if (c->server->stage == SERVER_OPEN && !connection_is_old(c))
		return false;
	if (!c->ending)
		c->owed = behind + connection_unread(c);
	else
		c->owed -= used < c->owed ? used : c->owed;
	c->ending = true;
	return c->owed == 0;
}

static bool
answer_sent(struct http_connection *c, bool close_after)
{
	if (c->stream != NULL)
		return stream_open(c);
	if (close_after)
		return connection_linger(c);
	connection_enter(c, CONNECTION_IDLE);
	return true;
}

/* The rest of the answer leaves when the socket takes more, or in its turn. */
static void
wait_to_send(struct http_connection *c, enum http_progress progress)
{
	if (progress == HTTP_TURN) {
		server_queue_turn(c, CONNECTION_SEND);
		return;
	}
	event_add(&c->write, NULL);
	connection_change(c, CONNECTION_WRITE);
}

/* Moves the rest of the answer out of the server's buffers; nothing more is read until
 * it is gone, so that one client never has more than one answer waiting. */
static void
keep_rest(struct http_connection *c, const struct http_output *out, bool close_after)
{
	struct http_server *s = c->server;

	c->pending = xmalloc(sizeof(*c->pending));
	*c->pending = *out;
	http_output_keep(c->pending, &s->head, &s->response.text);
	s->copied += c->pending->copied;
	c->close_after = close_after;
	c->since = s->now;
	event_del(&c->read);
	pinned_bound(s, c);
}

/* Tells the owner of the server. The clock is read once for the end of this request,
 * for the beginning of one that was sent behind it, and for the connection's turn. */
static void
report(const struct http_connection *c, const struct http_request *q, bool body)
{
	struct http_server *s = c->server;
	int64_t now = clock_boot();
	struct http_exchange e = {
		.request = q,
		.response = &s->response,
		.body = body ? http_response_length(&s->response) : 0,
		.peer = c->peer,
	};

	if (!s->response.refused)
		e.duration = now > s->read ? now - s->read : 0;
	s->read = now;
	if (s->options.sent != NULL)
		s->options.sent(s->options.arg, &e);
}

/* Sends the server's response, which is complete. q: what it answers, or NULL if that
 * was not understood. */
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
	if (progress == HTTP_PART || progress == HTTP_TURN) {
		keep_rest(c, &out, r->close);
		wait_to_send(c, progress);
		return true;
	}
	http_output_done(&out);
	if (progress == HTTP_BROKEN) {
		connection_free(c);
		return false;
	}
	return answer_sent(c, r->close);
}

/* Whatever it says is thrown away. */
static bool
connection_is_deaf(const struct http_connection *c)
{
	return c->state == CONNECTION_LINGER || c->state == CONNECTION_STREAM ||
	       c->state == CONNECTION_BEHIND;
}

/* What was read behind a refused request has no meaning any more. */
static bool
refuse(struct http_connection *c, int status, const struct http_request *q, bool body)
{
	static const struct {
		int status;
		const char *detail;
	} details[] = {
		{ 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },
		{ 503, "Too many connections" },
		{ 505, "HTTP Version Not Supported" },
	};
	struct http_response *r = &c->server->response;
	size_t i;

	server_begin_response(c->server);
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
	r->close = r->refused = true;
	return send_response(c, q, body);
}

bool
connection_bad_request(
    struct http_connection *c, int status, const struct http_request *q, bool body)
{
	counter_add(c->server->options.counters, COUNTER_BAD_REQUESTS, 1);
	return refuse(c, status, q, body);
}

/* A server that is not open answers with the head alone: its client comes back, to
 * another one. */
static void
begin_stream(struct http_connection *c, enum http_method method)
{
	if (method != HTTP_GET)
		return;
	c->server->response.close = true;
	if (c->server->stage == SERVER_OPEN)
		stream_begin(c);
}

/* behind: bytes that were read after the request. */
static bool
answer(struct http_connection *c, size_t behind)
{
	struct http_server *s = c->server;
	struct http_request *q = &s->request;

	if (q->method == HTTP_UNKNOWN)
		return connection_bad_request(c, 501, q, true);
	if (q->has_body && q->method < HTTP_POST)
		return connection_bad_request(c, 413, q, q->method != HTTP_HEAD);
	server_begin_response(s);
	q->listener = c->listener;
	s->options.handle(s->options.arg, q, &s->response);
	s->response.close |=
	    !q->keep_alive || q->has_body || connection_is_last(c, behind);
	if (s->response.topics != 0)
		begin_stream(c, q->method);
	counter_add(s->options.counters, COUNTER_REQUESTS, 1);
	return send_response(c, q, q->method != HTTP_HEAD);
}

/* What the parser has refused. */
static bool
refuse_request(struct http_connection *c)
{
	const struct http_request *q = &c->server->request;

	return connection_bad_request(
	    c, q->status, q->line.len > 0 ? q : NULL, q->method != HTTP_HEAD);
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

/* The rest of what was read is answered when others have had their turn. */
static void
wait_for_turn(struct http_connection *c)
{
	event_del(&c->read);
	server_queue_turn(c, CONNECTION_TURN);
}

/* Answers the requests in data[0, len), one after the other, as far as a turn goes, and
 * keeps the rest. */
static bool
consume(struct http_connection *c, const char *data, size_t len)
{
	struct http_server *s = c->server;
	int64_t began = s->read = clock_boot();
	unsigned answers = 0;

	while (len > 0 && c->pending == NULL && !connection_is_deaf(c)) {
		if (answers == TURN_ANSWERS || s->read - began >= TURN_NSEC) {
			wait_for_turn(c);
			break;
		}
		switch (http_parse(
		    data, len, &s->options.limits, &c->scanned, &s->request)) {
		case HTTP_PARSE_OK:
			c->scanned = 0;
			data += s->request.head_len;
			len -= s->request.head_len;
			if (!answer(c, len))
				return false;
			answers++;
			break;
		case HTTP_PARSE_MORE:
			/* The deadline of a head runs from its first byte, or from
			 * accept; more bytes do not move it. */
			if (c->state == CONNECTION_IDLE)
				connection_enter(c, CONNECTION_HEAD);
			else
				connection_change(c, CONNECTION_HEAD);
			save(c, data, len);
			return true;
		case HTTP_PARSE_BAD:
			return refuse_request(c);
		}
	}
	save(c, data, connection_is_deaf(c) ? 0 : len);
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
	if (n == -1 && errno == ETIMEDOUT && c->stream != NULL)
		stream_drop(c); /* the kernel was first: TCP_USER_TIMEOUT */
	else if (n <= 0)
		connection_free(c);
	else if (!connection_is_deaf(c))
		(void)consume(c, s->in, have + (size_t)n);
}

/* Goes on with an answer. */
static void
send_rest(struct http_connection *c)
{
	uint64_t sent = 0;
	enum http_progress progress = http_output_send(c->pending, c->fd, &sent);

	counter_add(c->server->options.counters, COUNTER_BYTES_SENT, sent);
	if (progress == HTTP_BROKEN) {
		connection_free(c);
		return;
	}
	if (sent > 0)
		c->since = c->server->now;
	if (progress != HTTP_SENT) {
		wait_to_send(c, progress);
		return;
	}
	connection_drop_pending(c);
	event_del(&c->write);
	if (event_add(&c->read, NULL) == -1)
		connection_free(c);
	else if (answer_sent(c, c->close_after) && c->state == CONNECTION_IDLE &&
		 consume(c, c->server->in, restore(c)) &&
		 c->server->stage == SERVER_STOPPING)
		connection_stop(c); /* the head did not say that it was the last */
}

/* However many sockets take more, all long answers together get one turn between those
 * who ask for a short one. */
static void
on_write(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_connection *c = arg;

	if (c->state == CONNECTION_BEHIND) {
		stream_go_on(c);
		return;
	}
	if (!http_output_is_long(c->pending)) {
		send_rest(c);
		return;
	}
	event_del(&c->write);
	server_queue_turn(c, CONNECTION_SEND);
}

void
connection_turn(struct http_connection *c)
{
	if (c->state == CONNECTION_SEND) {
		connection_change(c, CONNECTION_WRITE);
		send_rest(c);
		return;
	}
	connection_enter(c, CONNECTION_IDLE);
	if (!consume(c, c->server->in, restore(c)))
		return;
	if (c->state != CONNECTION_TURN && c->pending == NULL &&
	    event_add(&c->read, NULL) == -1)
		connection_free(c);
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
connection_alloc(struct listener *l, int fd, const struct sockaddr *from)
{
	struct http_server *s = l->server;
	struct http_connection *c = xcalloc(1, sizeof(*c));
	int on = 1;

	/* Answers are written whole: waiting for more (Nagle) only costs 40 ms. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->server = s;
	c->fd = fd;
	c->listener = (size_t)(l - s->listeners);
	c->born = s->now;
	if (from != NULL)
		c->peer = peer_of(from);
	c->state = CONNECTION_FRESH;
	c->since = s->now;
	connection_queue(c);
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
connection_new(struct listener *l, int fd, const struct sockaddr *from)
{
	(void)connection_alloc(l, fd, from);
}

void
connection_new_refused(struct listener *l, int fd, const struct sockaddr *from)
{
	struct http_server *s = l->server;
	struct http_connection *c = connection_alloc(l, fd, from);
	ssize_t n;

	if (c == NULL)
		return;
	connection_give_up_place(c);
	n = recv(fd, s->in, s->in_size, 0);
	(void)refuse(
	    c, 503, NULL, !http_is_head((struct str){ s->in, n > 0 ? (size_t)n : 0 }));
}
