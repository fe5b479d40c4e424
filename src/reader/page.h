/* Bodies from the spans of a snapshot: no model is parsed or printed (payload/view.h).
 */
#ifndef READER_PAGE_H
#define READER_PAGE_H

#include "http/response.h"
#include "reader/generation.h"
#include "reader/query.h"

/*
 * Each sets the body of a 200 from the view, and makes the answer the owner of what the
 * body points to. kind: a view that is present.
 */

/* A view as it is. */
void page_whole(struct http_response *, struct generation *, enum view_kind);
/* A deletion-risk list: whole, or the page that the query asks for. */
void page_risk(
    struct http_response *, struct generation *, enum view_kind, const struct query *);
/* The same of the rows that match the preset. */
void page_preset(struct http_response *, struct generation *, enum view_kind,
    enum preset, const struct query *);
/* Statistics; the query's limit and offset are only echoed. */
void page_statistics(
    struct http_response *, struct generation *, enum view_kind, const struct query *);

#endif
