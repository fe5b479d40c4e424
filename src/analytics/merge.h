/* Merging a reference name with what the Horde knows of it (doc/reference.md 4). Pure.
 */
#ifndef ANALYTICS_MERGE_H
#define ANALYTICS_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/horde.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

struct merged {
	struct str lower;    /* the name in lower case */
	struct usage family; /* doc/reference.md 4.2; zero without the base index */
	struct usage exact;  /* doc/reference.md 4.3 */
	/* doc/reference.md 4.6: the element that each variant of the name has, or
	 * HORDE_NONE. */
	uint32_t status[BACKEND_MAX];
	uint32_t size;  /* in horde.sizes, or HORDE_NONE */
	bool canonical; /* the canonical usage of that size counts */
	/* doc/reference.md 4.1: the element that counts, or HORDE_NONE. */
	uint32_t best;
	int64_t workers; /* its count, 0 if there is none */
};

/* What names are put together in; the caller frees `names`. */
struct merge_scratch {
	struct arena *arena;
	struct buf names[BACKEND_MAX];
};

/* part is the name's, of horde_part(). */
void merge_name(const struct horde *, struct str name, const struct name_part *part,
    struct merge_scratch *, struct merged *out);
/* The usage that a backend contributes to `exact`. */
struct usage merge_backend_usage(
    const struct horde *, const struct merged *, enum backend);

#endif
