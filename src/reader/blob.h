/* Bytes that a reader has made and several answers share: immutable, counted. Large
 * ones live in a file, so that they leave by sendfile as those of a snapshot do. */
#ifndef READER_BLOB_H
#define READER_BLOB_H

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "http/response.h"

struct blob {
	unsigned refs;
	unsigned kept; /* by its maker and its caches; 0: only answers need it */
	int fd;        /* -1: on the heap */
	char *data;
	size_t len;
};

/* Takes over the bytes and empties the buffer; one reference. Its maker, which may be
 * any thread, keeps it until the loop says blob_forget(): all that follows is the
 * loop's. */
struct blob *blob_new(struct buf *) MUST_CHECK;
/* Drops a reference; void * so that it is an answer's release function. NULL is fine.
 */
void blob_unref(void *);

/* A cache keeps it; a cache or the maker does no longer. Not a reference: a cache has
 * one as well. */
void blob_keep(struct blob *);
void blob_forget(struct blob *);
/* Bytes of all blobs of this process that only answers need. */
size_t blob_unkept(void);

/* Says where spans of the blob can be sent from, and what it pins. The answer must own
 * it.
 */
void blob_lend(const struct blob *, struct http_response *);

#endif
