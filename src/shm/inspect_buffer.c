/* Both buffers of a latch: the one that is served, and the one before it, which is what
 * a writer writes over. */
#include <inttypes.h>
#include <stdio.h>

#include "shm/checksum.h"
#include "shm/inspect.h"
#include "shm/layout.h"

#define INSPECT_BUFFER_TRIES 8

enum inspect_found {
	FOUND_NOTHING, /* it was never written */
	FOUND_WHOLE,
	FOUND_UNFINISHED, /* it is being written, or its writer died */
	FOUND_OVERTAKEN,
	FOUND_DAMAGED,
};

/* The generation that a buffer has while the latch is at seq; 0: none. */
static uint64_t
generation_of(uint64_t seq, unsigned buffer)
{
	uint64_t g = seq >> 1;

	if (g == 0 || seqlock_buffer(g) == buffer)
		return g;
	return g - 1;
}

static enum inspect_found
look_at_whole(const struct segment *seg, unsigned category, uint64_t g,
    const struct slot_meta *meta, struct buf *payload, const char **why)
{
	struct snapshot_stamp stamp;
	uint64_t len = seqlock_get(&meta->length),
		 checksum = seqlock_get(&meta->checksum);

	segment_read_stamp(&stamp, meta);
	*why = "its length is not one that the capacity has room for";
	if (len == 0 || len > segment_capacity(seg))
		return FOUND_DAMAGED;
	buf_reset(payload);
	seqlock_copy((uint64_t *)(void *)buf_reserve(payload, len + sizeof(uint64_t)),
	    segment_buffer(seg, category, g), len);
	payload->len = len;
	*why = "its checksum is not that of its bytes, length, generation and stamp";
	return checksum_of(checksum_of_payload(payload->data, len), len, g, &stamp) ==
		       checksum
		   ? FOUND_WHOLE
		   : FOUND_DAMAGED;
}

/* One look, during which the latch may go on. */
static enum inspect_found
look_at_buffer(const struct segment *seg, unsigned category, unsigned buffer,
    struct buf *payload, uint64_t *generation, const char **why)
{
	const struct seqlock *latch = &segment_slot(seg, category)->latch;
	uint64_t seq = atomic_load_explicit(&latch->seq, memory_order_acquire),
		 g = generation_of(seq, buffer), number;
	const struct slot_meta *meta = segment_meta(seg, category, buffer);
	enum inspect_found found;

	*generation = g;
	if ((seq & 1) != 0 && g != seq >> 1)
		return FOUND_UNFINISHED;
	number = seqlock_get(&meta->generation);
	if (g == 0 || (number == 0 && g != seq >> 1)) {
		*why = "it has a generation, but the latch has had none";
		found = number == 0 ? FOUND_NOTHING : FOUND_DAMAGED;
	} else if (number != g) {
		*why = "its generation is not the one that the latch says";
		found = FOUND_DAMAGED;
	} else
		found = look_at_whole(seg, category, g, meta, payload, why);
	return seqlock_overtaken(latch, g) ? FOUND_OVERTAKEN : found;
}

bool
inspect_buffer(struct inspection *i, const struct segment *seg, unsigned category,
    unsigned buffer, struct buf *payload, uint64_t *generation)
{
	enum inspect_found found = FOUND_OVERTAKEN;
	const char *why = "";
	char where[96];

	for (int n = 0; n < INSPECT_BUFFER_TRIES && found == FOUND_OVERTAKEN; n++)
		found =
		    look_at_buffer(seg, category, buffer, payload, generation, &why);
	snprintf(where, sizeof(where), "%s: buffer %u",
	    segment_category_name(seg, category), buffer);
	switch (found) {
	case FOUND_NOTHING:
		inspect_say(i, true, where, "nothing was written yet");
		break;
	case FOUND_WHOLE:
		inspect_say(i, true, where,
		    "generation %" PRIu64 ", %zu bytes, checksum is true", *generation,
		    payload->len);
		return true;
	case FOUND_UNFINISHED:
		inspect_say(i, true, where, "being written, or its writer died");
		break;
	case FOUND_OVERTAKEN:
		inspect_say(i, true, where, "written too often to be looked at");
		break;
	case FOUND_DAMAGED:
		inspect_say(
		    i, false, where, "generation %" PRIu64 ": %s", *generation, why);
		break;
	}
	return false;
}
