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

/* What a representation is compared by. */
struct http_validators {
	uint64_t etag;    /* weak */
	bool dated;       /* whether `modified` is known */
	int64_t modified; /* Unix seconds */
};

enum http_condition {
	HTTP_GO_ON,        /* answer as if there were no conditions */
	HTTP_NOT_MODIFIED, /* 304 */
	HTTP_FAILED,       /* 412 */
};

/*
 * Holds the request's conditions against what a GET or HEAD would be answered 200 with,
 * in the order of RFC 9110 section 13.2.2; any other method has none. now: the second
 * that the answer's Date will name. If-Match never matches a tag, because it compares
 * strongly and all of ours are weak (13.1.1). A date that is none, comes twice, or (in
 * If-Modified-Since) is later than now, is as if it were not there.
 */
enum http_condition conditional_judge(const struct http_request *,
    const struct http_validators *, int64_t now) MUST_CHECK;

#endif
