/* Percent-decoding of paths and query strings (doc/reference.md 8.2). Pure. */
#ifndef HTTP_PERCENT_H
#define HTTP_PERCENT_H

#include <stdbool.h>

#include "base/mem.h"
#include "base/str.h"

/*
 * s with each %XX replaced by its byte (a '%' without two hex digits stays as it is),
 * each '+' by a space if plus, and then whatever is not UTF-8 by U+FFFD, one for each
 * maximal part of a sequence (Unicode 15, section 3.9). The result is valid UTF-8: s
 * itself where nothing changes, else in the arena.
 */
struct str percent_decode(struct str s, bool plus, struct arena *);

#endif
