/* Dates in fields: RFC 9110 section 5.6.7. Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "attr.h"
#include "parse.h"
#include "str.h"

/*
 * Reads an HTTP-date in any of its three forms, strictly: names in their case, two
 * digits where two belong, a day that exists. The day's name must be one but not the
 * right one. now: Unix seconds; a year of two digits is the last one with these digits
 * that is not more than 50 years ahead of it. Returns whether it is a date.
 */
bool http_date_parse(struct str, int64_t now, int64_t *unix_seconds) MUST_CHECK;

/*
 * Whether If-Modified-Since says that what was last modified then is still good: false
 * if If-None-Match is there too, which then decides alone, if the method is not GET or
 * HEAD, or if it is no single date (RFC 9110 section 13.1.3).
 */
bool http_not_modified_since(
    const struct http_request *, int64_t modified, int64_t now) MUST_CHECK;

#endif
