/* Grouping text models by base name (doc/reference.md 6). Pure. */
#ifndef ANALYTICS_GROUP_H
#define ANALYTICS_GROUP_H

#include <stdint.h>

#include "analytics/risk.h"
#include "base/map.h"
#include "base/mem.h"
#include "python/rounding.h"

struct group_host; /* private */

/* A group under construction: its sums so far. */
struct group {
	uint32_t members;
	uint32_t first;     /* number of its first member in the walk */
	struct str name;    /* of its first member */
	struct risk merged; /* of the members so far; ratios unset */
	struct float_sum percentage;
	struct float_sum day_to_month; /* ratio times weight, over known ratios but 0 */
	struct float_sum month_to_total;
	struct group_host *hosts;
	struct group_host **last_host;
};

struct groups {
	const struct map *bases; /* base name -> */
	uint32_t *of_base;       /* [bases->count] number in list plus one; 0: none */
	struct group *list;      /* [count] in order of first appearance */
	uint32_t count;
	struct map hosts;
	struct arena *arena;
};

/* bases: of all models that will be added; borrowed, as the arena is. */
void groups_init(struct groups *, const struct map *bases, struct arena *);
/* Adds the models in the order of the ungrouped answer; number counts them from 0. */
void groups_add(struct groups *, uint32_t base, const struct risk *, uint32_t number);
/* What is shown of a group of two or more. */
void group_finish(
    const struct groups *, const struct risk_terms *, uint32_t group, struct risk *out);

#endif
