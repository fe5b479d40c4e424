/* The map: numbered by first appearance, and safe from names that are made to collide.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "unit.h"

#define NAMES 100000

static struct str names[NAMES];

/* Six bits of the hash that an attacker can compute are zero: in every table of 4096
 * slots or more all names belong into a 64th of it. */
static bool
collides(struct str name)
{
	return (XXH3_64bits(name.p, name.len) & 0xfc0) == 0;
}

static bool
any(struct str name UNUSED)
{
	return true;
}

static void
make_names(struct arena *arena, bool (*want)(struct str))
{
	char text[32];
	struct str s = { text, 0 };

	for (uint32_t i = 0, n = 0; n < NAMES; i++) {
		s.len = (size_t)snprintf(text, sizeof(text), "author/model-%u", i);
		if (want(s))
			names[n++] =
			    (struct str){ arena_strndup(arena, s.p, s.len), s.len };
	}
}

/* Slots that are looked at to find every name once. */
static uint64_t
count_probes(const struct map *m)
{
	uint64_t probes = 0;

	for (size_t at = 0; at <= m->mask; at++) {
		struct str key;
		size_t home;

		if (m->slots[at].index == 0)
			continue;
		key = m->keys[m->slots[at].index - 1];
		home = XXH3_64bits_withSeed(key.p, key.len, m->seed) & m->mask;
		probes += ((at - home) & m->mask) + 1;
	}
	return probes;
}

static void
add_names(struct map *m)
{
	for (uint32_t i = 0; i < NAMES; i++)
		assert_int_equal(map_intern(m, names[i]), i);
	for (uint32_t i = 0; i < NAMES; i++)
		assert_int_equal(map_find(m, names[i]), i);
}

static uint64_t
seed_of_a_new_process(struct arena *arena)
{
	uint64_t seed = 0;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		struct map m;

		map_init(&m, arena, 0, 0);
		_exit(write(fds[1], &m.seed, sizeof(m.seed)) != sizeof(m.seed));
	}
	assert_int_equal(read(fds[0], &seed, sizeof(seed)), sizeof(seed));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
	close(fds[1]);
	return seed;
}

/* First of all tests: what is forked after a map was made shares its seed. */
TEST(each_process_has_a_seed_of_its_own)
{
	struct arena *arena = arena_new();
	struct map a, b;

	assert_int_not_equal(
	    seed_of_a_new_process(arena), seed_of_a_new_process(arena));
	map_init(&a, arena, 0, 0);
	map_init(&b, arena, 0, 0);
	assert_int_equal(a.seed, b.seed);
	arena_free(&arena);
}

TEST(made_up_names_cost_what_others_do)
{
	struct arena *arena = arena_new();
	struct map known, made_up, others;

	make_names(arena, collides);
	map_init(&known, arena, 0, 0);
	known.seed = 0;
	add_names(&known);
	assert_true(count_probes(&known) > UINT64_C(100) * NAMES);

	map_init(&made_up, arena, 0, 0);
	add_names(&made_up);
	make_names(arena, any);
	map_init(&others, arena, 0, 0);
	add_names(&others);
	assert_true(count_probes(&made_up) < 2 * NAMES);
	assert_true(count_probes(&made_up) < count_probes(&others) * 11 / 10);
	arena_free(&arena);
}

/* In batches, while the map grows and keys come twice in a batch. */
TEST(steps_come_to_what_a_look_up_does)
{
	struct arena *arena = arena_new();
	struct map whole, steps;
	uint64_t hashes[MAP_BATCH];
	uint32_t at = MAP_NONE;

	make_names(arena, any);
	map_init(&whole, arena, sizeof(int), 0);
	map_init(&steps, arena, sizeof(int), 0);
	for (size_t i = 0; i + MAP_BATCH <= NAMES; i += MAP_BATCH / 2) {
		for (size_t k = 0; k < MAP_BATCH; k++)
			hashes[k] = map_begin(&steps, names[i + k]);
		for (size_t k = 0; k < MAP_BATCH; k++)
			map_approach(&steps, hashes[k]);
		for (size_t k = 0; k < MAP_BATCH; k++)
			map_approach_text(&steps, hashes[k]);
		for (size_t k = 0; k < MAP_BATCH; k++) {
			struct str name = names[i + k];

			assert_int_equal(map_end_find(&steps, name, hashes[k]),
			    map_find(&whole, name));
			at = map_end_intern_likely(&steps, name, hashes[k], at + 1);
			assert_int_equal(at, map_intern(&whole, name));
		}
	}
	assert_int_equal(steps.count, whole.count);
	arena_free(&arena);
}

TEST(numbers_do_not_depend_on_the_seed)
{
	struct arena *arena = arena_new();

	make_names(arena, any);
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct map m;

		map_init(&m, arena, 0, 0);
		m.seed = seed;
		add_names(&m);
		assert_int_equal(m.count, NAMES);
		assert_int_equal(m.seed, seed);
	}
	arena_free(&arena);
}
