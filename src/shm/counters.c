/* What the rows of counters stand for, and counters that move to another segment. */
#include "shm/counters.h"

#include <stddef.h>

#include "base/attr.h"

#define WORDS (sizeof(struct counters) / sizeof(uint64_t))
#define FIRST_SUM (offsetof(struct counters, value) / sizeof(uint64_t))

#define FIRST_OF_CATEGORY (offsetof(struct counters, of_category) / sizeof(uint64_t))
#define WORDS_OF_CATEGORY (COUNTER_CATEGORY_ROUTES * COUNTER_CODES)

_Static_assert(sizeof(struct counters) % sizeof(uint64_t) == 0, "made of words");
_Static_assert(FIRST_OF_CATEGORY + COUNTER_LATCHES * WORDS_OF_CATEGORY == WORDS,
    "what is of categories is last");

static const short statuses[] = {
#define X(status) status,
	COUNTER_STATUSES(X)
#undef X
};
static const int64_t bounds[] = {
#define X(nsec) nsec,
	COUNTER_DURATIONS(X)
#undef X
};

_Static_assert(NELEM(statuses) < COUNTER_CODES, "room for all statuses");
_Static_assert(NELEM(bounds) < COUNTER_BUCKETS, "room for all classes");

int
counters_status(unsigned row)
{
	if (row < NELEM(statuses))
		return statuses[row];
	return row == NELEM(statuses) ? 0 : -1;
}

int64_t
counters_bound(unsigned bucket)
{
	if (bucket < NELEM(bounds))
		return bounds[bucket];
	return bucket == NELEM(bounds) ? 0 : -1;
}

/* to: NULL, nobody goes on with them. */
static void
fold_words(_Atomic uint64_t *to, const _Atomic uint64_t *from, _Atomic uint64_t *told,
    size_t n)
{
	uint64_t now;
	size_t i;

	for (i = 0; i < n; i++) {
		now = counter_read(&from[i]);
		if (to != NULL)
			counter_raise(&to[i], now - counter_read(&told[i]));
		atomic_store_explicit(&told[i], now, memory_order_relaxed);
	}
}

void
counters_fold(struct counters *to, const struct counters *from, struct counters *told,
    const int latch[COUNTER_LATCHES])
{
	_Atomic uint64_t *t = (_Atomic uint64_t *)to, *b = (_Atomic uint64_t *)told;
	const _Atomic uint64_t *f = (const _Atomic uint64_t *)from;
	size_t i, at, heir;

	fold_words(
	    t + FIRST_SUM, f + FIRST_SUM, b + FIRST_SUM, FIRST_OF_CATEGORY - FIRST_SUM);
	for (i = 0; i < COUNTER_LATCHES; i++) {
		at = FIRST_OF_CATEGORY + i * WORDS_OF_CATEGORY;
		heir = FIRST_OF_CATEGORY + (size_t)latch[i] * WORDS_OF_CATEGORY;
		fold_words(
		    latch[i] < 0 ? NULL : t + heir, f + at, b + at, WORDS_OF_CATEGORY);
	}
}

void
counters_copy(struct counters *to, const struct counters *from)
{
	_Atomic uint64_t *t = (_Atomic uint64_t *)to;
	const _Atomic uint64_t *f = (const _Atomic uint64_t *)from;
	size_t i;

	for (i = 0; i < WORDS; i++)
		atomic_store_explicit(&t[i], counter_read(&f[i]), memory_order_relaxed);
}
