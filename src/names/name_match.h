/*
 * Finding the parts of a model name: the shapes of doc/reference.md 3.2, without a
 * regular expression engine. Each search costs time proportional to the name. Pure.
 */
#ifndef NAMES_NAME_MATCH_H
#define NAMES_NAME_MATCH_H

#include <stdbool.h>

#include "base/attr.h"
#include "names/name_chars.h"

/* Each finds the part that the reference would take, and returns whether there is one;
 * the span is set only then. In the order in which they are applied: */
typedef bool name_match_fn(const struct name_chars *, struct name_span *) MUST_CHECK;
name_match_fn name_match_leading_version; /* step 1, with the separator after it */
name_match_fn name_match_size;            /* step 2 */
name_match_fn name_match_version;         /* step 3 */
name_match_fn name_match_quant;           /* step 4 */
name_match_fn name_match_variant;         /* step 5 */
name_match_fn name_match_date;            /* step 6 */

/* doc/reference.md 3.5: the quantisation at the end of the name (or before its last
 * newline), with the separator before it. There is at most one; *shape is its number in
 * the order of doc/reference.md 3.2, step 4, from 0. */
bool name_match_quant_suffix(
    const struct name_chars *, unsigned *shape, struct name_span *) MUST_CHECK;

#endif
