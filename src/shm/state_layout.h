/* The head of a saved generation. Private to src/shm; see doc/segment-format.md. */
#ifndef SHM_STATE_LAYOUT_H
#define SHM_STATE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <xxhash.h>

#include "base/attr.h"
#include "shm/layout.h"
#include "shm/state.h"

/* The text carries the version of the layout: change one, change the other. */
#define STATE_MAGIC "HYDRATORD-SAV-2"
#define STATE_MAGIC_KIND 14 /* bytes of it that no version changes */
#define STATE_FORMAT_SIZE 8
#define STATE_BOOT_ID_SIZE 40
#define STATE_SUFFIX ".snapshot"
#define STATE_NAME_SIZE (SEGMENT_NAME_SIZE + 16) /* with ".snapshot" and ".new" */

/* The payload follows at once. Texts are padded with zeros. */
struct state_header {
	char magic[16];
	uint32_t byte_order;  /* SEGMENT_BYTE_ORDER */
	uint32_t header_size; /* bytes of this struct */
	uint64_t length;      /* bytes of payload */
	struct snapshot_stamp stamp;
	char format[STATE_FORMAT_SIZE];
	char category[SEGMENT_NAME_SIZE];
	char boot_id[STATE_BOOT_ID_SIZE];
	uint64_t checksum; /* of all before it, and of the payload */
};

STAYS_AT(state_header, magic, 0);
STAYS_AT(state_header, byte_order, 16);
STAYS_AT(state_header, header_size, 20);
STAYS_AT(state_header, length, 24);
STAYS_AT(state_header, stamp, 32);
STAYS_AT(state_header, format, 88);
STAYS_AT(state_header, category, 96);
STAYS_AT(state_header, boot_id, 128);
STAYS_AT(state_header, checksum, 168);
_Static_assert(sizeof(struct state_header) == 176, "header is 176 bytes");
_Static_assert(sizeof(STATE_MAGIC) == 16, "magic fills its field");

/* XXH3 (64 bits) of the header up to the checksum, seeded with that of the payload
 * (seed 0). */
static inline uint64_t
state_checksum(const struct state_header *h, const void *data, size_t len)
{
	return XXH3_64bits_withSeed(
	    h, offsetof(struct state_header, checksum), XXH3_64bits(data, len));
}

/* The name of the category's file, or of one beside it. */
static inline void
state_name(char name[STATE_NAME_SIZE], const struct state_id *id, const char *beside)
{
	strlcpy(name, id->category, SEGMENT_NAME_SIZE);
	strlcat(name, STATE_SUFFIX, STATE_NAME_SIZE);
	strlcat(name, beside, STATE_NAME_SIZE);
}

/* A header of this program and machine; the rest is zero. */
static inline void
state_header_init(struct state_header *h, const struct state_id *id)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, STATE_MAGIC, sizeof(h->magic));
	h->byte_order = SEGMENT_BYTE_ORDER;
	h->header_size = sizeof(*h);
	memcpy(h->format, id->format, strnlen(id->format, sizeof(h->format)));
	strlcpy(h->category, id->category, sizeof(h->category));
	strlcpy(h->boot_id, id->boot_id, sizeof(h->boot_id));
}

#endif
