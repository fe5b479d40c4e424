/*
 * What a server's streams are sent: one text for all of them, each of which has its own
 * place in it. Messages are numbered in the order in which they came. Private to
 * src/http.
 */
#ifndef HTTP_FEED_H
#define HTTP_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "http/server.h"

struct feed_entry {
	struct http_message message; /* its text lies behind it */
};

/* Zeroed: empty. */
struct feed {
	struct feed_entry **ring; /* by number, of which it has the lowest bits */
	size_t size;              /* of the ring: a power of two, or 0 */
	uint64_t first, next;     /* the numbers [first, next) are there */
	size_t bytes;             /* of them together */
};

/* Where a stream is: it has been sent what is before it. */
struct feed_place {
	uint64_t at;     /* a number */
	size_t sent;     /* bytes of that message */
	uint32_t topics; /* what it wants: a message has at least one of them */
	uint64_t after;  /* of the messages that have an id, those above it */
};

/* Copies the message to the end. */
void feed_add(struct feed *, const struct http_message *);
/* Lets go of the oldest messages while there are more than so many bytes. */
void feed_trim(struct feed *, size_t bytes);
/* The next message for that place, which is moved over those that are not for it. NULL:
 * it is at the end, or lost. */
const struct http_message *feed_find(const struct feed *, struct feed_place *);
/* Whether a part of what was to be sent there is gone. */
bool feed_has_lost(const struct feed *, const struct feed_place *) MUST_CHECK;

#endif
