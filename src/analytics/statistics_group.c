/* Grouped statistics: the first record of a group stands for all, with the download
 * entries of all. */
#include "analytics/statistics.h"

/* The hosts that one record brings into its group. */
struct statistics_part {
	const struct host *hosts;
	uint32_t nhosts;
	struct statistics_part *next;
};

static void
stats_group_extend(
    struct statistics_group *group, const struct downloads *d, struct arena *arena)
{
	struct statistics_part *part;

	group->entries += d->count;
	if (d->nhosts == 0)
		return;
	part = arena_alloc(arena, sizeof(*part));
	*part = (struct statistics_part){ d->hosts, d->nhosts, NULL };
	if (group->parts == NULL)
		group->parts = part;
	else
		group->last->next = part;
	group->last = part;
}

/* Whether the first record of a group has, or is given, a list to append to. Where it
 * has not the reference fails, and we leave the later entries out. */
static bool
stats_group_open(const struct downloads *d)
{
	if (d->config != JSON_T_OBJECT)
		return d->config == JSON_T_NONE;
	return d->download == JSON_T_ARRAY || d->download == JSON_T_NONE;
}

static void
open_group(struct statistics_groups *g, uint32_t base, const struct fields *f)
{
	struct statistics_group *group = map_at(g->bases, base), *last;

	group->used = true;
	group->closed = !stats_group_open(&f->downloads);
	if (g->statistics->models++ == 0) {
		g->first = base;
	} else {
		last = map_at(g->bases, g->last);
		last->next = base;
	}
	g->last = base;
	statistics_add(g->statistics, f);
}

void
statistics_groups_add(
    struct statistics_groups *g, uint32_t base, const struct fields *f)
{
	struct statistics_group *group = map_at(g->bases, base);

	if (!group->used) {
		open_group(g, base, f);
		if (f->downloads.download != JSON_T_ARRAY)
			return;
	}
	if (!group->closed)
		stats_group_extend(group, &f->downloads, g->statistics->arena);
}

void
statistics_groups_finish(struct statistics_groups *g)
{
	uint32_t base = g->first;

	for (uint64_t i = 0; i < g->statistics->models; i++) {
		const struct statistics_group *group = map_at(g->bases, base);

		statistics_add_downloads(g->statistics, group->entries);
		for (const struct statistics_part *p = group->parts; p != NULL;
		     p = p->next)
			statistics_add_hosts(g->statistics, p->hosts, p->nhosts);
		base = group->next;
	}
}
