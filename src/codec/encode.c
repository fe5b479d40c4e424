/* Encoding of bodies, whole, in memory. */
#include "codec/encode.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* For a context with memory of our own. */
#define ZSTD_STATIC_LINKING_ONLY
#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/region.h"

/* Powers of two of the bytes back that a reference may reach: 4 MB is more than a list
 * of 5000 models. Below 17 brotli chooses other tables, which are made for little
 * memory. */
#define BROTLI_WINDOW_MIN 17
#define BROTLI_WINDOW_MAX 22

struct encoder {
	struct region region;
	size_t keep;
};

/* libdeflate's allocator is one for all threads and is told nothing but a size: the
 * region that a thread encodes in, NULL while it does not. */
static _Thread_local struct region *deflating;

struct str
encoding_name(enum encoding encoding)
{
	static const struct str names[ENCODING_MAX] = {
		[ENCODING_IDENTITY] = { "identity", 8 },
		[ENCODING_GZIP] = { "gzip", 4 },
		[ENCODING_BROTLI] = { "br", 2 },
		[ENCODING_ZSTD] = { "zstd", 4 },
	};

	return names[encoding];
}

static void *
deflate_alloc(size_t n)
{
	return deflating != NULL ? region_alloc(deflating, n) : malloc(n);
}

static void
deflate_free(void *p)
{
	if (deflating != NULL)
		region_free(deflating, p);
	else
		free(p);
}

static void
deflate_prepare(void)
{
	libdeflate_set_memory_allocator(deflate_alloc, deflate_free);
}

struct encoder *
encoder_new(size_t keep)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct encoder *e = xcalloc(1, sizeof(*e));

	pthread_once(&once, deflate_prepare);
	region_open(&e->region, ENCODER_MEMORY);
	e->keep = keep;
	return e;
}

void
encoder_free(struct encoder **e)
{
	if (*e == NULL)
		return;
	region_close(&(*e)->region);
	free(*e);
	*e = NULL;
}

static void
encode_gzip(struct region *region, int level, struct str body, struct buf *out)
{
	struct libdeflate_compressor *c;
	size_t room, len;

	deflating = region;
	if ((c = libdeflate_alloc_compressor(level)) == NULL)
		fatalx("no memory for gzip");
	room = libdeflate_gzip_compress_bound(c, body.len);
	len =
	    libdeflate_gzip_compress(c, body.p, body.len, buf_reserve(out, room), room);
	libdeflate_free_compressor(c);
	deflating = NULL;
	if (len == 0)
		fatalx("gzip has failed on %zu bytes", body.len);
	out->len += len;
}

static void *
codec_alloc(void *region, size_t n)
{
	return region_alloc(region, n);
}

static void
codec_free(void *region, void *p)
{
	region_free(region, p);
}

/* The least window that reaches over all of the body (RFC 7932 section 9.1): both sides
 * take memory for it. */
static uint32_t
brotli_window(size_t n)
{
	uint32_t window = BROTLI_WINDOW_MIN;

	while (window < BROTLI_WINDOW_MAX && (UINT32_C(1) << window) - 16 < n)
		window++;
	return window;
}

static uint32_t
brotli_hint(size_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void
encode_brotli(struct region *region, int level, struct str body, struct buf *out)
{
	BrotliEncoderState *s =
	    BrotliEncoderCreateInstance(codec_alloc, codec_free, region);
	size_t in = body.len, room = BrotliEncoderMaxCompressedSize(body.len);
	const uint8_t *from = (const uint8_t *)body.p;
	uint8_t *to = (uint8_t *)buf_reserve(out, room);

	if (s == NULL)
		fatalx("no memory for brotli");
	/* What BrotliEncoderCompress() does, which has no memory but malloc's. */
	if (room == 0 ||
	    !BrotliEncoderSetParameter(s, BROTLI_PARAM_QUALITY, (uint32_t)level) ||
	    !BrotliEncoderSetParameter(s, BROTLI_PARAM_LGWIN, brotli_window(in)) ||
	    !BrotliEncoderSetParameter(s, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT) ||
	    !BrotliEncoderSetParameter(s, BROTLI_PARAM_SIZE_HINT, brotli_hint(in)) ||
	    !BrotliEncoderCompressStream(
		s, BROTLI_OPERATION_FINISH, &in, &from, &room, &to, NULL) ||
	    !BrotliEncoderIsFinished(s))
		fatalx("brotli has failed on %zu bytes", body.len);
	BrotliEncoderDestroyInstance(s);
	out->len = (size_t)((char *)to - out->data);
}

static void
encode_zstd(struct region *region, int level, struct str body, struct buf *out)
{
	ZSTD_CCtx *c = ZSTD_createCCtx_advanced(
	    (ZSTD_customMem){ codec_alloc, codec_free, region });
	size_t room = ZSTD_compressBound(body.len), len;

	if (c == NULL)
		fatalx("no memory for zstd");
	len =
	    ZSTD_compressCCtx(c, buf_reserve(out, room), room, body.p, body.len, level);
	ZSTD_freeCCtx(c);
	if (ZSTD_isError(len))
		fatalx("zstd has failed on %zu bytes: %s", body.len,
		    ZSTD_getErrorName(len));
	out->len += len;
}

static void
encode_at(struct encoder *e, enum encoding encoding, int level, struct str body,
    struct buf *out)
{
	switch (encoding) {
	case ENCODING_GZIP:
		encode_gzip(&e->region, level, body, out);
		break;
	case ENCODING_BROTLI:
		encode_brotli(&e->region, level, body, out);
		break;
	case ENCODING_ZSTD:
		encode_zstd(&e->region, level, body, out);
		break;
	case ENCODING_IDENTITY:
	case ENCODING_MAX:
		break;
	}
	region_reset(&e->region, e->keep);
}

void
encode_body(struct encoder *e, enum encoding encoding, enum encode_effort effort,
    struct str body, struct buf *out)
{
	/* Measured on real lists: all bodies together are at most 3 % longer than at 9,
	 * 9 and 15, which take three to four times as long. */
	static const int levels[ENCODING_MAX][3] = {
		[ENCODING_GZIP] = { 6, 8, [ENCODE_SMALLEST] = 12 },
		[ENCODING_BROTLI] = { 5, 7, [ENCODE_SMALLEST] = 11 },
		[ENCODING_ZSTD] = { 6, 10, [ENCODE_SMALLEST] = 19 },
	};

	encode_at(e, encoding, levels[encoding][effort], body, out);
}
