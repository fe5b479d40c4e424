/* The latch alone: its numbers, its judgement of copies, its word copies. */
#include "shm/seqlock.h"
#include "unit.h"

TEST(sequence_tells_generations)
{
	struct seqlock l = { 0 };

	assert_int_equal(seqlock_current(&l), 0);
	assert_int_equal(seqlock_begin(&l), 1);
	assert_int_equal(l.seq, 1);
	assert_int_equal(seqlock_current(&l), 0);
	seqlock_end(&l, 1);
	assert_int_equal(l.seq, 2);
	assert_int_equal(seqlock_current(&l), 1);
	assert_int_equal(seqlock_begin(&l), 2);
	assert_int_equal(seqlock_current(&l), 1);
}

TEST(begin_after_a_death_begins_the_same)
{
	struct seqlock l = { 8 };

	assert_int_equal(seqlock_begin(&l), 5);
	assert_int_equal(seqlock_begin(&l), 5);
	assert_int_equal(l.seq, 9);
	assert_int_equal(seqlock_current(&l), 4);
	seqlock_end(&l, 5);
	assert_int_equal(l.seq, 10);
}

TEST(successive_generations_differ_in_buffer)
{
	uint64_t g;

	for (g = 1; g < 10; g++)
		assert_int_not_equal(seqlock_buffer(g), seqlock_buffer(g + 1));
}

TEST(copy_is_overtaken_by_the_generation_after_next)
{
	struct seqlock l = { 0 };

	seqlock_end(&l, 4);
	assert_false(seqlock_overtaken(&l, 4));
	seqlock_begin(&l); /* 5 goes to the other buffer */
	assert_false(seqlock_overtaken(&l, 4));
	seqlock_end(&l, 5);
	assert_false(seqlock_overtaken(&l, 4));
	seqlock_begin(&l); /* 6 goes to the buffer of 4 */
	assert_true(seqlock_overtaken(&l, 4));
	assert_false(seqlock_overtaken(&l, 5));
	seqlock_end(&l, 6);
	assert_true(seqlock_overtaken(&l, 4));
}

TEST(sequence_has_64_bits)
{
	struct seqlock l = { UINT64_C(1) << 33 };

	assert_true(seqlock_current(&l) == UINT64_C(1) << 32);
	assert_true(seqlock_begin(&l) == (UINT64_C(1) << 32) + 1);
}

TEST(words_round_trip_at_every_length)
{
	_Atomic uint64_t shared[5];
	uint64_t back[5];
	char in[33];
	const char *out = (const char *)back;
	size_t len, i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (char)(i + 1);
	for (len = 0; len < 32; len++) {
		memset(back, 0xee, sizeof(back));
		for (i = 0; i < 5; i++)
			seqlock_put(&shared[i], UINT64_MAX);
		seqlock_fill(shared, in + 1, len); /* not aligned */
		seqlock_copy(back, shared, len);
		assert_memory_equal(out, in + 1, len);
		for (i = len; i < (len + 7) / 8 * 8; i++)
			assert_int_equal(out[i], 0);
		/* Nothing beyond the padding, neither there nor here. */
		assert_true(seqlock_get(&shared[(len + 7) / 8]) == UINT64_MAX);
		assert_int_equal((unsigned char)out[(len + 7) / 8 * 8], 0xee);
	}
}
