/* Taking generations from the latches. */
#include "reader/store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "reader/taker.h"
#include "shm/snapshot.h"

struct slot {
	bool configured;
	unsigned latch;
	struct generation *current;            /* NULL: none yet */
	struct generation *old[STORE_OLD_MAX]; /* in use still, the oldest first */
	unsigned nold;
	uint64_t tried;                /* the generation that was looked at last */
	enum snapshot_verdict verdict; /* what came of it; logged when it changes */
};

/* A few milliseconds on the loop. */
#define TAKE_HERE_MAX ((size_t)8 << 20)

struct store {
	const struct segment *segment;
	struct counters *counters;
	struct taker *taker;
	bool serving;        /* somebody may wait for the loop */
	store_drop_fn *drop; /* may be NULL */
	void *drop_arg;
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
	s->taker = taker_new(segment);
	/* A predecessor in this slot of the segment took its generations with it. */
	counter_add(counters, COUNTER_SNAPSHOTS_RELEASED,
	    counter_get(counters, COUNTER_SNAPSHOTS_TAKEN) -
		counter_get(counters, COUNTER_SNAPSHOTS_RELEASED));
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
store_on_crowd(struct store *s, store_drop_fn *drop, void *arg)
{
	s->drop = drop;
	s->drop_arg = arg;
}

/* Giving back hundreds of megabytes takes tens of milliseconds: that is the thread's,
 * as long as there is one. */
static void
release_generation(struct store *s, struct generation *g)
{
	counter_add(s->counters, COUNTER_SNAPSHOTS_RELEASED, 1);
	if (g->refs == 1 && s->taker != NULL)
		taker_bury(s->taker, g, NULL);
	else
		generation_unref(g);
}

void
store_free(struct store **sp)
{
	struct store *s = *sp;
	struct slot *slot;

	*sp = NULL;
	if (s == NULL)
		return;
	taker_free(&s->taker);
	for (slot = s->slots; slot < &s->slots[CATEGORY_MAX]; slot++) {
		while (slot->nold > 0)
			release_generation(s, slot->old[--slot->nold]);
		if (slot->current != NULL)
			release_generation(s, slot->current);
	}
	free(s);
}

/* Releases the old generations that only we hold. */
static void
sweep(struct store *s, struct slot *slot)
{
	unsigned i, kept = 0;

	for (i = 0; i < slot->nold; i++) {
		if (slot->old[i]->refs == 1)
			release_generation(s, slot->old[i]);
		else
			slot->old[kept++] = slot->old[i];
	}
	slot->nold = kept;
}

/* Keeps a generation that has a successor while answers need it, within the bound. */
static void
keep_old(struct store *s, struct slot *slot, struct generation *old)
{
	if (slot->nold == STORE_OLD_MAX && s->drop != NULL) {
		s->drop(s->drop_arg, slot->old[0]);
		sweep(s, slot);
	}
	if (slot->nold == STORE_OLD_MAX) {
		release_generation(s, slot->old[0]);
		memmove(&slot->old[0], &slot->old[1],
		    (STORE_OLD_MAX - 1) * sizeof(slot->old[0]));
		slot->nold--;
	}
	old->old = true;
	slot->old[slot->nold++] = old;
}

/* Nobody will ask for what was made from it. */
static void
retire_generation(struct store *s, struct slot *slot, struct generation *old)
{
	taker_bury(s->taker, NULL, generation_strip(old));
	if (old->refs > 1)
		keep_old(s, slot, old);
	else
		release_generation(s, old);
}

static void
replace(
    struct store *s, struct slot *slot, enum category category, struct generation *g)
{
	struct generation *old = slot->current;

	sweep(s, slot);
	g->asked = &s->counters->asked[slot->latch];
	slot->current = g;
	if (old != NULL)
		retire_generation(s, slot, old);
	counter_add(s->counters, COUNTER_SNAPSHOTS_TAKEN, 1);
	log_debug("%s: generation %llu taken, %zu bytes", category_name(category),
	    (unsigned long long)g->snapshot->generation, g->snapshot->len);
}

/* If what was published cannot be taken, what is held stays. */
static void
conclude(struct store *s, struct slot *slot, enum category category, struct taken taken)
{
	enum snapshot_verdict verdict = taken.verdict;

	if (verdict == SNAPSHOT_FRESH)
		replace(s, slot, category, taken.generation);
	if (verdict == SNAPSHOT_BUSY)
		counter_add(s->counters, COUNTER_SNAPSHOTS_BUSY, 1);
	if (verdict == SNAPSHOT_FOREIGN)
		counter_add(s->counters, COUNTER_SNAPSHOTS_BAD, 1);
	if (verdict != slot->verdict && verdict != SNAPSHOT_FRESH &&
	    verdict != SNAPSHOT_UNCHANGED && verdict != SNAPSHOT_EMPTY)
		log_errx("%s: generation %llu cannot be taken: %s",
		    category_name(category), (unsigned long long)slot->tried,
		    snapshot_verdict_name(verdict));
	slot->verdict = verdict;
}

/* Whether the newest generation is the one that is held, with another stamp. Nothing is
 * copied then, and what was made of it stays. */
static bool
renew(struct store *s, struct slot *slot, enum category category)
{
	struct snapshot *snapshot = slot->current->snapshot;

	if (!snapshot_renew(s->segment, slot->latch, snapshot))
		return false;
	slot->verdict = SNAPSHOT_UNCHANGED;
	log_debug("%s: generation %llu taken: the one before with another time",
	    category_name(category), (unsigned long long)snapshot->generation);
	return true;
}

/* Whether the first generation of a category is taken on the loop: so that nobody finds
 * nothing where there is something, unless clients of other categories would wait. */
static bool
at_once(const struct store *s, const struct slot *slot)
{
	return slot->current == NULL &&
	       (!s->serving ||
		   snapshot_length(s->segment, slot->latch) <= TAKE_HERE_MAX);
}

/* Takes what is newer than `seen`, on the loop or in the thread, of which the result is
 * fetched here too. */
static void
refresh(struct store *s, struct slot *slot, enum category category, uint64_t seen)
{
	uint64_t newest = snapshot_generation(s->segment, slot->latch);
	struct taken taken;

	if (taker_done(s->taker, category, &taken))
		conclude(s, slot, category, taken);
	if (newest == seen || !taker_idle(s->taker, category))
		return;
	slot->tried = newest;
	if (at_once(s, slot))
		conclude(s, slot, category,
		    taker_take(s->segment, slot->latch, category, 0));
	else if (slot->current == NULL || !renew(s, slot, category))
		taker_ask(s->taker, category, slot->latch,
		    slot->current ? slot->current->snapshot->generation : 0);
}

size_t
store_pinned(const struct store *s)
{
	const struct slot *slot;
	size_t i, j, bytes = 0;

	for (i = 0; i < CATEGORY_MAX; i++) {
		slot = &s->slots[i];
		for (j = 0; j < slot->nold; j++)
			if (slot->old[j]->refs > 1 + slot->old[j]->lent)
				bytes += slot->old[j]->snapshot->len;
	}
	return bytes;
}

int
store_latch(const struct store *s, enum category category)
{
	const struct slot *slot = &s->slots[category];

	return slot->configured ? (int)slot->latch : -1;
}

enum store_state
store_get(struct store *s, enum category category, struct generation **generation)
{
	struct slot *slot = &s->slots[category];

	if (!slot->configured)
		return STORE_UNKNOWN;
	refresh(s, slot, category, slot->tried);
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

		sweep(s, slot);
		if (slot->configured)
			refresh(s, slot, (enum category)i, held);
	}
	s->serving = true;
}
