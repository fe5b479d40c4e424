/* The checksum of a generation: its payload and its metadata. Writer and readers. */
#ifndef SHM_CHECKSUM_H
#define SHM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "shm/publish.h"

/*
 * XXH3 (64 bits, seed 0) of the payload; then the same of that result, the
 * generation, the length and the stamp, as six 64-bit words in native order.
 */
static inline uint64_t
checksum_of(const void *data, uint64_t len, uint64_t generation,
    const struct snapshot_stamp *stamp)
{
	uint64_t words[] = {
		XXH3_64bits(data, (size_t)len),
		generation,
		len,
		(uint64_t)stamp->fetched_boot,
		(uint64_t)stamp->fetched_wall,
		(uint64_t)stamp->published_wall,
	};

	return XXH3_64bits(words, sizeof(words));
}

#endif
