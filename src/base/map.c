/* The open hash behind struct map: linear probing, tags before keys. */
#include "base/map.h"

#include <xxhash.h>

#include "base/log.h"

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

	*m =
	    (struct map){ .arena = arena, .value_size = value_size, .mask = slots - 1 };
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
	memcpy(m->keys, old.keys, old.count * sizeof(*m->keys));
	memcpy(m->values, old.values, old.count * old.value_size);
	m->count = old.count;
	for (uint32_t i = 0; i < m->count; i++) {
		uint64_t hash = XXH3_64bits(m->keys[i].p, m->keys[i].len);

		*map_slot(m, m->keys[i], hash) =
		    (struct map_slot){ (uint32_t)(hash >> 32), i + 1 };
	}
}

uint64_t
map_begin_find(const struct map *m, struct str key)
{
	uint64_t hash = XXH3_64bits(key.p, key.len);

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
	return map_slot(m, key, XXH3_64bits(key.p, key.len))->index - 1;
}

uint32_t
map_intern(struct map *m, struct str key)
{
	uint64_t hash = XXH3_64bits(key.p, key.len);
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
