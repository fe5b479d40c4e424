/* The open hash behind struct map: linear probing, tags before keys. */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/log.h"

static uint64_t secret;

static void
secret_take(void)
{
	arc4random_buf(&secret, sizeof(secret));
}

/* Once a process, not once a map: some documents take a map for each of their records.
 */
static uint64_t
map_seed(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, secret_take);
	return secret;
}

static uint64_t
map_hash(const struct map *m, struct str key)
{
	return XXH3_64bits_withSeed(key.p, key.len, m->seed);
}

static size_t
map_power(size_t n)
{
	size_t size = 16;

	while (size < n)
		size *= 2;
	return size;
}

void
map_init(struct map *m, struct arena *arena, size_t value_size, size_t expected)
{
	size_t slots = map_power(expected * 2);

	*m = (struct map){
		.arena = arena,
		.value_size = value_size,
		.mask = slots - 1,
		.seed = map_seed(),
	};
	m->room = (uint32_t)(slots / 2);
	m->slots = arena_array(arena, slots, sizeof(*m->slots));
	m->keys = arena_alloc(arena, m->room * sizeof(*m->keys));
	m->values = arena_alloc(arena, m->room * value_size);
}

/* The slot that holds key, or the empty one where it belongs. */
static struct map_slot *
map_slot(const struct map *m, struct str key, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (size_t at = hash & m->mask;; at = (at + 1) & m->mask) {
		struct map_slot *slot = &m->slots[at];

		if (slot->index == 0)
			return slot;
		if (slot->tag == tag && str_eq(m->keys[slot->index - 1], key))
			return slot;
	}
}

static void
map_grow(struct map *m)
{
	struct map old = *m;

	if (old.room > UINT32_MAX / 4)
		fatalx("more than %u names", old.room);
	map_init(m, old.arena, old.value_size, (size_t)old.room * 2);
	m->seed = old.seed;
	memcpy(m->keys, old.keys, old.count * sizeof(*m->keys));
	memcpy(m->values, old.values, old.count * old.value_size);
	m->count = old.count;
	for (uint32_t i = 0; i < m->count; i++) {
		uint64_t hash = map_hash(m, m->keys[i]);

		*map_slot(m, m->keys[i], hash) =
		    (struct map_slot){ (uint32_t)(hash >> 32), i + 1 };
	}
}

uint64_t
map_begin(const struct map *m, struct str key)
{
	uint64_t hash = map_hash(m, key);

	__builtin_prefetch(&m->slots[hash & m->mask]);
	return hash;
}

uint32_t
map_end_find(const struct map *m, struct str key, uint64_t hash)
{
	return map_slot(m, key, hash)->index - 1;
}

uint32_t
map_find(const struct map *m, struct str key)
{
	return map_end_find(m, key, map_hash(m, key));
}

uint32_t
map_end_intern(struct map *m, struct str key, uint64_t hash)
{
	struct map_slot *slot = map_slot(m, key, hash);

	if (slot->index != 0)
		return slot->index - 1;
	if (m->count == m->room) {
		map_grow(m);
		slot = map_slot(m, key, hash);
	}
	*slot = (struct map_slot){ (uint32_t)(hash >> 32), m->count + 1 };
	m->keys[m->count] = key;
	memset(map_at(m, m->count), 0, m->value_size);
	return m->count++;
}

uint32_t
map_intern(struct map *m, struct str key)
{
	return map_end_intern(m, key, map_hash(m, key));
}
