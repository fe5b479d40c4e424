/* Which forms of the complete bodies of a category clients want. Hydrators. */
#ifndef HYDRATOR_DEMAND_H
#define HYDRATOR_DEMAND_H

#include <stdint.h>

#include "base/clock.h"
#include "shm/segment.h"

/* A form that nobody has asked for for so long is not made any more: readers make it
 * themselves for who comes after all. */
#define DEMAND_KEEP (3600 * NSEC_PER_SEC)

/* Zeroed: nothing was ever asked for. */
struct demand {
	int64_t seen[32]; /* by bit of view_form(): when it was asked for last */
};

/* A set of forms is asked for; now: clock_boot(), as below. */
void demand_note(struct demand *, uint32_t forms, int64_t now);
/* Once a second: looks at what readers have noted of the category (shm/asked.h). */
void demand_look(struct demand *, const struct segment *, unsigned latch, int64_t now);
/* The set of the forms that are wanted. */
uint32_t demand_forms(const struct demand *, int64_t now);

#endif
