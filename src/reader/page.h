/* Bodies from the spans of a snapshot: no model is parsed or printed (payload/view.h).
 */
#ifndef READER_PAGE_H
#define READER_PAGE_H

#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"

/*
 * Each sets the body of a 200 from the view, and makes the answer the owner of what the
 * body points to. The view is present.
 */

/* A view as it is. */
void page_whole(struct http_response *, struct generation *, enum view_kind);
/* A deletion-risk list: whole, or the page that is selected. */
void page_risk(struct http_response *, struct generation *, const struct selection *);
/* The same of the rows that match the selection's preset. */
void page_preset(struct http_response *, struct generation *, const struct selection *);
/* Statistics; limit and offset are only echoed. */
void page_statistics(
    struct http_response *, struct generation *, const struct selection *);

#endif
