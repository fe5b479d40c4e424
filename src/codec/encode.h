/* Content encodings (RFC 9110 section 8.4.1): how a body travels. Pure. Hydrators for
 * complete bodies, readers for what they assemble. */
#ifndef CODEC_ENCODE_H
#define CODEC_ENCODE_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum encoding {
	ENCODING_IDENTITY,
	ENCODING_GZIP,   /* RFC 1952 */
	ENCODING_BROTLI, /* RFC 7932 */
	ENCODING_ZSTD,   /* RFC 8878, window of at most 8 MB (RFC 9659) */
	ENCODING_MAX
};

/* A body that is shorter than this leaves in one packet anyhow. */
#define ENCODE_MIN 1024

enum encode_effort {
	ENCODE_FAST, /* while a client waits */
	ENCODE_SMALL /* once a cycle */
};

/* The content coding's registered name, e.g. "br"; static. */
struct str encoding_name(enum encoding);

/* Appends the encoded body to out. Dies if memory is out. Not of ENCODING_IDENTITY. */
void encode_body(enum encoding, enum encode_effort, struct str body, struct buf *out);

#endif
