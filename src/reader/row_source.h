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
#include "reader/selection.h"

/* n rows, or those of them that a with-stats selection asks for. */
struct row_run {
	const uint32_t *numbers; /* NULL: the view's first ones */
	uint32_t n;
};

/*
 * The rows of the selection's view with commas between, and what follows them. The
 * generation, in which the numbers and the end lie (the end may also be static), has to
 * live as long as the source. The caller's; several threads may each have one of a
 * generation.
 */
struct http_source *row_source_new(const struct generation *, const struct selection *,
    struct row_run, struct str end) MUST_CHECK;

#endif
