/* Looking up the variants of a name. */
#include "analytics/merge.h"

/* The variants in lower case (doc/reference.md 3.4). Lower-casing goes piece by piece:
 * what precedes a slash does not change how what follows it is lowered. */
static struct str
merge_variant(struct merge_lookup *l, struct str lower, enum backend backend)
{
	const char *slash = memchr(lower.p, '/', lower.len);
	struct str prefix = backend_prefix(backend), rest = lower;
	struct buf *name = &l->names[backend];

	if (backend == BACKEND_CANONICAL)
		return lower;
	if (backend == BACKEND_KOBOLDCPP && slash != NULL)
		rest = str_from(lower, (size_t)(slash + 1 - lower.p));
	buf_reset(name);
	buf_add(name, prefix.p, prefix.len);
	buf_add(name, rest.p, rest.len);
	return (struct str){ name->data, name->len };
}

/* A count belongs to a set of names: the family's, and the variants that are not in
 * it. No name counts twice. */
static void
merge_usage(const struct horde *h, const uint32_t found[BACKEND_MAX], uint32_t family,
    struct usage *out)
{
	if (family != MAP_NONE)
		usage_add(out, map_at(&h->families, family));
	for (int b = 0; b < BACKEND_MAX; b++) {
		const struct horde_name *n;
		bool again = false;

		if (found[b] == MAP_NONE)
			continue;
		for (int before = 0; before < b; before++)
			again = again || found[before] == found[b];
		n = map_at(&h->names, found[b]);
		if (!again &&
		    !(family != MAP_NONE && horde_in_family(h, found[b], family)))
			usage_add(out, &n->usage);
	}
}

/* The element with the largest count, of equal ones the first. */
static uint32_t
merge_status(const struct horde *h, const uint32_t status[BACKEND_MAX])
{
	uint32_t best = HORDE_NONE;

	for (int b = 0; b < BACKEND_MAX; b++)
		if (status[b] != HORDE_NONE &&
		    (best == HORDE_NONE ||
			h->statuses[status[b]].count > h->statuses[best].count))
			best = status[b];
	return best;
}

struct usage
merge_backend_usage(const struct horde *h, const struct merged *m, enum backend b)
{
	const struct size_usage *size;

	if (m->size == HORDE_NONE || (b == BACKEND_CANONICAL && !m->canonical))
		return (struct usage){ 0 };
	size = map_at(&h->sizes, m->size);
	return size->by_backend[b];
}

void
merge_begin(const struct horde *h, struct str lower, struct merge_lookup *l)
{
	for (int b = 0; b < BACKEND_MAX; b++) {
		l->variants[b] = merge_variant(l, lower, b);
		l->hashes[b] = map_begin(&h->names, l->variants[b]);
	}
}

void
merge_approach(
    const struct horde *h, const struct name_part *part, const struct merge_lookup *l)
{
	if (part->family != HORDE_NONE)
		__builtin_prefetch(map_at(&h->families, part->family));
	if (part->size != HORDE_NONE)
		__builtin_prefetch(map_at(&h->sizes, part->size));
	for (int b = 0; b < BACKEND_MAX; b++)
		map_approach(&h->names, l->hashes[b]);
}

void
merge_approach_texts(const struct horde *h, const struct merge_lookup *l)
{
	for (int b = 0; b < BACKEND_MAX; b++)
		map_approach_text(&h->names, l->hashes[b]);
}

static void
merge_find(const struct horde *h, const struct merge_lookup *l,
    uint32_t found[BACKEND_MAX], uint32_t status[BACKEND_MAX])
{
	for (int b = 0; b < BACKEND_MAX; b++) {
		const struct horde_name *n;

		found[b] = map_end_find(&h->names, l->variants[b], l->hashes[b]);
		status[b] = HORDE_NONE;
		if (found[b] == MAP_NONE)
			continue;
		n = map_at(&h->names, found[b]);
		status[b] = n->status;
	}
}

void
merge_end(const struct horde *h, struct str name, struct str lower,
    const struct name_part *part, const struct merge_lookup *l, struct merged *out)
{
	uint32_t found[BACKEND_MAX];

	*out = (struct merged){ .lower = lower };
	merge_find(h, l, found, out->status);
	/* Its own koboldcpp variant is the name itself: one variant, the canonical one.
	 */
	if (str_starts(name, backend_prefix(BACKEND_KOBOLDCPP)))
		out->status[BACKEND_KOBOLDCPP] = HORDE_NONE;
	out->best = merge_status(h, out->status);
	if (out->best != HORDE_NONE)
		out->workers = h->statuses[out->best].count;
	merge_usage(h, found, part->family, &out->family);
	/* Aphrodite and koboldcpp variants exist of every name, a canonical one only of
	 * a name that has no prefix itself. */
	out->canonical = backend_of(lower) == BACKEND_CANONICAL;
	out->size = part->size;
	for (int b = 0; b < BACKEND_MAX; b++) {
		struct usage u = merge_backend_usage(h, out, b);

		usage_add(&out->exact, &u);
	}
}

void
merge_free(struct merge_lookup *l)
{
	for (int b = 0; b < BACKEND_MAX; b++)
		buf_free(&l->names[b]);
}
