/* Remembering for an hour what was asked for within a minute. */
#include "hydrator/demand.h"

#include "base/attr.h"
#include "shm/asked.h"
#include "shm/counters.h"

void
demand_note(struct demand *d, uint32_t forms, int64_t now)
{
	for (unsigned bit = 0; forms != 0 && bit < NELEM(d->seen); bit++)
		if ((forms >> bit & 1) != 0)
			d->seen[bit] = now;
}

void
demand_look(struct demand *d, const struct segment *seg, unsigned latch, int64_t now)
{
	uint32_t forms = 0;

	for (unsigned i = 0; i < segment_nprocs(seg); i++)
		forms |= asked_lately(&segment_counters(seg, i)->asked[latch], now);
	demand_note(d, forms, now);
}

uint32_t
demand_forms(const struct demand *d, int64_t now)
{
	uint32_t forms = 0;

	for (unsigned bit = 0; bit < NELEM(d->seen); bit++)
		if (d->seen[bit] != 0 && now - d->seen[bit] < DEMAND_KEEP)
			forms |= UINT32_C(1) << bit;
	return forms;
}
