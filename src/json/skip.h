/* Finding the end of what begins at a byte of checked text. Private to json_*.c. */
#ifndef JSON_SKIP_H
#define JSON_SKIP_H

#include <stdbool.h>
#include <stdint.h>

#include "json/bytes.h"

/* The first quote or backslash. */
static inline const char *
skip_to_string_stop(const char *p, const char *end)
{
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		w = bytes_load(p);
		marks = bytes_equal(w, '"') | bytes_equal(w, '\\');
		if (marks != 0)
			return p + bytes_first(marks);
	}
	while (*p != '"' && *p != '\\')
		p++;
	return p;
}

/* p is at the opening quote; returns the byte after the closing one. */
static inline const char *
skip_string(const char *p, const char *end, bool *escaped)
{
	for (p++;; p += 2) {
		p = skip_to_string_stop(p, end);
		if (*p == '"')
			return p + 1;
		*escaped = true;
	}
}

/* The first quote or bracket of either kind, or one of the bytes that differ from a
 * bracket only in the bits of 0x26 (as 'y' does). */
static inline const char *
skip_to_structure(const char *p, const char *end)
{
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		w = bytes_load(p);
		marks = bytes_equal(w, '"') | bytes_equal(w | BYTES_ALL(0x26), 0x7f);
		if (marks != 0)
			return p + bytes_first(marks);
	}
	while (*p != '"' && (*p | 0x26) != 0x7f)
		p++;
	return p;
}

#endif
