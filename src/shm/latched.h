/*
 * A record behind a latch: its struct seqlock, then two copies of it. One writer, any
 * number of readers; a reader gets all of one writing or nothing, whoever is killed
 * whenever (seqlock.h, doc/segment-format.md).
 */
#ifndef SHM_LATCHED_H
#define SHM_LATCHED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/seqlock.h"

/* Declares the record of a type, whose size is whole words. */
#define LATCHED(name, type)                                                            \
	struct name {                                                                  \
		struct seqlock latch;                                                  \
		_Atomic uint64_t copy[2][sizeof(type) / sizeof(uint64_t)];             \
	};                                                                             \
	_Static_assert(sizeof(type) % sizeof(uint64_t) == 0, "made of words")

/* The one writer: size is that of the type. */
void latched_write(struct seqlock *, const void *from, size_t size);
/* Any process: copies what was written last. Returns false, and *out is zero, if
 * nothing was, or it was written too often meanwhile. */
bool latched_read(const struct seqlock *, void *out, size_t size);

#endif
