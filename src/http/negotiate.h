/* Which encodings and which types a client takes (RFC 9110 section 12.5). Pure. */
#ifndef HTTP_NEGOTIATE_H
#define HTTP_NEGOTIATE_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
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

/* Appends the Content-Encoding line; identity has none. */
void negotiate_put_encoding(struct buf *fields, enum encoding);

#define NEGOTIATE_TYPES_MAX 8

/*
 * Which of n types, each "type/subtype" in lower case, the client takes best by the
 * weights of its Accept fields, which are one list (RFC 9110 section 12.5.1); among
 * equal ones the first. Parameters of a type count for nothing. Without such a field,
 * or if it is malformed, or nothing is acceptable, it is the first as well, 0.
 */
unsigned negotiate_type(
    const struct http_request *, const struct str *types, unsigned n) MUST_CHECK;

#endif
