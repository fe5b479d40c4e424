/* The head of a value, which the payload in zstd follows at once. Private to src/fleet.
 */
#ifndef FLEET_VALUE_LAYOUT_H
#define FLEET_VALUE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <xxhash.h>

#include "base/attr.h"
#include "fleet/value.h"

/* The text carries the version of the layout: change one, change the other. */
#define VALUE_MAGIC "HYDRATORD-FLT-1"
#define VALUE_MAGIC_KIND 14 /* bytes of it that no version changes */
#define VALUE_BYTE_ORDER UINT32_C(0x01020304)
#define VALUE_FORMAT_SIZE 8
#define VALUE_CATEGORY_SIZE 32

/* Texts are padded with zeros; integers are in the byte order of the machine, as they
 * are in the payload. */
struct value_header {
	char magic[16];
	uint32_t byte_order;  /* VALUE_BYTE_ORDER */
	uint32_t header_size; /* bytes of this struct */
	char format[VALUE_FORMAT_SIZE];
	char category[VALUE_CATEGORY_SIZE];
	struct fleet_value value;
	uint64_t coded;    /* bytes that follow */
	uint64_t checksum; /* of all before it, and of what follows */
};

STAYS_AT(value_header, magic, 0);
STAYS_AT(value_header, byte_order, 16);
STAYS_AT(value_header, header_size, 20);
STAYS_AT(value_header, format, 24);
STAYS_AT(value_header, category, 32);
STAYS_AT(value_header, value.token, 64);
STAYS_AT(value_header, value.seq, 72);
STAYS_AT(value_header, value.leader, 80);
STAYS_AT(value_header, value.begun, 144);
STAYS_AT(value_header, value.published, 152);
STAYS_AT(value_header, value.published_wall, 160);
STAYS_AT(value_header, value.part, 168);
STAYS_AT(value_header, value.gate, 216);
STAYS_AT(value_header, value.length, 344);
STAYS_AT(value_header, value.checksum, 352);
STAYS_AT(value_header, coded, 360);
STAYS_AT(value_header, checksum, 368);
_Static_assert(sizeof(struct value_header) == 376, "header is 376 bytes");
_Static_assert(sizeof(VALUE_MAGIC) == 16, "magic fills its field");

/* XXH3 (64 bits) of the header up to the checksum, seeded with that of what follows
 * (seed 0). */
static inline uint64_t
value_checksum(const struct value_header *h, struct str coded)
{
	return XXH3_64bits_withSeed(h, offsetof(struct value_header, checksum),
	    XXH3_64bits(coded.p, coded.len));
}

/* A header of this program and machine; the rest is zero. */
static inline void
value_header_init(struct value_header *h, const struct fleet_value_id *id)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, VALUE_MAGIC, sizeof(h->magic));
	h->byte_order = VALUE_BYTE_ORDER;
	h->header_size = sizeof(*h);
	memcpy(h->format, id->format, strnlen(id->format, sizeof(h->format)));
	strlcpy(h->category, id->category, sizeof(h->category));
}

#endif
