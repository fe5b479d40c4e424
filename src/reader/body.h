/* The body of an answer in the form that the client likes best: a range of the
 * snapshot, or made of it and kept with the generation. */
#ifndef READER_BODY_H
#define READER_BODY_H

#include <stdbool.h>

#include "base/attr.h"
#include "codec/encode.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"

/*
 * Sets the body of a 200 and the Content-Encoding line, and makes the answer, which is
 * empty, the owner of what the body points to. The view is present. To a HEAD nothing
 * is made or encoded: where the body is not there, its length is counted instead, and
 * of one that would be encoded it is unknown. Returns false, with nothing made and the
 * answer unchanged, if no form is acceptable.
 */
bool body_set(struct encoder *, struct http_response *, const struct http_request *,
    struct generation *, const struct selection *) MUST_CHECK;

#endif
