/* What a cycle leaves out, logged when that changes and not at every cycle. */
#ifndef HYDRATOR_SKIPS_H
#define HYDRATOR_SKIPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define SKIPS_NAMED 10 /* so many are named in the log */

/* Zero-initialise to start. */
struct skips {
	char *named[SKIPS_NAMED]; /* the first ones of this cycle */
	size_t nnamed;
	uint64_t count; /* of this cycle */
	uint64_t sum;   /* sum of hashes: the same set gives the same in any order */
	uint64_t reported_count, reported_sum;
};

/* A cycle begins: nothing is left out yet. */
void skips_begin(struct skips *);
/* what: which record, and why; copied. */
void skips_add(struct skips *, const char *what);
/* Logs this cycle's for a category if they are not those that were logged last. */
void skips_report(struct skips *, const char *category);
/* Frees what it holds; it is as new. */
void skips_free(struct skips *);

#endif
