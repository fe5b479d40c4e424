/* Counters that move to another segment. */
#include "shm/counters.h"

#include <stddef.h>

#define WORDS (sizeof(struct counters) / sizeof(uint64_t))
#define FIRST_SUM (offsetof(struct counters, value) / sizeof(uint64_t))

_Static_assert(sizeof(struct counters) % sizeof(uint64_t) == 0, "made of words");

void
counters_fold(struct counters *to, const struct counters *from, struct counters *told)
{
	_Atomic uint64_t *t = (_Atomic uint64_t *)to, *b = (_Atomic uint64_t *)told;
	const _Atomic uint64_t *f = (const _Atomic uint64_t *)from;
	uint64_t now;
	size_t i;

	for (i = FIRST_SUM; i < WORDS; i++) {
		now = counter_read(&f[i]);
		counter_raise(&t[i], now - counter_read(&b[i]));
		atomic_store_explicit(&b[i], now, memory_order_relaxed);
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
