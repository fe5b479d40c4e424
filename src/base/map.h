/*
 * A map from text to values, numbered in the order of their first appearance: an open
 * hash over XXH3, seeded with a secret of the process, so that nobody can write names
 * that collide. Keys are borrowed, everything else is in the arena. Numbers do not
 * depend on the secret, hence nothing that is made of a map does. Any process, any
 * thread.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

#define MAP_NONE UINT32_MAX
#define MAP_BATCH 16

struct map_slot {
	uint32_t tag;   /* upper half of the hash */
	uint32_t index; /* plus one; 0: empty */
};

struct map {
	struct arena *arena;
	struct map_slot *slots; /* mask + 1 of them, at most half in use */
	size_t mask;
	uint64_t seed;    /* of the hash; the same in all maps of a process */
	struct str *keys; /* [count] */
	char *values;     /* [count] of value_size bytes */
	size_t value_size;
	uint32_t count;
	uint32_t room; /* of keys and values */
};

/* An empty map with room for about `expected` keys; it grows beyond. */
void map_init(struct map *, struct arena *, size_t value_size, size_t expected);
/* The number of key, or MAP_NONE. */
uint32_t map_find(const struct map *, struct str key);
/* The same, but an unknown key is added, with a zeroed value: it is new if the result
 * equals the count from before. Pointers to values do not survive this. */
uint32_t map_intern(struct map *, struct str key);

/*
 * Look-ups in steps, for who knows several keys at once: in a large map each step would
 * wait for memory, so that of all keys is fetched before it is needed. map_begin()
 * gives the hash of a key and fetches where it stands, map_approach() then what stands
 * there, map_approach_text() what that points to, and map_end_find() and
 * map_end_intern() are map_find() and map_intern() of a key whose hash is known. All
 * but the last step may be left out, and keys may be added in between. MAP_BATCH keys
 * at a time are enough to hide the way to memory, and few enough to stay in the cache.
 */
uint64_t map_begin(const struct map *, struct str key);
uint32_t map_end_find(const struct map *, struct str key, uint64_t hash);
uint32_t map_end_intern(struct map *, struct str key, uint64_t hash);

static inline void *
map_at(const struct map *m, uint32_t i)
{
	return m->values + (size_t)i * m->value_size;
}

static inline void
map_approach(const struct map *m, uint64_t hash)
{
	uint32_t index = m->slots[hash & m->mask].index;

	if (index == 0)
		return;
	__builtin_prefetch(&m->keys[index - 1]);
	__builtin_prefetch(map_at(m, index - 1));
}

/* map_end_intern() for keys that come in about the same order again: `likely` is the
 * number that this one would have, tried first. */
static inline uint32_t
map_end_intern_likely(struct map *m, struct str key, uint64_t hash, uint32_t likely)
{
	if (likely < m->count && str_eq(m->keys[likely], key))
		return likely;
	return map_end_intern(m, key, hash);
}

/* After map_approach(): the text of the key that stands there. */
static inline void
map_approach_text(const struct map *m, uint64_t hash)
{
	uint32_t index = m->slots[hash & m->mask].index;

	if (index != 0)
		__builtin_prefetch(m->keys[index - 1].p);
}

#endif
