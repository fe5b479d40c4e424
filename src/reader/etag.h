/* Entity tags: weak, made of the content and of what was asked of it. Pure. */
#ifndef READER_ETAG_H
#define READER_ETAG_H

#include <stdint.h>

#include "base/str.h"
#include "reader/query.h"

/* The tag of a view's content with a selection (preset, limit, offset) of it. The whole
 * content has its own tag. */
uint64_t etag_mix(uint64_t content, const struct query *);

/* The tag of a body that never changes while the program runs. */
uint64_t etag_of(struct str body);

#endif
