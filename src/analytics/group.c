/* Merging the variants of a text model into one row. */
#include "analytics/group.h"

#include <math.h>

#include "python/number.h"
#include "python/rounding.h"

struct group_host {
	struct str netloc;
	struct group_host *next;
};

void
groups_init(struct groups *g, const struct map *bases, struct arena *arena)
{
	*g = (struct groups){ .bases = bases, .arena = arena };
	g->of_base = arena_array(arena, bases->count, sizeof(*g->of_base));
	g->list = arena_alloc(arena, bases->count * sizeof(*g->list));
	map_init(&g->hosts, arena, 0, 16);
}

/* The reference's union is in random order; ours is that of first appearance. Members
 * have few hosts but a group may have many: a map keyed by group and host spares the
 * search through its list. */
static void
group_add_host(struct groups *g, struct group *group, uint32_t index, struct str netloc)
{
	char *key = arena_alloc(g->arena, sizeof(index) + netloc.len);
	uint32_t before = g->hosts.count;
	struct group_host *host;

	memcpy(key, &index, sizeof(index));
	memcpy(key + sizeof(index), netloc.p, netloc.len);
	if (map_intern(&g->hosts, (struct str){ key, sizeof(index) + netloc.len }) !=
	    before)
		return;
	host = arena_alloc(g->arena, sizeof(*host));
	*host = (struct group_host){ netloc, NULL };
	if (group->hosts == NULL)
		group->hosts = host;
	else
		*group->last_host = host;
	group->last_host = &host->next;
	group->merged.nhosts++;
}

/* A ratio that is null or 0 adds nothing to the sum, but its weight counts. */
static void
group_add_ratio(struct float_sum *sum, double ratio, int64_t weight)
{
	if (!isnan(ratio) && ratio != 0)
		float_sum_add(sum, ratio * (double)weight);
}

static void
group_add_member(struct risk *m, const struct risk *r)
{
	m->flags |= r->flags;
	m->has_description = m->has_description && r->has_description;
	m->downloads += r->downloads;
	m->identity = 0;
	usage_add(&m->usage, &r->usage);
	if (r->workers > m->workers)
		m->workers = r->workers;
}

static void
groups_begin(struct groups *g, uint32_t base, const struct risk *r, uint32_t number)
{
	struct group *group = &g->list[g->count];

	*group = (struct group){
		.first = number,
		.name = r->name,
		.merged = *r,
	};
	group->merged.name = g->bases->keys[base];
	group->merged.nhosts = 0;
	g->of_base[base] = ++g->count;
}

void
groups_add(struct groups *g, uint32_t base, const struct risk *r, uint32_t number)
{
	struct group *group;
	uint32_t index;

	if (g->of_base[base] == 0)
		groups_begin(g, base, r, number);
	index = g->of_base[base] - 1;
	group = &g->list[index];
	if (group->members++ > 0)
		group_add_member(&group->merged, r);
	float_sum_add(&group->percentage, r->percentage);
	group_add_ratio(
	    &group->day_to_month, r->day_to_month, r->usage.n[PERIOD_MONTH]);
	group_add_ratio(
	    &group->month_to_total, r->month_to_total, r->usage.n[PERIOD_MONTH]);
	for (uint32_t i = 0; i < r->nhosts; i++)
		group_add_host(g, group, index, r->hosts[i]);
}

static double
group_ratio(const struct float_sum *sum, int64_t weight)
{
	if (!sum->started || weight == 0)
		return NAN;
	return float_sum_get(sum) / (double)weight;
}

/* Text models have no size, so groups have neither size nor cost score. */
void
group_finish(const struct groups *g, const struct risk_terms *t, uint32_t index,
    struct risk *out)
{
	const struct group *group = &g->list[index];
	struct str *hosts =
	    arena_alloc(g->arena, group->merged.nhosts * sizeof(*hosts));
	uint32_t n = 0;

	*out = group->merged;
	for (const struct group_host *h = group->hosts; h != NULL; h = h->next)
		hosts[n++] = h->netloc;
	out->hosts = hosts;
	/* The sum of rounded shares may be more, which the reference's schema forbids
	 * (it fails): doc/differences.md. */
	out->percentage = fmin(float_sum_get(&group->percentage), 100.0);
	out->day_to_month =
	    group_ratio(&group->day_to_month, out->usage.n[PERIOD_MONTH]);
	out->month_to_total =
	    group_ratio(&group->month_to_total, out->usage.n[PERIOD_MONTH]);
	out->critical = risk_is_critical(t, out);
}
