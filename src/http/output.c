/* Sending of answers. */
#include "http/output.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* From here on passing pages costs less than copying bytes (measured on loopback). */
#define SENDFILE_MIN (size_t)(32 * 1024)

/* What a source makes at once. */
#define PIECE_MAX (size_t)(64 * 1024)

/* However fast a client reads, after so much of a long answer others have their turn.
 * What is no longer than SHORT_MAX leaves in one. */
#define TURN_MAX (size_t)(256 * 1024)
#define SHORT_MAX (size_t)(1024 * 1024)

void
http_output_init(struct http_output *o, const struct buf *head,
    const struct http_response *r, bool body)
{
	unsigned i;

	o->span[0] = (struct str){ head->data, head->len };
	o->next = 0;
	o->n = 1;
	for (i = 0; body && i < r->nbody; i++)
		if (r->body[i].len > 0)
			o->span[o->n++] = r->body[i];
	o->fd = r->fd;
	o->file = r->file;
	o->file_len = r->file_len;
	o->turn = http_response_length(r) <= SHORT_MAX ? 2 * SHORT_MAX : TURN_MAX;
	o->source = r->source;
	o->left = body && r->source != NULL ? r->source->len : 0;
	o->piece = NULL;
	o->release = r->release;
	o->owner = r->owner;
	o->pinned = r->pinned;
	o->pin = r->pin;
	o->copy = NULL;
	o->copied = 0;
}

/* Whether s is a part of p[0, len). */
static bool
lies_in(struct str s, const char *p, size_t len)
{
	uintptr_t at = (uintptr_t)s.p, start = (uintptr_t)p;

	return p != NULL && at >= start && at - start < len;
}

static bool
from_file(const struct http_output *o, unsigned i)
{
	return o->fd != -1 && o->span[i].len >= SENDFILE_MIN &&
	       lies_in(o->span[i], o->file, o->file_len);
}

static ssize_t
send_file(const struct http_output *o, int sock)
{
	struct str span = o->span[o->next];
	off_t at = span.p - o->file;

	return sendfile(sock, o->fd, &at, span.len < o->turn ? span.len : o->turn);
}

static ssize_t
send_gathered(const struct http_output *o, int sock, size_t *want)
{
	struct iovec iov[HTTP_SPANS_MAX + 2];
	struct msghdr m = { .msg_iov = iov };
	unsigned i;

	for (i = o->next; i < o->n && !from_file(o, i); i++) {
		iov[m.msg_iovlen].iov_base = (void *)(uintptr_t)o->span[i].p;
		iov[m.msg_iovlen++].iov_len = o->span[i].len;
		*want += o->span[i].len;
	}
	return sendmsg(
	    sock, &m, MSG_NOSIGNAL | (i < o->n || o->left > 0 ? MSG_MORE : 0));
}

static void
advance(struct http_output *o, size_t n)
{
	while (n > 0 && n >= o->span[o->next].len)
		n -= o->span[o->next++].len;
	if (n > 0)
		o->span[o->next] = str_from(o->span[o->next], n);
}

static void
make_piece(struct http_output *o)
{
	size_t n = o->left < PIECE_MAX ? o->left : PIECE_MAX;

	if (o->piece == NULL)
		o->piece = xmalloc(n);
	else
		o->next = o->n = 0;
	o->source->fill(o->source, o->piece, n);
	o->left -= n;
	o->span[o->n++] = (struct str){ o->piece, n };
}

/* Whether there is something to be sent. The first piece leaves with the spans before
 * it, each other when the one before it is sent. */
static bool
has_more(struct http_output *o)
{
	if (o->left > 0 && (o->piece == NULL || o->next == o->n))
		make_piece(o);
	return o->next < o->n;
}

enum http_progress
http_output_send(struct http_output *o, int sock, uint64_t *sent)
{
	uint64_t began = *sent;
	size_t want;
	ssize_t n;

	while (has_more(o)) {
		if (*sent - began >= o->turn)
			return HTTP_TURN;
		want = 0;
		if (from_file(o, o->next))
			n = send_file(o, sock);
		else
			n = send_gathered(o, sock, &want);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? HTTP_PART : HTTP_BROKEN;
		}
		if (n == 0) { /* sendfile: the file is shorter than promised */
			errno = EIO;
			return HTTP_BROKEN;
		}
		*sent += (uint64_t)n;
		advance(o, (size_t)n);
		if ((size_t)n < want)
			return HTTP_PART;
	}
	return HTTP_SENT;
}

void
http_output_keep(struct http_output *o, const struct buf *head, const struct buf *text)
{
	size_t len = 0;
	unsigned i;
	bool volatile_span[HTTP_SPANS_MAX + 2];

	if (o->source != NULL)
		o->copied = o->source->memory + PIECE_MAX;
	for (i = o->next; i < o->n; i++) {
		volatile_span[i] = lies_in(o->span[i], head->data, head->len) ||
				   lies_in(o->span[i], text->data, text->len);
		if (volatile_span[i])
			len += o->span[i].len;
	}
	if (len == 0)
		return;
	o->copy = xmalloc(len);
	o->copied += len;
	for (i = o->next, len = 0; i < o->n; i++) {
		if (!volatile_span[i])
			continue;
		memcpy(o->copy + len, o->span[i].p, o->span[i].len);
		o->span[i].p = o->copy + len;
		len += o->span[i].len;
	}
}

bool
http_output_is_long(const struct http_output *o)
{
	return o->turn == TURN_MAX;
}

size_t
http_output_pinned(const struct http_output *o)
{
	return o->copied + (o->pinned != NULL ? o->pinned(o->pin) : 0);
}

void
http_output_done(struct http_output *o)
{
	if (o->source != NULL)
		o->source->free(o->source);
	o->source = NULL;
	free(o->piece);
	o->piece = NULL;
	if (o->release != NULL)
		o->release(o->owner);
	o->release = NULL;
	free(o->copy);
	o->copy = NULL;
}
