/*
 * Models under another name: one went and one came that fit each other, and neither
 * fits another. Keys, what is left of a name and the number of a model's files, are
 * counted on both sides, so that a million changes at once cost no more than a walk.
 */
#include "history/state.h"

/* Those that share a key, and one of each side. */
struct history_match {
	uint32_t nwent, ncame;
	uint32_t went, came; /* indices */
};

struct history_matches {
	struct arena *arena;
	struct map names, identities; /* of struct history_match */
};

/* Its keys; MAP_NONE: it has no such key, and that fits nothing. */
struct history_keys {
	uint32_t name, identity;
};

/* Letters of ASCII in lower case, digits, and other bytes than ASCII. */
static struct str
history_fold(struct arena *arena, struct str name)
{
	char *folded = arena_alloc(arena, name.len);
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
			folded[n++] = (char)c;
	}
	return (struct str){ folded, n };
}

static struct history_keys
history_keys_of(struct history_matches *m, struct str name, uint64_t identity)
{
	struct history_keys keys = { MAP_NONE, MAP_NONE };
	struct str folded = history_fold(m->arena, name);

	if (folded.len > 0)
		keys.name = map_intern(&m->names, folded);
	if (identity != 0)
		keys.identity = map_intern(&m->identities,
		    (struct str){ memcpy(arena_alloc(m->arena, sizeof(identity)),
				      &identity, sizeof(identity)),
			sizeof(identity) });
	return keys;
}

static void
history_count_went(const struct map *map, uint32_t key, uint32_t went)
{
	struct history_match *match;

	if (key == MAP_NONE)
		return;
	match = map_at(map, key);
	match->nwent++;
	match->went = went;
}

static void
history_count_came(const struct map *map, uint32_t key, uint32_t came)
{
	struct history_match *match;

	if (key == MAP_NONE)
		return;
	match = map_at(map, key);
	match->ncame++;
	match->came = came;
}

/* The only one of a side's two candidates; n: how many share a key. */
static uint32_t
history_only(uint32_t na, uint32_t a, uint32_t nb, uint32_t b)
{
	if (na > 1 || nb > 1 || (na == 1 && nb == 1 && a != b))
		return MAP_NONE;
	if (na == 1)
		return a;
	return nb == 1 ? b : MAP_NONE;
}

static struct history_match
history_match_at(const struct map *map, uint32_t key)
{
	return key == MAP_NONE ? (struct history_match){ 0 }
			       : *(const struct history_match *)map_at(map, key);
}

static uint32_t
history_only_came(const struct history_matches *m, struct history_keys keys)
{
	struct history_match a = history_match_at(&m->names, keys.name);
	struct history_match b = history_match_at(&m->identities, keys.identity);

	return history_only(a.ncame, a.came, b.ncame, b.came);
}

static uint32_t
history_only_went(const struct history_matches *m, struct history_keys keys)
{
	struct history_match a = history_match_at(&m->names, keys.name);
	struct history_match b = history_match_at(&m->identities, keys.identity);

	return history_only(a.nwent, a.went, b.nwent, b.went);
}

static void
history_rename_model(struct history *h, struct history_model *m,
    const struct history_model_now *model, int64_t now)
{
	struct history_event e = { .since = now,
		.kind = EVENT_RENAMED,
		.flag = UINT32_MAX,
		.model = model->name,
		.former = m->row.name,
		.before = m->row.last };

	history_figures(&e.after, model);
	history_event_make(h, &e, now);
	history_text_set(&m->row.name, model->name);
	m->seen = h->publication;
	history_touch(h, m);
}

bool
history_rename(struct history *h, const uint32_t *went, size_t nwent,
    struct history_newcomer *came, size_t ncame, int64_t now)
{
	struct history_matches m = { .arena = h->scratch };
	struct history_keys *wk = arena_array(m.arena, nwent, sizeof(*wk));
	struct history_keys *ck = arena_array(m.arena, ncame, sizeof(*ck));
	bool renamed = false;
	uint32_t c;

	map_init(&m.names, m.arena, sizeof(struct history_match), nwent);
	map_init(&m.identities, m.arena, sizeof(struct history_match), nwent);
	for (size_t i = 0; i < nwent; i++) {
		wk[i] = history_keys_of(
		    &m, h->models[went[i]].row.name, h->models[went[i]].row.identity);
		history_count_went(&m.names, wk[i].name, (uint32_t)i);
		history_count_went(&m.identities, wk[i].identity, (uint32_t)i);
	}
	for (size_t i = 0; i < ncame; i++) {
		ck[i] = history_keys_of(&m, came[i].now->name, came[i].now->identity);
		history_count_came(&m.names, ck[i].name, (uint32_t)i);
		history_count_came(&m.identities, ck[i].identity, (uint32_t)i);
	}
	for (size_t i = 0; i < nwent; i++) {
		c = history_only_came(&m, wk[i]);
		if (c == MAP_NONE || history_only_went(&m, ck[c]) != i)
			continue;
		history_rename_model(h, &h->models[went[i]], came[c].now, now);
		came[c].model = went[i];
		renamed = true;
	}
	return renamed;
}
