/* From a request to its answer: the routes of the service (doc/reference.md 8). */
#ifndef READER_ANSWER_H
#define READER_ANSWER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/encode.h"
#include "config/config.h"
#include "http/server.h"
#include "reader/blob.h"
#include "reader/body.h"
#include "reader/store.h"
#include "shm/segment.h"

struct events;

/* What was printed of a category's cycles last (reader/cycles_answer.h). Owned. */
struct cycles_kept {
	int64_t second;    /* of clock_wall() */
	uint64_t newest;   /* number of the cycle that had ended last */
	struct blob *blob; /* NULL: nothing was */
};

/* The handler's argument. Borrowed but for the arena, what the maker has and what is
 * kept of cycles. */
struct answerer {
	const struct config *config;
	struct store *store;
	struct events *events;
	const struct segment *segment;
	/* From which of the server's listening sockets on the dashboard is served. */
	size_t dashboard_from;
	struct body_maker maker;
	struct arena *arena;  /* of one request; emptied before the next */
	struct buf errors;    /* validation items of one request */
	struct buf selected;  /* the text of one request's selection */
	struct buf explained; /* what one request's selection says of a model */
	struct cycles_kept cycles[SEGMENT_CATEGORIES_MAX]; /* by latch */
};

/* An http_handler_fn. */
void answer_handle(void *answerer, const struct http_request *, struct http_response *);

#endif
