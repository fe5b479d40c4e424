/* Taking generations from the latches. */
#include "store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "snapshot.h"

struct slot {
	bool configured;
	unsigned latch;
	struct generation *current;    /* NULL: none yet */
	uint64_t tried;                /* the generation that was looked at last */
	enum snapshot_verdict verdict; /* what came of it; logged when it changes */
};

struct store {
	const struct segment *segment;
	struct counters *counters;
	struct slot slots[CATEGORY_MAX];
};

struct store *
store_new(const struct segment *segment, const struct config *config,
    struct counters *counters)
{
	struct store *s = xcalloc(1, sizeof(*s));
	unsigned i;
	int category;

	s->segment = segment;
	s->counters = counters;
	for (i = 0; i < config->ncategories; i++) {
		category = category_find(
		    config->category[i].name, strlen(config->category[i].name));
		if (category < 0)
			fatalx("category \"%s\" is unknown", config->category[i].name);
		s->slots[category].configured = true;
		s->slots[category].latch = i;
	}
	return s;
}

void
store_free(struct store **sp)
{
	struct store *s = *sp;
	int i;

	*sp = NULL;
	if (s == NULL)
		return;
	for (i = 0; i < CATEGORY_MAX; i++)
		generation_unref(s->slots[i].current);
	free(s);
}

/* What was published is read once; if it cannot be, what is held stays. */
static enum snapshot_verdict
take(struct store *s, struct slot *slot, enum category category)
{
	struct snapshot *snapshot = NULL;
	struct generation *g;
	enum snapshot_verdict verdict;
	uint64_t known = slot->current ? slot->current->snapshot->generation : 0;

	verdict = snapshot_take(s->segment, slot->latch, known, &snapshot);
	if (verdict != SNAPSHOT_FRESH)
		return verdict;
	if ((g = generation_new(snapshot, category)) == NULL)
		return SNAPSHOT_FOREIGN;
	generation_unref(slot->current);
	slot->current = g;
	counter_add(s->counters, COUNTER_SNAPSHOTS_TAKEN, 1);
	log_debug("%s: generation %llu taken, %zu bytes", category_name(category),
	    (unsigned long long)g->snapshot->generation, g->snapshot->len);
	return verdict;
}

static void
refresh(struct store *s, struct slot *slot, enum category category)
{
	enum snapshot_verdict verdict;

	slot->tried = snapshot_generation(s->segment, slot->latch);
	verdict = take(s, slot, category);
	if (verdict == SNAPSHOT_BUSY)
		counter_add(s->counters, COUNTER_SNAPSHOTS_BUSY, 1);
	if (verdict == SNAPSHOT_FOREIGN)
		counter_add(s->counters, COUNTER_SNAPSHOTS_BAD, 1);
	if (verdict != slot->verdict && verdict != SNAPSHOT_FRESH &&
	    verdict != SNAPSHOT_UNCHANGED && verdict != SNAPSHOT_EMPTY)
		log_warnx("%s: generation %llu cannot be taken: %s",
		    category_name(category), (unsigned long long)slot->tried,
		    snapshot_verdict_name(verdict));
	slot->verdict = verdict;
}

enum store_state
store_get(struct store *s, enum category category, struct generation **generation)
{
	struct slot *slot = &s->slots[category];

	if (!slot->configured)
		return STORE_UNKNOWN;
	if (snapshot_generation(s->segment, slot->latch) != slot->tried)
		refresh(s, slot, category);
	*generation = slot->current;
	return slot->current != NULL ? STORE_HELD : STORE_EMPTY;
}

void
store_poll(struct store *s)
{
	int i;

	for (i = 0; i < CATEGORY_MAX; i++) {
		struct slot *slot = &s->slots[i];
		uint64_t held = slot->current ? slot->current->snapshot->generation : 0;

		if (slot->configured &&
		    snapshot_generation(s->segment, slot->latch) != held)
			refresh(s, slot, (enum category)i);
	}
}
