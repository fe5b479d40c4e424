/* Bodies that were made of one generation, kept under what was asked: so that asking
 * again costs what a complete body costs. Bounded; the least recently used go first.
 * Keys are compared whole, never by hash alone. */
#ifndef READER_CACHE_H
#define READER_CACHE_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "reader/blob.h"

struct cache;

/* max_bytes: of keys and blobs together. */
struct cache *cache_new(size_t max_bytes) MUST_CHECK;
/* Frees *c (NULL is fine) and sets it to NULL. Blobs in use live on. */
void cache_free(struct cache **c);

/* Lets go of the blobs that somebody else has as well: their counts are the loop's, and
 * any thread may free a cache that has no such blob. */
void cache_drop_shared(struct cache *);

/* What is kept under the key, with a reference for the caller, or NULL. */
struct blob *cache_find(struct cache *, struct str key) MUST_CHECK;
/* Keeps a blob, with a reference of the cache's own, under a key that is not there yet;
 * unless it is so large that little else would have room. */
void cache_add(struct cache *, struct str key, struct blob *);

/* Bytes kept at present. */
size_t cache_bytes(const struct cache *);

#endif
