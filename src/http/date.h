/* Dates in fields: RFC 9110 section 5.6.7. Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * Reads an HTTP-date in any of its three forms, strictly: names in their case, two
 * digits where two belong, a day that exists. The day's name must be one but not the
 * right one. now: Unix seconds; a year of two digits is the last one with these digits
 * that is not more than 50 years ahead of it. Returns whether it is a date.
 */
bool http_date_parse(struct str, int64_t now, int64_t *unix_seconds) MUST_CHECK;

/* The field value of a date from 1970 to 9999: IMF-fixdate (RFC 9110 section 5.6.7) and
 * a NUL. */
#define HTTP_DATE_SIZE 30
void http_date(int64_t unix_seconds, char out[HTTP_DATE_SIZE]);

#endif
