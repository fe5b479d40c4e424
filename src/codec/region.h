/*
 * The memory of the codecs while they encode one body. Brotli asks for 18 MB of tables
 * a body, which malloc(3) maps and unmaps each time: the page faults cost more than the
 * encoding. Here the pages stay from body to body, and are large where the kernel has
 * large ones. Any process; one thread at a time.
 *
 * Built with sanitizers there is no region and everything is malloc(3)'s, because they
 * would not see an overflow within it.
 */
#ifndef CODEC_REGION_H
#define CODEC_REGION_H

#include <stddef.h>

#include "base/attr.h"

struct region {
	char *map; /* NULL: everything is malloc(3)'s */
	size_t map_size;
	char *base; /* begins at a large page */
	size_t size, used;
	size_t touched; /* the most that was used since pages were given back */
	size_t outside; /* allocations that had no room and were malloc(3)'s */
};

/* Reserves so many bytes of address space; they take memory when they are used. */
void region_open(struct region *, size_t size);
/* Memory aligned to 64 bytes, not zeroed; from malloc(3) where there is no room for it.
 * NULL if memory is out. */
void *region_alloc(struct region *, size_t n) MUST_CHECK;
/* Frees what came from malloc(3); what lies in the region stays until its reset. */
void region_free(struct region *, void *);
/* Forgets everything that lies in the region, and gives back all pages but the first
 * `keep` bytes. */
void region_reset(struct region *, size_t keep);
/* Gives everything back. */
void region_close(struct region *);

#endif
