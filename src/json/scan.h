/*
 * Checking JSON text once, so that whatever walks it afterwards (json/walk.h) cannot
 * fail, and what a value in it is. Pure, no allocation, no recursion.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

#define JSON_DEPTH_MAX 900 /* Python stops near 1000 */

enum json_type {
	JSON_T_NONE, /* no value: a member that is absent */
	JSON_T_NULL,
	JSON_T_FALSE,
	JSON_T_TRUE,
	JSON_T_INTEGER,
	JSON_T_REAL, /* has a fraction or an exponent, or is NaN, +-Infinity */
	JSON_T_STRING,
	JSON_T_ARRAY,
	JSON_T_OBJECT,
};

/* A value's text, p[0, len) in the document; of a string with its quotes. */
struct json_value {
	const char *p;
	size_t len;
	enum json_type type;
	bool escaped; /* string: has a backslash */
};

struct json_error {
	size_t offset; /* byte of the document */
	const char *text;
};

/* Checks that data[0, len) is one JSON value in valid UTF-8 (a BOM is passed over), at
 * most JSON_DEPTH_MAX containers deep, and describes it. Returns 0, or -1 with *err.
 * Everything below takes only values that come from here, and cannot fail. */
int json_scan(const char *data, size_t len, struct json_value *out,
    struct json_error *err) MUST_CHECK;

#endif
