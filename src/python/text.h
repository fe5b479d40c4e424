/* Python's view of Unicode 15.1 over UTF-8 bytes (doc/reference.md 1.5 and 3.1). Pure.
 */
#ifndef PYTHON_TEXT_H
#define PYTHON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

/* Full case mapping: final sigma, one-to-many. ASCII input costs one pass; the result
 * is s itself where nothing changes, else it is in the arena. */
struct str text_lower(struct str s, struct arena *);
struct str text_upper(struct str s, struct arena *);

/* Whether s is empty or only whitespace in the sense of Python's str.strip(). */
bool text_blank(struct str s);
/* s without such whitespace at both ends (a part of s). */
struct str text_strip(struct str s);
/* Whether s is valid UTF-8 (no surrogates). */
bool text_valid(struct str s);

/* The code point at s.p[at] and how many bytes it takes (at < s.len). In bytes that are
 * not UTF-8 nothing is lost: a surrogate's three bytes give its code point, any other
 * stray byte b gives U+DC00 + b. */
uint32_t text_at(struct str s, size_t at, unsigned *bytes);

bool text_is_digit(uint32_t cp); /* category Nd */
bool text_is_alnum(uint32_t cp); /* str.isalnum() of one character */

#endif
