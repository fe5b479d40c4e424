/* New baselines, of which a document may have as many as its author likes: each is
 * named in the log once, and no more than a few dozen in the life of a process. */
#ifndef HYDRATOR_BASELINES_H
#define HYDRATOR_BASELINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define BASELINES_NAMED 32

/* Zero-initialise to start. */
struct baselines {
	uint64_t named[BASELINES_NAMED]; /* hashes of what the log has */
	size_t n;
	bool full; /* and that there are more */
};

/* Logs a baseline (any text) that this version does not know, if it is to be. */
void baselines_note(struct baselines *, const char *category, struct str baseline);

#endif
