/* What was asked is mixed into the tag: nothing that changes an answer may be
 * forgotten. */
#include "reader/etag.h"

#include <xxhash.h>

uint64_t
etag_mix(uint64_t content, const struct query *q)
{
	uint64_t h = content;

	if (q->preset.len > 0)
		h = XXH3_64bits_withSeed(q->preset.p, q->preset.len, h);
	if (query_paged(q)) {
		h = XXH3_64bits_withSeed(q->offset_text.p, q->offset_text.len, h);
		h = XXH3_64bits_withSeed(q->limit_text.p, q->limit_text.len, ~h);
	}
	return h;
}

uint64_t
etag_of(struct str body)
{
	return XXH3_64bits(body.p, body.len);
}
