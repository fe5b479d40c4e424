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
/* The same in two steps, for who looks up several keys: memory is fetched for all of
 * them at once while their hashes are computed. No key may be added in between. */
uint64_t map_begin_find(const struct map *, struct str key);
uint32_t map_end_find(const struct map *, struct str key, uint64_t hash);
/* The same, but an unknown key is added, with a zeroed value: it is new if the result
 * equals the count from before. Pointers to values do not survive this. */
uint32_t map_intern(struct map *, struct str key);

/* map_intern() for keys that come in about the same order again: `likely` is the number
 * that this one would have, tried first. */
static inline uint32_t
map_intern_likely(struct map *m, struct str key, uint32_t likely)
{
	if (likely < m->count && str_eq(m->keys[likely], key))
		return likely;
	return map_intern(m, key);
}

static inline void *
map_at(const struct map *m, uint32_t i)
{
	return m->values + (size_t)i * m->value_size;
}

#endif
