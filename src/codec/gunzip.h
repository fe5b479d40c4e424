/*
 * Undoing the content coding gzip (RFC 9110 8.4.1.3, RFC 1952). Not left to libcurl,
 * which takes a stream that ends early for whole, unseen by its checksum. Hydrators.
 */
#ifndef CODEC_GUNZIP_H
#define CODEC_GUNZIP_H

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

enum gunzip_result {
	GUNZIP_OK,
	GUNZIP_GARBAGE,
	GUNZIP_TOO_LARGE
};

/*
 * Replaces body, one gzip member and nothing else, by what it encodes, at most max
 * bytes. Its length and checksum must be true. It decodes no byte more than the length
 * says, which it looks at first, so that a bomb costs nothing. Else body stays as it
 * is.
 */
enum gunzip_result gunzip(struct buf *body, size_t max) MUST_CHECK;

#endif
