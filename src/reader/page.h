/* Bodies from the spans of a snapshot: no model is parsed or printed (payload/view.h).
 */
#ifndef READER_PAGE_H
#define READER_PAGE_H

#include "base/buf.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"

/* Sets the body to one range of the snapshot. The answer is empty; as in the next
 * function it does not become an owner of the generation, but has to be one while it
 * lives. */
void page_span(struct http_response *, const struct generation *, struct view_span);

/* The same with whatever is selected of a view that is present: spans, and a source for
 * rows that are no neighbours. Several threads may make answers of one generation. */
void page_put(
    struct http_response *, const struct generation *, const struct selection *);

/* Makes the answer, which has a body of that generation, an owner of it, and says from
 * where it can be sent. */
void page_own(struct http_response *, struct generation *);

/* Appends the whole body that page_put() has put. Uses up its source. */
void page_drain(const struct http_response *, struct buf *);

#endif
