/* The with-stats answers: selected, sorted and put together from the pieces of a
 * snapshot (payload/view.h, doc/reference.md 8.9). */
#ifndef READER_WITH_STATS_PAGE_H
#define READER_WITH_STATS_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/query.h"

/* What is asked of the view, so that questions with the same answer are the same. */
struct with_stats_ask {
	bool workers;
	bool variations;
	bool none;      /* no model can match */
	uint32_t least; /* summaries that a model must have, 0: any or none */
	enum query_sort sort;
	bool desc;
};

struct with_stats_ask with_stats_ask(const struct query *);

/* Appends the whole body. The view is present. */
void with_stats_body(
    const struct generation *, const struct with_stats_ask *, struct buf *out);

/* Sets the body of a 200, and makes the answer the owner of what the body points to. */
void page_with_stats(struct http_response *, struct generation *, const struct query *);

/* What tells this answer from others of the view, empty for the plain one: coding.h. In
 * the arena. */
struct str with_stats_selection(const struct query *, struct arena *);

/* The tag of that answer. */
uint64_t with_stats_etag(const struct view_directory *, const struct query *);

#endif
