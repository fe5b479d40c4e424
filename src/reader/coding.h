/* The encoding of an answer: taken from the snapshot, from what was encoded before, or
 * made now. */
#ifndef READER_CODING_H
#define READER_CODING_H

#include <stdbool.h>

#include "base/attr.h"
#include "codec/encode.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"

/*
 * Replaces the body of a 200, which page.h has set from the view, by the form that the
 * request's Accept-Encoding likes best, and adds the Content-Encoding line. Returns
 * false, the answer unchanged, if nothing is acceptable.
 */
bool coding_apply(struct encoder *, struct http_response *, const struct http_request *,
    struct generation *, const struct selection *) MUST_CHECK;

#endif
