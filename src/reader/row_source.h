/* Rows of a snapshot that are no neighbours in it, as the rest of a body: copied while
 * they are sent, in a list's order, so that neither the number of rows nor the length
 * of one costs the loop more than a piece. */
#ifndef READER_ROW_SOURCE_H
#define READER_ROW_SOURCE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/row_filter.h"
#include "reader/selection.h"

/*
 * The rows of the run that the selection asks for, in its format, and what follows
 * them; `wanted` says how many they are, but of with-stats. The
 * generation, in which the numbers and the end lie (the end may also be static), has to
 * live as long as the source. The caller's; several threads may each have one of a
 * generation.
 */
struct http_source *row_source_new(const struct generation *, const struct selection *,
    struct row_run, struct str end) MUST_CHECK;

#endif
