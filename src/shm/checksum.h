/* The checksum of a generation: its payload and its metadata. Writer and readers. */
#ifndef SHM_CHECKSUM_H
#define SHM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include "shm/publish.h"

/*
 * XXH3 (64 bits, seed 0) of the payload; then the same of that result, the
 * generation, the length and the stamp, as ten 64-bit words in native order. So who
 * knows the first can tell without the payload whether a checksum is of it.
 */
static inline uint64_t
checksum_of_payload(const void *data, uint64_t len)
{
	return XXH3_64bits(data, (size_t)len);
}

static inline uint64_t
checksum_of(uint64_t payload, uint64_t len, uint64_t generation,
    const struct snapshot_stamp *stamp)
{
	const struct {
		uint64_t payload, generation, len;
		struct snapshot_stamp stamp;
	} all = { payload, generation, len, *stamp };

	return XXH3_64bits(&all, sizeof(all));
}

#endif
