/* Header fields of an upstream's answer. Hydrators. */
#ifndef UPSTREAM_FIELDS_H
#define UPSTREAM_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/*
 * Copies a validator (ETag or Last-Modified) of the last answer that easy received to
 * value. Empty if there is none, if it stands there twice, does not fit, or holds a
 * character that we would not send back.
 */
void fields_validator(CURL *easy, const char *name, char *value, size_t size);

/* How the last answer's body is coded: only what we ask for is known. */
enum coding {
	CODING_NONE,
	CODING_GZIP,
	CODING_UNKNOWN
};
enum coding fields_coding(CURL *easy);

/*
 * Retry-After (RFC 9110 10.2.3: seconds, or a date in any of the three forms of 5.6.7)
 * of the last answer, in seconds from now (clock_wall()), 0 to FETCH_RETRY_AFTER_MAX.
 * -1: there is none, or nobody knows what it means.
 */
int64_t fields_retry_after(CURL *easy, int64_t now);
/* The same of a field's text, NUL terminated. */
int64_t fields_parse_retry_after(const char *text, int64_t now);

#endif
