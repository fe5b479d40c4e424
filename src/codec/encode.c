/* Encoding of bodies, whole, in memory. */
#include "codec/encode.h"

#include <stdint.h>

#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/log.h"

/* Bytes back that a reference may reach: 4 MB, more than a list of 5000 models. */
#define BROTLI_WINDOW 22

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

static void
encode_gzip(int level, struct str body, struct buf *out)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	size_t room, len;

	if (c == NULL)
		fatalx("no memory for gzip");
	room = libdeflate_gzip_compress_bound(c, body.len);
	len =
	    libdeflate_gzip_compress(c, body.p, body.len, buf_reserve(out, room), room);
	libdeflate_free_compressor(c);
	if (len == 0)
		fatalx("gzip has failed on %zu bytes", body.len);
	out->len += len;
}

static void
encode_brotli(int level, struct str body, struct buf *out)
{
	size_t len = BrotliEncoderMaxCompressedSize(body.len);
	uint8_t *to = (uint8_t *)buf_reserve(out, len);

	if (len == 0 || !BrotliEncoderCompress(level, BROTLI_WINDOW, BROTLI_MODE_TEXT,
			    body.len, (const uint8_t *)body.p, &len, to))
		fatalx("brotli has failed on %zu bytes", body.len);
	out->len += len;
}

static void
encode_zstd(int level, struct str body, struct buf *out)
{
	size_t room = ZSTD_compressBound(body.len);
	size_t len =
	    ZSTD_compress(buf_reserve(out, room), room, body.p, body.len, level);

	if (ZSTD_isError(len))
		fatalx("zstd has failed on %zu bytes: %s", body.len,
		    ZSTD_getErrorName(len));
	out->len += len;
}

void
encode_body(
    enum encoding encoding, enum encode_effort effort, struct str body, struct buf *out)
{
	/* Measured on real lists: one step more saves 3 % and costs four times the
	 * time. */
	static const int levels[ENCODING_MAX][2] = {
		[ENCODING_GZIP] = { [ENCODE_FAST] = 6, [ENCODE_SMALL] = 9 },
		[ENCODING_BROTLI] = { [ENCODE_FAST] = 5, [ENCODE_SMALL] = 9 },
		[ENCODING_ZSTD] = { [ENCODE_FAST] = 6, [ENCODE_SMALL] = 15 },
	};
	int level = levels[encoding][effort];

	switch (encoding) {
	case ENCODING_GZIP:
		encode_gzip(level, body, out);
		break;
	case ENCODING_BROTLI:
		encode_brotli(level, body, out);
		break;
	case ENCODING_ZSTD:
		encode_zstd(level, body, out);
		break;
	case ENCODING_IDENTITY:
	case ENCODING_MAX:
		break;
	}
}
