/*
 * An answer on its way out: a list of spans, sent with as few system calls as it takes,
 * small ones gathered, large ones that live in a file by sendfile(2); then what a
 * source makes, piece by piece. Readers.
 */
#ifndef HTTP_OUTPUT_H
#define HTTP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/response.h"

struct http_output {
	struct str span[HTTP_SPANS_MAX + 2]; /* the head, the body, a piece */
	unsigned next, n;                    /* span[next, n) is still to be sent */
	int fd;                              /* as in struct http_response */
	const char *file;
	size_t file_len;
	size_t turn;                /* bytes that are sent at once, about */
	struct http_source *source; /* owned, or NULL */
	size_t left;                /* bytes that it has not made yet */
	char *piece;                /* owned: what it made last; NULL: nothing yet */
	void (*release)(void *owner);
	void *owner;
	size_t (*pinned)(const void *pin);
	const void *pin;
	char *copy;    /* owned: what http_output_keep() has copied */
	size_t copied; /* bytes of it, and what the source takes while it waits */
};

enum http_progress {
	HTTP_SENT,   /* all of it */
	HTTP_PART,   /* the socket takes no more for now */
	HTTP_TURN,   /* it may take more, but others have their turn */
	HTTP_BROKEN, /* errno: the peer is gone */
};

/* Takes over the answer's owner and source. body false: the head alone (HEAD, 204,
 * 304). */
void http_output_init(struct http_output *, const struct buf *head,
    const struct http_response *, bool body);

/* Sends what can be sent, but of a long answer only a part, and adds the bytes to
 * *sent. SIGPIPE must be ignored: sendfile has no flag against it. */
enum http_progress http_output_send(
    struct http_output *, int sock, uint64_t *sent) MUST_CHECK;

/* Before a rest waits: copies those of its spans that point into head or text, which
 * the next request will overwrite. */
void http_output_keep(
    struct http_output *, const struct buf *head, const struct buf *text);

/* Whether it is so long that it is sent in turns. */
bool http_output_is_long(const struct http_output *);

/* Bytes that would be free without it, if it is the only one of its owner. */
size_t http_output_pinned(const struct http_output *);

/* Releases the source, the owner and the copy. */
void http_output_done(struct http_output *);

#endif
