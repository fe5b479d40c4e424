/* Undoing gzip in one go. */
#include "codec/gunzip.h"

#include <endian.h>
#include <libdeflate.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"

#define GZIP_LEAST 18 /* bytes: head, an empty block, trailer */

/* The decoded length as the last four bytes give it, little-endian (RFC 1952 2.3.1). */
static size_t
gzip_length(const struct buf *b)
{
	uint32_t length;

	memcpy(
	    &length, (const char *)b->data + b->len - sizeof(length), sizeof(length));
	return le32toh(length);
}

enum gunzip_result
gunzip(struct buf *body, size_t max)
{
	struct libdeflate_decompressor *d;
	struct buf plain = { 0 };
	enum libdeflate_result rc;
	size_t length, used;

	if (body->len < GZIP_LEAST)
		return GUNZIP_GARBAGE;
	if ((length = gzip_length(body)) > max)
		return GUNZIP_TOO_LARGE;
	if ((d = libdeflate_alloc_decompressor()) == NULL)
		fatalx("out of memory");
	rc = libdeflate_gzip_decompress_ex(d, body->data, body->len,
	    buf_reserve(&plain, length + 1), length, &used, NULL);
	libdeflate_free_decompressor(d);
	if (rc != LIBDEFLATE_SUCCESS || used != body->len) {
		buf_free(&plain);
		return GUNZIP_GARBAGE;
	}
	plain.len = length;
	buf_free(body);
	*body = plain;
	return GUNZIP_OK;
}
