/*
 * How much memory the process has of its own, held against hydration.max_memory: a
 * cycle that takes more ends with a line in the log, and the machine is not the one to
 * find out. Hydrators.
 */
#ifndef HYDRATOR_MEMORY_H
#define HYDRATOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct memory {
	int fd;       /* /proc/self/statm; -1: nothing is known, and nothing too much */
	size_t limit; /* bytes; 0: none */
	size_t begun; /* what the process had at memory_open() */
};

/* Before the sandbox, behind which /proc may be out of reach. limit: bytes, 0: none. */
void memory_open(struct memory *, int64_t limit);
void memory_close(struct memory *);

/* Bytes that the process has taken since memory_open(): pages that it has written, not
 * address space, not the segment. 0 if that is not known. */
size_t memory_taken(const struct memory *);
/* Whether these are more than the limit. */
bool memory_is_short(const struct memory *) MUST_CHECK;

#endif
