/*
 * Reading JSON without building a tree: slices of the document that are scanned once
 * for validity and then walked. What Python's json accepts is accepted
 * (doc/reference.md 1.7): NaN and infinities, integers of any length, lone surrogate
 * escapes; so one odd value spoils its own record and not the document, which no
 * library on this platform can be told to do. Pure, no allocation but for unescaped
 * strings.
 *
 * Scanning costs about 0.7 ns a byte. A step of a walk costs as much for each byte of
 * the value that it passes, so walking down again reads the inner bytes once a level;
 * who goes down to the bottom does it through json/nest.h.
 */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/scan.h"

/* Walks the members of an object or the elements of an array (key is then unset).
 * Returns false at the end. */
struct json_walk {
	const char *p;
	const char *end;
};
struct json_walk json_walk(const struct json_value *);
bool json_member(struct json_walk *, struct json_value *key, struct json_value *value);
bool json_element(struct json_walk *, struct json_value *value);
/* The next members, at most so many. Returns how many, 0 at the end. */
size_t json_members(struct json_walk *, struct json_value *keys,
    struct json_value *values, size_t most);

/* A string's content (JSON_T_STRING only): in the document, or in the arena if it was
 * escaped. A lone surrogate escape becomes the three bytes that UTF-8 forbids: whoever
 * prints a string of an `escaped` value asks text_valid() first. */
struct str json_str(const struct json_value *, struct arena *);
/* The integer, or false if it does not fit in 64 bits. JSON_T_INTEGER only. */
bool json_int64(const struct json_value *, int64_t *out) MUST_CHECK;
/* INTEGER or REAL, rounded correctly; may be infinite or NaN. */
double json_double(const struct json_value *);
/* Number of members or elements; an object's duplicate keys count each. */
size_t json_count(const struct json_value *);

#endif
