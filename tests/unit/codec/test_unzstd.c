/* Undoing zstd: what was encoded, or nothing. */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "codec/encode.h"
#include "codec/unzstd.h"
#include "unit.h"

static char plain[300000];
static struct buf frame;

static int
set_up(void **state UNUSED)
{
	struct encoder *e = encoder_new(0);
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(plain); i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (char)('a' + (x >> 28));
	}
	encode_body(e, ENCODING_ZSTD, ENCODE_SMALL,
	    (struct str){ plain, sizeof(plain) }, &frame);
	encoder_free(&e);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	buf_free(&frame);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

static struct str
whole(void)
{
	return (struct str){ frame.data, frame.len };
}

static void
assert_refused(struct str coded, size_t length)
{
	struct buf out = { 0 };

	buf_puts(&out, "before");
	assert_false(unzstd(coded, length, &out));
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.data, "before", 6);
	buf_free(&out);
}

TEST(what_was_encoded_is_appended)
{
	struct buf out = { 0 };

	buf_puts(&out, "before");
	assert_true(unzstd(whole(), sizeof(plain), &out));
	assert_int_equal(out.len, 6 + sizeof(plain));
	assert_memory_equal(out.data, "before", 6);
	assert_memory_equal(out.data + 6, plain, sizeof(plain));
	buf_free(&out);
}

TEST(the_length_is_that_of_the_frame)
{
	assert_refused(whole(), sizeof(plain) - 1);
	assert_refused(whole(), sizeof(plain) + 1);
	assert_refused(whole(), 0);
	assert_refused(whole(), SIZE_MAX);
	assert_refused(whole(), ZSTD_CONTENTSIZE_UNKNOWN);
	assert_refused(whole(), ZSTD_CONTENTSIZE_ERROR);
}

TEST(one_frame_and_nothing_else)
{
	struct buf two = { 0 };

	for (size_t len = 0; len < frame.len; len += len < 40 ? 1 : 9973)
		assert_refused((struct str){ frame.data, len }, sizeof(plain));
	assert_refused((struct str){ frame.data, frame.len - 1 }, sizeof(plain));
	buf_add(&two, frame.data, frame.len);
	buf_putc(&two, '\0');
	assert_refused((struct str){ two.data, two.len }, sizeof(plain));
	two.len--;
	buf_add(&two, frame.data, frame.len);
	assert_refused((struct str){ two.data, two.len }, sizeof(plain));
	assert_refused((struct str){ two.data, two.len }, 2 * sizeof(plain));
	buf_free(&two);
	assert_refused((struct str){ NULL, 0 }, 0);
}

/* A frame that is to be skipped says that it has nothing. */
TEST(other_frames_are_none)
{
	static const char skippable[] = "\x50\x2a\x4d\x18\x02\0\0\0ab";
	static const char old[] = "\x27\xb5\x2f\xfd\0\0\0\0\0\0\0\0"; /* v0.7 */
	struct buf two = { 0 };

	assert_refused((struct str){ skippable, 10 }, 0);
	assert_refused((struct str){ skippable, 10 }, 2);
	assert_refused((struct str){ old, 12 }, 0);
	buf_add(&two, frame.data, frame.len);
	buf_add(&two, skippable, 10);
	assert_refused((struct str){ two.data, two.len }, sizeof(plain));
	buf_free(&two);
}

/* As a stream is made: the frame does not say how much it is. */
TEST(a_frame_that_does_not_tell_its_length)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(sizeof(plain)), n;
	char *coded = malloc(room);

	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
	n = ZSTD_compress2(c, coded, room, plain, sizeof(plain));
	assert_false(ZSTD_isError(n));
	assert_refused((struct str){ coded, n }, sizeof(plain));
	assert_refused((struct str){ coded, n }, ZSTD_CONTENTSIZE_UNKNOWN);
	ZSTD_freeCCtx(c);
	free(coded);
}

TEST(damage_is_refused_or_harmless)
{
	struct buf out = { 0 };
	char *copy = malloc(frame.len);

	for (size_t i = 0; i < frame.len; i += i < 200 ? 1 : 611) {
		memcpy(copy, frame.data, frame.len);
		copy[i] ^= 0x10;
		if (unzstd((struct str){ copy, frame.len }, sizeof(plain), &out))
			assert_int_equal(out.len, sizeof(plain));
		else
			assert_int_equal(out.len, 0);
		buf_reset(&out);
	}
	free(copy);
	buf_free(&out);
}
