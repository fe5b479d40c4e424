/*
 * Anybody may ask for anything, so what a search costs is bounded, whatever names and
 * however many there are: a window of the names in their order, the heads of them, and
 * a column of the table of distances in a step (Myers 1999, Hyyrö 2003). The three
 * found so far tell most names apart by their lengths alone.
 */
#include "payload/closest.h"

#include <stdint.h>

#include "base/attr.h"
#include "payload/name_order.h"

/* Which bits of the name a byte is at. */
struct pattern {
	uint64_t at[256];
	unsigned len; /* 1 to CLOSEST_BYTES */
};

struct candidate {
	struct str name;
	uint64_t rank; /* see rank_of() */
};

struct search {
	const struct view_directory *directory;
	const uint32_t *order;
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
		p->at[name_order_fold(name.p[i])] |= UINT64_C(1) << i;
}

/* By distance, and then by the place in the order of names. */
static uint64_t
rank_of(unsigned distance, uint32_t place)
{
	return (uint64_t)distance << 32 | place;
}

/* The rank of a name at that place; UINT64_MAX: it is not below `worst`. Each byte that
 * is left lessens the distance by one at most. rise, fall: of the column, at which of
 * its bytes the distance is one more, or one less, than at the byte before. */
static uint64_t
rank_name(const struct pattern *p, struct str name, uint32_t place, uint64_t worst)
{
	uint64_t last = UINT64_C(1) << (p->len - 1), rise = UINT64_MAX, fall = 0;
	unsigned distance = p->len, left = head_of(name);

	for (const char *c = name.p; left > 0; c++) {
		uint64_t same = p->at[name_order_fold(*c)];
		uint64_t diagonal = (((same & rise) + rise) ^ rise) | same;
		uint64_t more = fall | ~(diagonal | rise), less = rise & diagonal;

		distance += (more & last) != 0;
		distance -= (less & last) != 0;
		left--;
		if (distance > left && rank_of(distance - left, place) >= worst)
			return UINT64_MAX;
		more = more << 1 | 1;
		less <<= 1;
		same |= fall;
		rise = less | ~(same | more);
		fall = more & same;
	}
	return rank_of(distance, place) < worst ? rank_of(distance, place) : UINT64_MAX;
}

static struct str
name_at(const struct search *s, uint32_t i)
{
	return name_order_name(s->directory, s->order[i]);
}

/* Keeps the closest. */
static void
try_name(struct search *s, uint32_t place)
{
	struct candidate c = { .name = name_at(s, place) };
	uint64_t worst = UINT64_MAX;
	unsigned n = head_of(c.name), at;
	unsigned longer = n > s->pattern.len ? n - s->pattern.len : s->pattern.len - n;

	if (c.name.len > CLOSEST_NAME_MAX)
		return;
	if (s->nfound == CLOSEST_MAX)
		worst = s->found[CLOSEST_MAX - 1].rank;
	if (rank_of(longer, place) >= worst)
		return;
	c.rank = rank_name(&s->pattern, c.name, place, worst);
	if (c.rank == UINT64_MAX)
		return;
	if (s->nfound < CLOSEST_MAX)
		s->nfound++;
	for (at = s->nfound - 1; at > 0 && s->found[at - 1].rank > c.rank; at--)
		s->found[at] = s->found[at - 1];
	s->found[at] = c;
}

/* Where the name would be in their order. */
static uint32_t
place_of(const struct search *s, struct str name, uint32_t n)
{
	uint32_t from = 0, to = n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (name_order_compare(name_at(s, middle), name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

unsigned
closest_find(const struct view_directory *d, const uint32_t *order, uint32_t n,
    struct str name, struct str closest[CLOSEST_MAX])
{
	struct search s = { .directory = d, .order = order };
	uint32_t below, above, left = CLOSEST_WINDOW;

	if (n == 0 || name.len == 0)
		return 0;
	make_pattern(&s.pattern, name);
	below = above = place_of(&s, name, n);
	while (left > 0 && (below > 0 || above < n)) {
		if (above < n && (below == 0 || left % 2 == 0))
			try_name(&s, above++);
		else
			try_name(&s, --below);
		left--;
	}
	for (unsigned i = 0; i < s.nfound; i++)
		closest[i] = s.found[i].name;
	return s.nfound;
}
