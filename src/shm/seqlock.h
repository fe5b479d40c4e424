/*
 * The latch: a double-buffered sequence lock between processes. One writer at a
 * time, any number of readers, and nobody ever waits for anybody.
 *
 * Generation g (1, 2, ...) lives in buffer g & 1. The sequence is 2g while g is whole
 * and nothing is being written, and 2g + 1 while g is whole and g + 1 is being
 * written. The memory-order argument and its proofs: doc/segment-format.md.
 */
#ifndef SHM_SEQLOCK_H
#define SHM_SEQLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct seqlock {
	_Atomic uint64_t seq;
};

/* Runs after every store to shared memory: a test kills the writer there. */
#ifndef SEQLOCK_TEST_STORED
#define SEQLOCK_TEST_STORED() ((void)0)
#endif

/*
 * `seq | 1`, never `seq + 1`: a writer that died while writing left the sequence odd,
 * and + 1 would make it even while its successor writes, so that readers take the
 * half-written buffer for the whole one. A test builds the wrong one and must see
 * it fail.
 */
#ifdef SEQLOCK_TEST_PLUS_ONE
#define SEQLOCK_MARK(seq) ((seq) + 1)
#else
#define SEQLOCK_MARK(seq) ((seq) | 1)
#endif

static inline unsigned
seqlock_buffer(uint64_t generation)
{
	return generation & 1;
}

static inline void
seqlock_put(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
	SEQLOCK_TEST_STORED();
}

static inline uint64_t
seqlock_get(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

/*
 * Writer, which must be the only one: announces that it writes, and returns the
 * generation to write. All its words must lie between seqlock_begin() and
 * seqlock_end(). Dying in between is harmless; the successor just begins again.
 */
static inline uint64_t
seqlock_begin(struct seqlock *l)
{
	uint64_t mark =
	    SEQLOCK_MARK(atomic_load_explicit(&l->seq, memory_order_acquire));

	/* Release: who reads this odd value sees the whole generation before it. */
	atomic_store_explicit(&l->seq, mark, memory_order_release);
	SEQLOCK_TEST_STORED();
	/* No word stored below is seen by a reader that then still misses the mark. */
	atomic_thread_fence(memory_order_release);
	return (mark >> 1) + 1;
}

/* Writer: what was written since seqlock_begin() becomes the current generation. */
static inline void
seqlock_end(struct seqlock *l, uint64_t generation)
{
	/* Release: who reads this value sees all the words of the generation. */
	atomic_store_explicit(&l->seq, generation << 1, memory_order_release);
	SEQLOCK_TEST_STORED();
}

/* Reader: the newest whole generation, 0 before the first. */
static inline uint64_t
seqlock_current(const struct seqlock *l)
{
	return atomic_load_explicit(&l->seq, memory_order_acquire) >> 1;
}

/*
 * Reader, after it copied words of the generation: true if the writer may have
 * touched them meanwhile, that is, if it has begun the generation after next. The
 * copy is then worth nothing, not even its lengths.
 */
static inline bool
seqlock_overtaken(const struct seqlock *l, uint64_t generation)
{
	uint64_t seq;

	/* The words were loaded before the sequence is loaded again. */
	atomic_thread_fence(memory_order_acquire);
	seq = atomic_load_explicit(&l->seq, memory_order_relaxed);
	return seq > (generation + 1) << 1;
}

/* Writer: copies len bytes to shared words; the last word is padded with zeros. */
static inline void
seqlock_fill(_Atomic uint64_t *to, const void *from, size_t len)
{
	const char *p = from;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		seqlock_put(to++, word);
	}
	if (len == 0)
		return;
	word = 0;
	memcpy(&word, p, len);
	seqlock_put(to, word);
}

/* Reader: copies the words that hold len bytes; `to` has room for whole words. */
static inline void
seqlock_copy(uint64_t *to, const _Atomic uint64_t *from, size_t len)
{
	size_t i, nwords = len / sizeof(*to) + (len % sizeof(*to) != 0);

	for (i = 0; i < nwords; i++)
		to[i] = seqlock_get(&from[i]);
}

#endif
