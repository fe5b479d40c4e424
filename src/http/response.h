/*
 * An answer, as a handler fills it in, and the head that is printed from it. One struct
 * serves every request of a server, one after the other: nothing is allocated for an
 * answer that leaves at once. Readers.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "http/parse.h"

#define HTTP_SPANS_MAX 6

/*
 * The rest of a body, made while it is sent: a large one is never made in one turn, and
 * never waits whole for a slow client.
 */
struct http_source {
	size_t len;    /* bytes of the rest */
	size_t memory; /* bytes that it takes for as long as it lives */
	/* Puts its next n bytes (0 < n, and all together at most len) at `to`. */
	void (*fill)(struct http_source *, char *to, size_t n);
	void (*free)(struct http_source *);
};

struct http_response {
	int status;
	int64_t date;      /* Unix seconds, set by the server: its Date field */
	const char *type;  /* Content-Type, static; NULL: none */
	struct buf fields; /* further field lines, each with its CRLF */
	struct buf text;   /* body bytes made for this answer */
	/* The body: spans of `text` (which must not grow any more once a span points
	 * into it), of static memory, or of memory that `owner` keeps alive. */
	struct str body[HTTP_SPANS_MAX];
	unsigned nbody;
	struct http_source *source; /* what follows the spans, or NULL; owned; may need
				     * the owner */
	/* Only to a HEAD: of a body that nobody has made there is no Content-Length
	 * (RFC 9110 section 8.6). */
	bool length_unknown;
	/* Where spans between file and file + file_len can be sent from without being
	 * copied: offset 0 of fd is file. fd -1: nowhere. */
	int fd;
	const char *file;
	size_t file_len;
	/* Called once when the last byte was sent or the connection died. May be NULL.
	 */
	void (*release)(void *owner);
	void *owner;
	/* Bytes that are kept only for answers that wait, of which this one is one: 0
	 * for what would be there without them. Asked while it waits. NULL: 0. */
	size_t (*pinned)(const void *pin);
	const void *pin; /* borrowed from the owner */
	/*
	 * If not 0, the answer to GET is a stream: what is sent after the body is what
	 * is broadcast on these topics (http_server_broadcast()), until either side
	 * ends the connection. It has no Content-Length, nor has that to HEAD.
	 */
	uint32_t topics;
	uint64_t after; /* of messages that have an id, those above it */
	bool close;     /* close the connection after it */
	bool refused;   /* the server's own: no handler has seen the request */
	unsigned label; /* the handler's own, for http_sent_fn */
};

/* Empties the answer but keeps its buffers, and its date. */
void http_response_reset(struct http_response *);
void http_response_free(struct http_response *);

/* Adds a span to the body. */
static inline void
http_response_add(struct http_response *r, struct str span)
{
	r->body[r->nbody++] = span;
}

/* Bytes of the body. */
size_t http_response_length(const struct http_response *);

/* Makes it {"detail":"DETAIL"} with that status. detail is static and needs no JSON
 * escaping. */
void http_response_error(struct http_response *, int status, const char *detail);

/*
 * Prints the head into *head, which is emptied first. common: the field lines that
 * every answer of this second has in common. http10: the request was
 * HTTP/1.0. 304 and 1xx, 204 get no Content-Length (RFC 9110 section 8.6).
 */
void http_response_head(
    const struct http_response *, struct str common, bool http10, struct buf *head);

/* Whether an answer of that status never has a body (RFC 9110 section 6.4.1). */
static inline bool
http_status_bodiless(int status)
{
	return status == 204 || status == 304;
}

/* Appends n in decimal: what printf does, ten times as fast. */
void http_put_uint(struct buf *, uint64_t n);

#endif
