/* Encodings, decoded by other code; and the encoded forms of a payload. */
#include <stdlib.h>
#include <string.h>

#include <brotli/decode.h>
#include <libdeflate.h>
#include <zstd.h>

#include "codec/encode.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "payload/write.h"
#include "unit.h"

static size_t
decode(enum encoding encoding, struct str in, char *out, size_t room)
{
	struct libdeflate_decompressor *d;
	size_t len = room;

	switch (encoding) {
	case ENCODING_GZIP:
		d = libdeflate_alloc_decompressor();
		assert_int_equal(
		    libdeflate_gzip_decompress(d, in.p, in.len, out, room, &len),
		    LIBDEFLATE_SUCCESS);
		libdeflate_free_decompressor(d);
		break;
	case ENCODING_BROTLI:
		assert_int_equal(BrotliDecoderDecompress(in.len, (const uint8_t *)in.p,
				     &len, (uint8_t *)out),
		    BROTLI_DECODER_RESULT_SUCCESS);
		break;
	case ENCODING_ZSTD:
		len = ZSTD_decompress(out, room, in.p, in.len);
		assert_false(ZSTD_isError(len));
		break;
	case ENCODING_IDENTITY:
	case ENCODING_MAX:
		fail();
	}
	return len;
}

static void
assert_decodes(enum encoding e, struct str coded, struct str want)
{
	char *out = malloc(want.len + 1);

	assert_int_equal(decode(e, coded, out, want.len + 1), want.len);
	assert_memory_equal(out, want.p, want.len);
	free(out);
}

/* Text of that many bytes which shrinks, or noise. */
static void
fill(struct buf *b, size_t len, int noise)
{
	uint32_t x = 1;

	(void)buf_reserve(b, len + 32 - b->len);
	while (b->len < len) {
		x = x * 1664525 + 1013904223;
		if (noise)
			buf_putc(b, (char)(x >> 24));
		else
			buf_printf(b, "{\"n\":%u},", x >> 28);
	}
	b->len = len;
}

TEST(every_encoding_at_every_effort_decodes)
{
	static const size_t sizes[] = { 0, 1, 1024, 70000, 131056, 131057, 3000000 };
	struct encoder *encoder = encoder_new(0);

	for (size_t i = 0; i < 2 * NELEM(sizes); i++) {
		struct buf body = { 0 };

		fill(&body, sizes[i / 2], i % 2);
		for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
			for (int f = ENCODE_FAST; f <= ENCODE_SMALL; f++) {
				struct buf out = { 0 };

				buf_puts(&out, "before");
				encode_body(encoder, (enum encoding)e,
				    (enum encode_effort)f,
				    (struct str){ body.data, body.len }, &out);
				assert_memory_equal(out.data, "before", 6);
				assert_decodes((enum encoding)e,
				    (struct str){ out.data + 6, out.len - 6 },
				    (struct str){ body.data, body.len });
				buf_free(&out);
			}
		buf_free(&body);
	}
	encoder_free(&encoder);
	assert_null(encoder);
	encoder_free(&encoder);
}

/* A payload whose first view has a body of that many bytes and whose second is the
 * same. */
static void
make_payload(struct buf *payload, size_t len, int noise)
{
	struct view *v;

	payload_begin(payload, CATEGORY_IMAGE_GENERATION);
	fill(payload, payload->len + len, noise);
	v = &payload_directory(payload)->views[VIEW_RISK];
	v->present = 1;
	v->body = (struct view_span){ payload->len - len, len };
	v->count = (struct view_span){ v->body.off, 0 };
	v->tail = (struct view_span){ payload->len, 0 };
	v->rows = sizeof(struct view_directory);
	for (int p = 0; p < PRESET_MAX; p++)
		v->presets[p].tail = v->tail;
	payload_alias(payload, VIEW_RISK, VIEW_RISK_GROUPED);
	payload_directory(payload)->size = payload->len;
}

TEST(complete_bodies_get_their_encoded_forms)
{
	struct buf payload = { 0 };
	const struct view_directory *d;
	size_t before;

	make_payload(&payload, 5000, 0);
	before = payload.len;
	assert_true(payload_encode(&payload, UINT32_MAX, SIZE_MAX, NULL));
	d = view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_true(payload.len > before && payload.len < before + 5000);
	for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++) {
		struct view_span s = d->views[VIEW_RISK].coded[e];

		assert_true(s.off >= before && s.len > 0);
		assert_decodes((enum encoding)e,
		    (struct str){ payload.data + s.off, s.len },
		    (struct str){ payload.data + d->views[VIEW_RISK].body.off, 5000 });
		assert_int_equal(d->views[VIEW_RISK_GROUPED].coded[e].off, s.off);
	}
	buf_free(&payload);
}

TEST(what_does_not_shrink_or_is_short_is_left)
{
	struct buf noise = { 0 }, small = { 0 };
	size_t before;

	make_payload(&noise, 5000, 1);
	before = noise.len;
	assert_true(payload_encode(&noise, UINT32_MAX, SIZE_MAX, NULL));
	assert_int_equal(noise.len, before);
	make_payload(&small, ENCODE_MIN - 1, 0);
	before = small.len;
	assert_true(payload_encode(&small, UINT32_MAX, SIZE_MAX, NULL));
	assert_int_equal(small.len, before);
	buf_free(&noise);
	buf_free(&small);
}

/* The smallest forms may still have room; the payload is sound in any case. */
TEST(a_form_without_room_is_left_out)
{
	struct buf whole = { 0 }, payload = { 0 };
	const struct view_directory *d;

	make_payload(&whole, 5000, 0);
	assert_true(payload_encode(&whole, UINT32_MAX, SIZE_MAX, NULL));
	make_payload(&payload, 5000, 0);
	assert_true(payload_encode(&payload, UINT32_MAX, whole.len - 1, NULL));
	assert_true(payload.len < whole.len);
	d = view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_true(d->views[VIEW_RISK].coded[ENCODING_GZIP].len > 0);
	assert_int_equal(d->views[VIEW_RISK].coded[ENCODING_ZSTD].len, 0);
	buf_free(&whole);
	buf_free(&payload);
}

static bool
stop_at_second(void *arg)
{
	unsigned *beats = arg;

	return ++*beats < 2;
}

TEST(it_stops_between_bodies)
{
	struct buf payload = { 0 };
	const struct view_directory *d;
	unsigned beats = 0;
	struct pace pace = { .beat = stop_at_second, .arg = &beats };

	make_payload(&payload, 5000, 0);
	assert_false(payload_encode(&payload, UINT32_MAX, SIZE_MAX, &pace));
	assert_int_equal(beats, 2);
	d = view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_true(d->views[VIEW_RISK].coded[ENCODING_GZIP].len > 0);
	assert_int_equal(d->views[VIEW_RISK].coded[ENCODING_BROTLI].len, 0);
	buf_free(&payload);
}

TEST(a_form_out_of_bounds_is_refused)
{
	struct buf payload = { 0 };
	struct view_span *span;

	make_payload(&payload, 5000, 0);
	assert_true(payload_encode(&payload, UINT32_MAX, SIZE_MAX, NULL));
	for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++) {
		span = &payload_directory(&payload)->views[VIEW_RISK].coded[e];
		span->off += payload.len;
		assert_null(
		    view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION));
		span->off -= payload.len;
		span->len += payload.len;
		assert_null(
		    view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION));
		span->len -= payload.len;
		assert_non_null(
		    view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION));
	}
	buf_free(&payload);
}
