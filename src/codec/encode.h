/* Content encodings (RFC 9110 section 8.4.1): how a body travels. Pure. Hydrators for
 * complete bodies, readers for what they assemble, embed for the dashboard. */
#ifndef CODEC_ENCODE_H
#define CODEC_ENCODE_H

#include <stddef.h>

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
	ENCODE_FAST,    /* while a client waits */
	ENCODE_SMALL,   /* once a cycle */
	ENCODE_SMALLEST /* once a build */
};

/* The content coding's registered name, e.g. "br"; static. */
struct str encoding_name(enum encoding);

/*
 * The memory that encoding takes. One belongs to one thread at a time, and may be
 * handed to another. keep: so many bytes of it stay between two bodies, SIZE_MAX for
 * all, which is what a series of bodies wants; with 0 an encoder that waits takes next
 * to nothing. No more than ENCODER_MEMORY is ever used, but for what a body that needs
 * more takes from malloc(3) while it is encoded. Dies if memory is out.
 */
struct encoder;
#define ENCODER_MEMORY ((size_t)64 * 1024 * 1024)

struct encoder *encoder_new(size_t keep) MUST_CHECK;
/* Frees *e (which may be NULL) and sets it to NULL: nothing of it stays. */
void encoder_free(struct encoder **e);

/* Appends the encoded body to out. Dies if memory is out. Not of ENCODING_IDENTITY. */
void encode_body(struct encoder *, enum encoding, enum encode_effort, struct str body,
    struct buf *out);

#endif
