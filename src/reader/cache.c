/* A hash table whose entries are also in the order of their last use. */
#include "reader/cache.h"

#include <sys/queue.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/mem.h"

#define CACHE_BUCKETS 64
#define CACHE_ENTRIES 256 /* each large one has a descriptor */
#define CACHE_SHARE 2     /* one entry takes at most this part of the bytes */

struct entry {
	LIST_ENTRY(entry) bucket;
	TAILQ_ENTRY(entry) use;
	struct blob *blob;
	uint64_t hash;
	size_t cost;
	size_t keylen;
	char key[];
};

LIST_HEAD(bucket, entry);
TAILQ_HEAD(uses, entry);

struct cache {
	struct bucket buckets[CACHE_BUCKETS];
	struct uses uses; /* the last used first */
	size_t n, bytes, max_bytes;
};

struct cache *
cache_new(size_t max_bytes)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	TAILQ_INIT(&c->uses);
	c->max_bytes = max_bytes;
	return c;
}

static void
evict(struct cache *c, struct entry *e)
{
	LIST_REMOVE(e, bucket);
	TAILQ_REMOVE(&c->uses, e, use);
	c->n--;
	c->bytes -= e->cost;
	if (e->blob->refs > 1) /* else it ends here, and was never unkept */
		blob_forget(e->blob);
	blob_unref(e->blob);
	free(e);
}

void
cache_free(struct cache **cp)
{
	struct cache *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	while (!TAILQ_EMPTY(&c->uses))
		evict(c, TAILQ_FIRST(&c->uses));
	free(c);
}

void
cache_drop_shared(struct cache *c)
{
	struct entry *e, *next;

	for (e = TAILQ_FIRST(&c->uses); e != NULL; e = next) {
		next = TAILQ_NEXT(e, use);
		if (e->blob->refs > 1)
			evict(c, e);
	}
}

struct blob *
cache_find(struct cache *c, struct str key)
{
	uint64_t hash = XXH3_64bits(key.p, key.len);
	struct entry *e;

	LIST_FOREACH(e, &c->buckets[hash % CACHE_BUCKETS], bucket)
	{
		if (e->hash != hash || e->keylen != key.len ||
		    memcmp(e->key, key.p, key.len) != 0)
			continue;
		TAILQ_REMOVE(&c->uses, e, use);
		TAILQ_INSERT_HEAD(&c->uses, e, use);
		e->blob->refs++;
		return e->blob;
	}
	return NULL;
}

void
cache_add(struct cache *c, struct str key, struct blob *blob)
{
	size_t cost = sizeof(struct entry) + key.len + blob->len;
	struct entry *e;

	if (cost > c->max_bytes / CACHE_SHARE)
		return;
	while (c->n >= CACHE_ENTRIES || c->bytes + cost > c->max_bytes)
		evict(c, TAILQ_LAST(&c->uses, uses));
	e = xmalloc(sizeof(*e) + key.len);
	e->blob = blob;
	blob->refs++;
	blob_keep(blob);
	e->hash = XXH3_64bits(key.p, key.len);
	e->cost = cost;
	e->keylen = key.len;
	memcpy(e->key, key.p, key.len);
	LIST_INSERT_HEAD(&c->buckets[e->hash % CACHE_BUCKETS], e, bucket);
	TAILQ_INSERT_HEAD(&c->uses, e, use);
	c->n++;
	c->bytes += cost;
}

size_t
cache_bytes(const struct cache *c)
{
	return c->bytes;
}
