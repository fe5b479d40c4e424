/*
 * Streams. At a publish all of them have something to be sent at once: they are served
 * in short turns, between which ordinary requests have theirs. Those in STREAM have
 * nothing before them but what came since the last turns, and are in the order of their
 * places, so that the first one tells whether any has something to be sent.
 */
#include "http/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/counters.h"

/* Of a turn: about twenty streams. Ordinary requests wait no longer than this. */
#define STREAMS_TURN_NSEC (NSEC_PER_SEC / 5000)
/* Messages that leave in one system call. */
#define STREAM_GATHER 16
/* Proxies end connections that say nothing for half a minute or a whole one. */
#define COMMENT_INTERVAL (15 * NSEC_PER_SEC)
/* Those that began together are not ended together: clients come back. */
#define STREAMS_AGED 100
/* The kernel ends those that it hears nothing of, and also those that hear it and take
 * nothing: of these we are first, for who is slow is counted. */
#define STREAM_UNHEARD_MORE (10 * NSEC_PER_SEC)
/* What the kernel keeps for a stream that does not read, about half of it text. What a
 * slow one has not been sent by then is in the feed, once for all of them. */
#define STREAM_SNDBUF (32 * 1024)

static void
count_streams(const struct http_server *s)
{
	atomic_store_explicit(
	    &s->options.counters->streams, s->nstreams, memory_order_relaxed);
}

/* As with other turns: due after the next poll, and behind what that one finds. */
static void
arm_streams(struct http_server *s)
{
	static const struct timeval at_once;

	if (!event_pending(&s->stream_turn, EV_TIMEOUT, NULL))
		event_add(&s->stream_turn, &at_once);
}

void
stream_begin(struct http_connection *c)
{
	struct http_server *s = c->server;
	const struct http_response *r = &s->response;

	c->stream = xcalloc(1, sizeof(*c->stream));
	c->stream->at = s->feed.next;
	c->stream->topics = r->topics;
	c->stream->after = r->after;
	s->nstreams++;
	count_streams(s);
}

void
stream_forget(struct http_connection *c)
{
	struct http_server *s = c->server;

	if (c->stream == NULL)
		return;
	free(c->stream);
	c->stream = NULL;
	s->nstreams--;
	count_streams(s);
	if (s->nstreams == 0)
		feed_trim(&s->feed, 0);
}

/* Its client is too slow, or gone. */
void
stream_drop(struct http_connection *c)
{
	counter_add(c->server->options.counters, COUNTER_STREAMS_DROPPED, 1);
	connection_free(c);
}

/* From the place of a stream on; returns how many bytes, 0: there is nothing. */
static size_t
stream_gather(const struct feed *f, struct feed_place *p, struct msghdr *m)
{
	struct feed_place next;
	const struct http_message *message = feed_find(f, p);
	size_t skip = p->sent, bytes = 0;

	next = *p;
	while (message != NULL && m->msg_iovlen < STREAM_GATHER) {
		m->msg_iov[m->msg_iovlen++] =
		    (struct iovec){ (void *)(uintptr_t)(message->text.p + skip),
			    message->text.len - skip };
		bytes += message->text.len - skip;
		skip = 0;
		next.at++;
		message = feed_find(f, &next);
	}
	return bytes;
}

/* So many bytes from the place on are sent. Returns how many events ended in them. */
static uint64_t
stream_advance(const struct feed *f, struct feed_place *p, size_t n)
{
	const struct http_message *m;
	uint64_t events = 0;

	while (n > 0) {
		m = feed_find(f, p);
		if (n < m->text.len - p->sent) {
			p->sent += n;
			break;
		}
		n -= m->text.len - p->sent;
		events += m->events;
		p->sent = 0;
		p->at++;
	}
	return events;
}

/* Sends what there is for it, as far as the socket takes it. HTTP_SENT: it is at the
 * end of the feed. */
static enum http_progress
stream_send(struct http_connection *c)
{
	struct http_server *s = c->server;
	struct iovec iov[STREAM_GATHER];
	struct msghdr m;
	size_t want;
	ssize_t n;

	for (;;) {
		m = (struct msghdr){ .msg_iov = iov };
		want = stream_gather(&s->feed, c->stream, &m);
		if (want == 0)
			return HTTP_SENT;
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? HTTP_PART : HTTP_BROKEN;
		counter_add(s->options.counters, COUNTER_BYTES_SENT, (uint64_t)n);
		counter_add(s->options.counters, COUNTER_STREAM_EVENTS,
		    stream_advance(&s->feed, c->stream, (size_t)n));
		c->since = s->now;
		if ((size_t)n < want)
			return HTTP_PART;
	}
}

/* Returns whether it still exists. */
static bool
stream_serve(struct http_connection *c)
{
	if (feed_has_lost(&c->server->feed, c->stream)) {
		stream_drop(c);
		return false;
	}
	switch (stream_send(c)) {
	case HTTP_SENT:
		event_del(&c->write);
		connection_change(c, CONNECTION_STREAM);
		return true;
	case HTTP_PART:
	case HTTP_TURN:
		if (c->state != CONNECTION_BEHIND) {
			connection_enter(c, CONNECTION_BEHIND);
			event_add(&c->write, NULL);
		}
		return true;
	case HTTP_BROKEN:
		break;
	}
	connection_free(c);
	return false;
}

bool
stream_open(struct http_connection *c)
{
	const struct http_server *s = c->server;
	int patience = (int)((s->options.write_timeout + STREAM_UNHEARD_MORE) /
			     (NSEC_PER_SEC / 1000));

	if (s->stage != SERVER_OPEN)
		return connection_linger(c);
	buf_free(&c->saved);
	/* A client that has gone without a word is noticed by the next comment. */
	(void)setsockopt(
	    c->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
	(void)setsockopt(
	    c->fd, SOL_SOCKET, SO_SNDBUF, &(int){ STREAM_SNDBUF }, sizeof(int));
	return stream_serve(c);
}

void
stream_go_on(struct http_connection *c)
{
	if (c->server->stage != SERVER_OPEN)
		(void)connection_linger(c);
	else
		(void)stream_serve(c);
}

/* One that is behind when the server ends has no turn any more. */
void
stream_sweep(struct http_connection *c)
{
	struct http_server *s = c->server;

	if (c->state == CONNECTION_STREAM) {
		if (connection_is_old(c) && s->aged++ < STREAMS_AGED)
			(void)connection_linger(c);
		return;
	}
	if (s->stage != SERVER_OPEN || feed_has_lost(&s->feed, c->stream) ||
	    s->now - c->since >= s->options.write_timeout + NSEC_PER_SEC)
		stream_drop(c);
}

static bool
stream_is_due(const struct http_connection *c)
{
	const struct http_server *s = c->server;

	return s->stage != SERVER_OPEN || c->stream->at < s->feed.next;
}

/* Those that are served go to the end of the queue. */
static void
on_stream_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;
	struct http_connection *c;
	int64_t end = clock_boot() + STREAMS_TURN_NSEC;

	while ((c = TAILQ_FIRST(&s->streams)) != NULL && stream_is_due(c)) {
		if (clock_boot() >= end) {
			arm_streams(s);
			return;
		}
		stream_go_on(c);
	}
	feed_trim(&s->feed, s->options.stream_behind);
}

void
http_server_broadcast(struct http_server *s, const struct http_message *m)
{
	if (s->nstreams == 0)
		return;
	feed_add(&s->feed, m);
	arm_streams(s);
}

bool
http_server_has_stream_place(const struct http_server *s)
{
	return s->nstreams < (size_t)http_max_streams((int64_t)s->options.max_streams,
				 (int64_t)s->options.max_connections);
}

void
stream_tick(struct http_server *s)
{
	static const struct http_message comment = { .topics = UINT32_MAX,
		.text = STR(":\n\n") };

	s->aged = 0;
	if (s->now - s->commented < COMMENT_INTERVAL)
		return;
	s->commented = s->now;
	http_server_broadcast(s, &comment);
}

void
stream_end_all(struct http_server *s)
{
	arm_streams(s);
}

void
stream_init(struct http_server *s)
{
	TAILQ_INIT(&s->streams);
	s->commented = s->now;
	event_assign(&s->stream_turn, s->base, -1, 0, on_stream_turn, s);
}

void
stream_free(struct http_server *s)
{
	event_del(&s->stream_turn);
	feed_trim(&s->feed, 0);
}
