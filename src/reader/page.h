/* Bodies from the spans of a snapshot: no model is parsed or printed (payload/view.h).
 * The view is always present. */
#ifndef READER_PAGE_H
#define READER_PAGE_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"
#include "reader/sink.h"

/* Sets the body to one range of the snapshot, and makes the answer, which is empty, an
 * owner of the generation. */
void page_span(struct http_response *, struct generation *, struct view_span);

/* The same with what is selected, if it is ranges: a whole view, a page of a list, or
 * statistics, whose limit and offset are only echoed. Returns false, the answer
 * unchanged, if it has to be made. */
bool page_set(
    struct http_response *, struct generation *, const struct selection *) MUST_CHECK;

/* Puts the body of a list's models that match the selection's preset, whole or a page.
 */
void page_preset(const struct generation *, const struct selection *, struct sink *);

#endif
