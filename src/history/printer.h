/* What a history is printed from, and what is said of a model in every format. Private
 * to history/. */
#ifndef HISTORY_PRINTER_H
#define HISTORY_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"
#include "history/state.h"

struct history_printer {
	const struct history *h;
	struct arena *arena;
	const struct history_column **columns; /* [ndates]; NULL: nothing is known */
	int64_t first;                         /* day of dates[0] */
	size_t ndates;
	struct str *names; /* of the rows of VIEW_RISK; NULL: that of the model */
	uint32_t *models;  /* [nrisk], MAP_NONE: unknown */
	uint32_t *presets; /* [nrisk] */
	int64_t *at_risk;  /* [nrisk] */
	uint32_t nrisk, ngone;
};

/* Since when a bit is set; 0: it is not. */
static inline int64_t
history_bit_since(const struct history_model_row *r, int bit)
{
	return (history_bits(&r->last) >> bit & 1) != 0 ? r->since[bit] : 0;
}

/* 0: it is used. */
static inline int64_t
history_unused_since(const struct history_model_row *r)
{
	if ((r->last.flags & RISK_BIT(RISK_ZERO_USAGE_DAY)) == 0)
		return 0;
	return r->rose_at != 0 ? r->rose_at : r->first_seen;
}

static inline bool
history_is_gone(const struct history *h, uint32_t i)
{
	return (h->models[i].row.state & HISTORY_PRESENT) == 0;
}

#endif
