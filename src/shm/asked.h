/*
 * Which forms of the bodies of a category were asked for: a word in the page of each
 * reader, which alone writes it. Hydrators look at it at least once a second, so the
 * forms of the last window are enough; what was before they remember.
 */
#ifndef SHM_ASKED_H
#define SHM_ASKED_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

#define ASKED_WINDOW (60 * NSEC_PER_SEC)

/* In a word: the number of the window, counted from the boot, and a set of forms, which
 * is opaque here. */
#define ASKED_WORD(window, forms) ((uint64_t)(window) << 32 | (forms))

/* Reader: a set of forms is asked for; now: clock_boot(). */
static inline void
asked_note(_Atomic uint64_t *word, uint32_t forms, int64_t now)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed), new;
	uint32_t window = (uint32_t)(now / ASKED_WINDOW);

	new = ASKED_WORD(
	    window, (old >> 32 == window ? (uint32_t)old : UINT32_C(0)) | forms);
	if (new != old)
		atomic_store_explicit(word, new, memory_order_relaxed);
}

/* Any process: the forms asked for in this window, or if it has just begun in the last
 * one. */
static inline uint32_t
asked_lately(const _Atomic uint64_t *word, int64_t now)
{
	uint64_t w = atomic_load_explicit(word, memory_order_relaxed);
	uint32_t window = (uint32_t)(now / ASKED_WINDOW);

	return w >> 32 == window || (w >> 32) + 1 == window ? (uint32_t)w : 0;
}

#endif
