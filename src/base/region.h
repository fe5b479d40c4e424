/*
 * Memory that is reserved whole and takes pages as it is used: for work that needs much
 * of it for a short time, such as a cycle of a hydrator or an encoder. malloc(3) maps
 * and unmaps what is large, and the page faults then cost more than the work. Here
 * pages are large where the kernel has large ones, what grows need not move, and all
 * goes back at once. Any process; one thread at a time.
 *
 * Built with sanitizers there is no region and everything is malloc(3)'s, because they
 * would not see an overflow within it.
 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include <stddef.h>

#include "base/attr.h"

struct region {
	char *map; /* NULL: everything is malloc(3)'s */
	size_t map_size;
	char *base; /* begins at a large page */
	size_t size, used;
	size_t open;    /* so much can be written; RLIMIT_DATA counts no more */
	size_t touched; /* the most that was used since pages were given back */
	char *last;     /* of its allocations, NULL: none */
	size_t outside; /* allocations that had no room and were malloc(3)'s */
};

/* Reserves so many bytes of address space. */
void region_open(struct region *, size_t size);
/* Memory aligned to 64 bytes, not zeroed; from malloc(3) where there is no room for it.
 * NULL if memory is out. */
void *region_alloc(struct region *, size_t n) MUST_CHECK;
/* As realloc(3), of which the first `keep` bytes stay; in its place if it was the last
 * allocation and there is room. p is the region's, or NULL. */
void *region_resize(struct region *, void *p, size_t keep, size_t n) MUST_CHECK;
/* Frees what came from malloc(3); what lies in the region stays until its reset. */
void region_free(struct region *, void *);
/* Forgets everything that lies in the region, and gives back all pages but the first
 * `keep` bytes. */
void region_reset(struct region *, size_t keep);
/* Gives everything back. */
void region_close(struct region *);

#endif
