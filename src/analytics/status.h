/* Elements of the AI Horde status document (doc/reference.md 2.4). Pure. */
#ifndef ANALYTICS_STATUS_H
#define ANALYTICS_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "json/scan.h"
#include "records/shape.h"

/* An element of the status document. */
struct status {
	struct str name;    /* as spelled there */
	double performance; /* may be infinite or NaN */
	int64_t count;
	int64_t queued;
	int64_t jobs;
	int64_t eta;
};

/* Bytes that an element takes at least. */
#define STATUS_LEN_MIN                                                                 \
	(sizeof(                                                                       \
	     "{\"performance\":0,\"queued\":0,\"jobs\":0,\"eta\":0,\"type\":\"text\"," \
	     "\"name\":\"\",\"count\":0}") -                                           \
	    1)

/* Reads an element; text is in the document or check->arena. False: it is not valid,
 * and *check says where and why. */
bool status_decode(
    const struct json_value *, struct check *, struct status *out) MUST_CHECK;

#endif
