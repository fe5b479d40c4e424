/* Conditional requests (RFC 9110 section 13): the validators and what is held against
 * them. Pure. */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "http/parse.h"

/* Appends the ETag line: W/ and 16 hexadecimal digits. */
void conditional_put_etag(struct buf *, uint64_t etag);

/* Whether If-None-Match has this tag, or `*`: weak comparison, RFC 9110 section 13.1.2.
 * What is no list of tags matches nothing. */
bool conditional_none_match(const struct http_request *, uint64_t etag) MUST_CHECK;

/*
 * Whether If-Modified-Since says that what was last modified then is still good: false
 * if If-None-Match is there too, which then decides alone, if the method is not GET or
 * HEAD, or if it is no single date (RFC 9110 section 13.1.3). Unix seconds.
 */
bool conditional_not_modified_since(
    const struct http_request *, int64_t modified, int64_t now) MUST_CHECK;

#endif
