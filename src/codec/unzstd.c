/* Undoing zstd in one go. */
#include "codec/unzstd.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <zstd.h>

#include "base/log.h"

/* Whether it is one frame, to its last byte, that says that it encodes so much. The
 * library would take frames of zstd's first versions as well, by decoders that nobody
 * looks after, and skip what is made to be skipped. */
static bool
frame_says(struct str frame, size_t length)
{
	uint32_t magic;

	if (frame.len < sizeof(magic))
		return false;
	memcpy(&magic, frame.p, sizeof(magic));
	return le32toh(magic) == ZSTD_MAGICNUMBER && length < ZSTD_CONTENTSIZE_ERROR &&
	       ZSTD_findFrameCompressedSize(frame.p, frame.len) == frame.len &&
	       ZSTD_getFrameContentSize(frame.p, frame.len) == length;
}

bool
unzstd(struct str frame, size_t length, struct buf *out)
{
	ZSTD_DCtx *d;
	size_t n;

	if (!frame_says(frame, length))
		return false;
	if ((d = ZSTD_createDCtx()) == NULL)
		fatalx("out of memory");
	n = ZSTD_decompressDCtx(
	    d, buf_reserve(out, length), length, frame.p, frame.len);
	ZSTD_freeDCtx(d);
	if (ZSTD_isError(n) || n != length)
		return false;
	out->len += length;
	return true;
}
