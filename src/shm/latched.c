/* Records that are read whole or not at all. */
#include "shm/latched.h"

#include <string.h>

/* A writer writes rarely; whoever is overtaken so often has met a madman. */
#define LATCHED_TRIES 8

/* Words from the latch to the copy of a generation. */
static size_t
words_to(uint64_t generation, size_t size)
{
	return 1 + seqlock_buffer(generation) * (size / sizeof(uint64_t));
}

void
latched_write(struct seqlock *l, const void *from, size_t size)
{
	uint64_t generation = seqlock_begin(l);

	seqlock_fill(&l->seq + words_to(generation, size), from, size);
	seqlock_end(l, generation);
}

static void
copy_words(char *to, const _Atomic uint64_t *from, size_t size)
{
	uint64_t word;

	for (size_t at = 0; at < size; at += sizeof(word)) {
		word = seqlock_get(from++);
		memcpy(to + at, &word, sizeof(word));
	}
}

bool
latched_read(const struct seqlock *l, void *out, size_t size)
{
	uint64_t generation;

	for (int i = 0; i < LATCHED_TRIES; i++) {
		if ((generation = seqlock_current(l)) == 0)
			break;
		copy_words(out, &l->seq + words_to(generation, size), size);
		if (!seqlock_overtaken(l, generation))
			return true;
	}
	memset(out, 0, size);
	return false;
}
