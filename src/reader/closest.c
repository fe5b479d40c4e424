/*
 * Anybody may ask for anything, so what a search costs is bounded, whatever names and
 * however many there are: a window of the names in their order, the heads of them, and
 * a column of the table of distances in a step (Myers 1999, Hyyrö 2003). The three
 * found so far tell most names apart by their lengths alone.
 */
#include "reader/closest.h"

#include <stdint.h>

#include "base/attr.h"
#include "reader/row_lists.h"

/* Which bits of the name a byte is at. */
struct pattern {
	uint64_t at[256];
	unsigned len; /* 1 to CLOSEST_BYTES */
};

struct candidate {
	struct str name;
	unsigned distance;
};

struct search {
	const struct generation *generation;
	struct pattern pattern;
	struct candidate found[CLOSEST_MAX];
	unsigned nfound;
};

_Static_assert(CLOSEST_BYTES == 64, "a bit for each byte");

static unsigned
head_of(struct str name)
{
	return name.len < CLOSEST_BYTES ? (unsigned)name.len : CLOSEST_BYTES;
}

static void
make_pattern(struct pattern *p, struct str name)
{
	p->len = head_of(name);
	for (unsigned i = 0; i < p->len; i++)
		p->at[row_lists_fold(name.p[i])] |= UINT64_C(1) << i;
}

/* rise, fall: of the column, at which of its bytes the distance is one more, or one
 * less, than at the byte before. */
static unsigned
distance_of(const struct pattern *p, struct str name)
{
	uint64_t last = UINT64_C(1) << (p->len - 1), rise = UINT64_MAX, fall = 0;
	unsigned distance = p->len, n = head_of(name);

	for (unsigned i = 0; i < n; i++) {
		uint64_t same = p->at[row_lists_fold(name.p[i])];
		uint64_t diagonal = (((same & rise) + rise) ^ rise) | same;
		uint64_t more = fall | ~(diagonal | rise), less = rise & diagonal;

		distance += (more & last) != 0;
		distance -= (less & last) != 0;
		more = more << 1 | 1;
		less <<= 1;
		same |= fall;
		rise = less | ~(same | more);
		fall = more & same;
	}
	return distance;
}

static struct str
name_at(const struct generation *g, uint32_t i)
{
	const struct view_figures *figures =
	    (const void *)(g->snapshot->data + g->directory->views[VIEW_RISK].figures);

	return generation_span(g, figures[g->lists.names[i]].name);
}

/* Keeps the closest, the earlier of equal ones. */
static void
try_name(struct search *s, uint32_t i)
{
	struct candidate c = { .name = name_at(s->generation, i) };
	unsigned n = head_of(c.name), at;
	unsigned longer = n > s->pattern.len ? n - s->pattern.len : s->pattern.len - n;

	if (s->nfound == CLOSEST_MAX && longer >= s->found[CLOSEST_MAX - 1].distance)
		return;
	c.distance = distance_of(&s->pattern, c.name);
	if (s->nfound < CLOSEST_MAX)
		s->nfound++;
	else if (c.distance >= s->found[CLOSEST_MAX - 1].distance)
		return;
	for (at = s->nfound - 1; at > 0 && s->found[at - 1].distance > c.distance; at--)
		s->found[at] = s->found[at - 1];
	s->found[at] = c;
}

/* Where the name would be in their order. */
static uint32_t
place_of(const struct generation *g, struct str name, uint32_t n)
{
	uint32_t from = 0, to = n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (row_lists_compare(name_at(g, middle), name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

unsigned
closest_find(
    const struct generation *g, struct str name, struct str closest[CLOSEST_MAX])
{
	uint32_t n = g->lists.nnames, from, end;
	struct search s = { .generation = g };

	if (n == 0 || name.len == 0)
		return 0;
	make_pattern(&s.pattern, name);
	from = place_of(g, name, n);
	from = from > CLOSEST_WINDOW / 2 ? from - CLOSEST_WINDOW / 2 : 0;
	end = n - from > CLOSEST_WINDOW ? from + CLOSEST_WINDOW : n;
	for (from = end > CLOSEST_WINDOW ? end - CLOSEST_WINDOW : 0; from < end; from++)
		try_name(&s, from);
	for (unsigned i = 0; i < s.nfound; i++)
		closest[i] = s.found[i].name;
	return s.nfound;
}
