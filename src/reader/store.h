/* The newest good snapshot of each category: the reader's side of the latches. */
#ifndef READER_STORE_H
#define READER_STORE_H

#include "base/attr.h"
#include "config/config.h"
#include "reader/generation.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "terms/category.h"

struct store;

/* One latch a category of the configuration, in its order. Everything is borrowed. */
struct store *store_new(
    const struct segment *, const struct config *, struct counters *) MUST_CHECK;
/* Frees *s (NULL is fine) and sets it to NULL. Generations in use live on. */
void store_free(struct store **s);

/* Generations that have a successor and are held for slow clients, per category. */
#define STORE_OLD_MAX 8

/* Ends the answers whose owner is that generation. */
typedef void store_drop_fn(void *arg, void *generation);

/* What is called for the oldest when there would be more than STORE_OLD_MAX. */
void store_on_crowd(struct store *, store_drop_fn *, void *arg);

enum store_state {
	STORE_UNKNOWN, /* not a category of the configuration */
	STORE_EMPTY,   /* nothing was published yet */
	STORE_HELD,    /* *generation is set, borrowed */
};

/* The latch of a category; -1: it is not one of the configuration. */
int store_latch(const struct store *, enum category) MUST_CHECK;

/* The category's newest generation that is at hand: two atomic loads. If there is a new
 * one, a thread begins to take it, and a later call returns it. */
enum store_state store_get(
    struct store *, enum category, struct generation **generation) MUST_CHECK;

/* Before anybody is served, and then each second: takes what is new, tries again what
 * could not be taken, and releases old generations whose clients are through. */
void store_poll(struct store *);

/* Bytes of the generations that have a successor and live on for answers that wait. */
size_t store_pinned(const struct store *);

#endif
