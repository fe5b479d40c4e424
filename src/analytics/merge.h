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

/* The variants of a name while they are looked up. Zero to begin with; the caller frees
 * `names`. */
struct merge_lookup {
	struct str variants[BACKEND_MAX]; /* in names, or the lower-case name */
	uint64_t hashes[BACKEND_MAX];
	struct buf names[BACKEND_MAX];
};

/* Merging a name in the steps of map_begin(), of which the second and the third may be
 * left out, so that several go side by side. lower is the name in lower case, part the
 * name's, of horde_part(). */
void merge_begin(const struct horde *, struct str lower, struct merge_lookup *);
void merge_approach(
    const struct horde *, const struct name_part *part, const struct merge_lookup *);
void merge_approach_texts(const struct horde *, const struct merge_lookup *);
void merge_end(const struct horde *, struct str name, struct str lower,
    const struct name_part *part, const struct merge_lookup *, struct merged *out);
void merge_free(struct merge_lookup *);
/* The usage that a backend contributes to `exact`. */
struct usage merge_backend_usage(
    const struct horde *, const struct merged *, enum backend);

#endif
