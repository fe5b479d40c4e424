/* Entity tags: weak, made of the content and of what was asked of it. Pure. */
#ifndef READER_ETAG_H
#define READER_ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "parse.h"
#include "query.h"
#include "str.h"

/* The tag of a view's content with a selection (preset, limit, offset) of it. The whole
 * content has its own tag. */
uint64_t etag_mix(uint64_t content, const struct query *);

/* The tag of a body that never changes while the program runs. */
uint64_t etag_of(struct str body);

/* Appends the ETag line. */
void etag_put(struct buf *, uint64_t etag);

/* Whether If-None-Match has this tag, or `*`: weak comparison, RFC 9110 section 13.1.2.
 * What is no list of tags matches nothing. */
bool etag_matches(const struct http_request *, uint64_t etag);

#endif
