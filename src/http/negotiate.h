/* Which encodings a client takes (RFC 9110 section 12.5.3). Pure. */
#ifndef HTTP_NEGOTIATE_H
#define HTTP_NEGOTIATE_H

#include "codec/encode.h"
#include "http/parse.h"

/* What is acceptable, the best first: by the client's weights, among equal ones by
 * ours (br, zstd, gzip, identity). */
struct negotiation {
	enum encoding order[ENCODING_MAX];
	unsigned n;
};

/*
 * Reads all Accept-Encoding fields as one list. Without one, or if it is malformed,
 * only identity is acceptable. x-gzip is gzip; of a coding that is listed twice the
 * last weight counts. identity that is not listed is acceptable after all that is,
 * unless "*;q=0" excludes it: then n may be 0.
 */
void negotiate(const struct http_request *, struct negotiation *);

#endif
