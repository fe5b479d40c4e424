/* Indexing the status and usage documents. */
#include "analytics/horde.h"

#include "json/walk.h"
#include "names/text_name.h"
#include "python/lax.h"
#include "python/number.h"
#include "python/text.h"
#include "records/document.h"
#include "records/report.h"
#include "records/shape.h"
#include "terms/document.h"

static const char *const period_names[PERIOD_MAX] = { "day", "month", "total" };

void
usage_add(struct usage *to, const struct usage *from)
{
	for (int p = 0; p < PERIOD_MAX; p++)
		to->n[p] = number_add(to->n[p], from->n[p]);
}

bool
usage_known(const struct usage *u)
{
	return (u->n[PERIOD_DAY] | u->n[PERIOD_MONTH] | u->n[PERIOD_TOTAL]) != 0;
}

struct str
backend_prefix(enum backend backend)
{
	switch (backend) {
	case BACKEND_APHRODITE:
		return STR("aphrodite/");
	case BACKEND_KOBOLDCPP:
		return STR("koboldcpp/");
	default:
		return STR("");
	}
}

enum backend
backend_of(struct str lower)
{
	if (str_starts(lower, STR("aphrodite/")))
		return BACKEND_APHRODITE;
	if (str_starts(lower, STR("koboldcpp/")))
		return BACKEND_KOBOLDCPP;
	return BACKEND_CANONICAL;
}

struct str
horde_last_part(struct str name)
{
	const char *slash = memrchr(name.p, '/', name.len);

	return slash == NULL ? name : str_from(name, (size_t)(slash + 1 - name.p));
}

/*
 * Backend prefixes end in a slash, and lower-casing a name lower-cases its parts, so
 * the keys of doc/reference.md 3.6, but for the prefix, are functions of the last part.
 * The steps of finding them: begin, intern, settle.
 */
struct part_lookup {
	struct str last;
	uint64_t hash;
	uint32_t part;           /* number in horde.parts */
	bool fresh;              /* it is new, and the next four are set */
	struct str family, size; /* keys of the indexes */
	uint64_t family_hash, size_hash;
};

static void
part_begin(const struct horde *h, struct str name, struct part_lookup *l)
{
	l->last = horde_last_part(name);
	l->hash = map_begin(&h->parts, l->last);
}

static void
part_intern(struct horde *h, struct part_lookup *l, struct arena *arena)
{
	uint32_t before = h->parts.count;
	struct name_part *part;

	l->part = map_end_intern(&h->parts, l->last, l->hash);
	l->fresh = l->part == before;
	if (!l->fresh)
		return;
	part = map_at(&h->parts, l->part);
	*part = (struct name_part){ .family = HORDE_NONE, .size = HORDE_NONE };
	part->base = text_name_base(l->last, arena);
	l->size = text_name_size_key(l->last, arena);
	l->size_hash = map_begin(&h->sizes, l->size);
	if (!h->has_families)
		return;
	l->family = text_lower(part->base, arena);
	l->family_hash = map_begin(&h->families, l->family);
}

static void
part_approach(const struct horde *h, const struct part_lookup *l)
{
	if (!l->fresh)
		return;
	map_approach(&h->sizes, l->size_hash);
	if (h->has_families)
		map_approach(&h->families, l->family_hash);
}

/* With add new keys are numbered in the indexes, else only looked up. */
static void
part_settle(struct horde *h, const struct part_lookup *l, bool add)
{
	struct name_part *part = map_at(&h->parts, l->part);

	if (!l->fresh)
		return;
	part->size = add ? map_end_intern(&h->sizes, l->size, l->size_hash)
			 : map_end_find(&h->sizes, l->size, l->size_hash);
	if (!h->has_families)
		return;
	part->family = add ? map_end_intern(&h->families, l->family, l->family_hash)
			   : map_end_find(&h->families, l->family, l->family_hash);
}

uint32_t
horde_part(struct horde *h, struct str name, struct arena *arena)
{
	struct part_lookup l;

	part_begin(h, name, &l);
	part_intern(h, &l, arena);
	part_settle(h, &l, false);
	return l.part;
}

/* lower: the name in lower case. */
static struct horde_name *
horde_intern(struct horde *h, struct str lower, uint64_t hash)
{
	uint32_t before = h->names.count;
	uint32_t i = map_end_intern(&h->names, lower, hash);
	struct horde_name *n = map_at(&h->names, i);

	if (i == before)
		n->status = n->links = n->size = HORDE_NONE;
	return n;
}

/* Of several elements whose names differ at most in case the last one counts. */
static int
horde_read_status(struct horde *h, const struct document *doc, struct arena *arena,
    struct report *report)
{
	struct json_value root, element;
	struct json_walk walk;
	struct str lower;
	size_t i = 0;

	if (doc->form.type == DOCUMENT_ABSENT)
		return 0;
	root = document_root(doc);
	h->statuses =
	    arena_alloc(arena, (root.len / STATUS_LEN_MIN + 1) * sizeof(*h->statuses));
	for (walk = json_walk(&root); json_element(&walk, &element); i++) {
		struct status *s = &h->statuses[h->nstatuses];
		struct check check = { .arena = arena };

		if (!pace_step(report->pace))
			return -1;
		if (status_decode(&element, &check, s)) {
			lower = text_lower(s->name, arena);
			horde_intern(h, lower, map_begin(&h->names, lower))->status =
			    h->nstatuses++;
		} else
			report_skip(report, "status element %zu: %s%s%s", i,
			    check.where, check.where[0] != '\0' ? ": " : "", check.why);
	}
	if (i > 0 && h->nstatuses == 0)
		return report_refuse(
		    report, DOCUMENT_STATUS, "none of its %zu elements is valid", i);
	return 0;
}

/* A name as written in the usage document: a JSON key, so the last of duplicates
 * counts, but at the place of the first. */
struct spelling {
	int64_t n[PERIOD_MAX];
	uint32_t place[PERIOD_MAX]; /* plus one; 0: not in that period */
	bool bad[PERIOD_MAX];
};

/* Member number `place` of a period, counted from 1. */
static void
spelling_read(struct spelling *s, enum period p, uint32_t place,
    const struct json_value *value, struct arena *arena)
{
	if (s->place[p] == 0)
		s->place[p] = place;
	s->bad[p] = !lax_int(value, arena, &s->n[p]) || s->n[p] < 0;
}

static int
horde_read_period(struct map *spellings, const struct json_value *v, enum period p,
    struct arena *arena, struct report *report)
{
	struct json_value keys[MAP_BATCH], values[MAP_BATCH];
	struct str names[MAP_BATCH];
	uint64_t hashes[MAP_BATCH];
	struct json_walk walk;
	uint32_t place = 0, at = MAP_NONE;
	size_t n;

	if (v->type == JSON_T_NONE)
		return 0;
	if (v->type != JSON_T_OBJECT)
		return report_refuse(
		    report, DOCUMENT_STATS, "%s: not an object", period_names[p]);
	walk = json_walk(v);
	while ((n = json_members(&walk, keys, values, MAP_BATCH)) > 0) {
		for (size_t i = 0; i < n; i++) {
			names[i] = json_str(&keys[i], arena);
			hashes[i] = map_begin(spellings, names[i]);
		}
		for (size_t i = 0; i < n; i++)
			map_approach(spellings, hashes[i]);
		for (size_t i = 0; i < n; i++) {
			if (!pace_step(report->pace))
				return -1;
			/* The periods list most names in the same order. */
			at = map_end_intern_likely(
			    spellings, names[i], hashes[i], at + 1);
			spelling_read(
			    map_at(spellings, at), p, ++place, &values[i], arena);
		}
	}
	return 0;
}

/* Returns how many of the spelling's counts are valid. */
static unsigned
spelling_check(struct spelling *s, struct str name, struct report *report)
{
	struct report_name quoted;
	unsigned valid = 0;

	for (int p = 0; p < PERIOD_MAX; p++) {
		if (s->place[p] == 0)
			continue;
		if (!s->bad[p]) {
			valid++;
			continue;
		}
		s->place[p] = 0;
		report_skip(report, "stats %s %s: not a count of 63 bits",
		    period_names[p], report_quote(name, &quoted));
	}
	return valid;
}

bool
horde_in_family(const struct horde *h, uint32_t name, uint32_t family)
{
	const struct horde_name *n = map_at(&h->names, name);

	for (uint32_t i = n->links; i != HORDE_NONE; i = h->links[i].next)
		if (h->links[i].family == family)
			return true;
	return false;
}

static void
horde_link(struct horde *h, uint32_t name, uint32_t family)
{
	struct horde_name *n = map_at(&h->names, name);

	if (horde_in_family(h, name, family))
		return;
	h->links[h->nlinks] = (struct family_link){ family, n->links };
	n->links = h->nlinks++;
}

/* A spelling on its way into the indexes. */
struct spelling_lookup {
	struct str lower;
	uint64_t hash; /* of lower */
	struct part_lookup part;
};

static void
horde_index(struct horde *h, const struct spelling *s, uint32_t spelling,
    const struct spelling_lookup *l)
{
	struct horde_name *n = horde_intern(h, l->lower, l->hash);
	uint32_t name = (uint32_t)(n - (struct horde_name *)map_at(&h->names, 0));
	const struct name_part *part = map_at(&h->parts, l->part.part);

	for (int p = 0; p < PERIOD_MAX; p++) {
		if (s->place[p] <= n->place[p])
			continue;
		n->place[p] = s->place[p];
		n->spelling = spelling;
		n->usage.n[p] = s->n[p];
	}
	n->size = part->size;
	if (h->has_families)
		horde_link(h, name, part->family);
}

/* Adds n spellings, at most MAP_BATCH, from number `first` on. */
static void
horde_index_batch(struct horde *h, const struct map *spellings, uint32_t first,
    uint32_t n, struct arena *arena)
{
	struct spelling_lookup lookups[MAP_BATCH], *l;

	for (l = lookups; l < lookups + n; l++) {
		struct str spelled = spellings->keys[first + (l - lookups)];

		l->lower = text_lower(spelled, arena);
		l->hash = map_begin(&h->names, l->lower);
		part_begin(h, spelled, &l->part);
	}
	for (l = lookups; l < lookups + n; l++) {
		map_approach(&h->names, l->hash);
		map_approach(&h->parts, l->part.hash);
	}
	for (l = lookups; l < lookups + n; l++) {
		map_approach_text(&h->names, l->hash);
		map_approach_text(&h->parts, l->part.hash);
	}
	for (l = lookups; l < lookups + n; l++)
		part_intern(h, &l->part, arena);
	for (l = lookups; l < lookups + n; l++)
		part_approach(h, &l->part);
	for (l = lookups; l < lookups + n; l++)
		part_settle(h, &l->part, true);
	for (uint32_t i = 0; i < n; i++)
		horde_index(h, map_at(spellings, first + i), first + i, &lookups[i]);
}

static int
horde_index_all(struct horde *h, const struct map *spellings, struct arena *arena,
    struct pace *pace)
{
	for (uint32_t i = 0; i < spellings->count; i += MAP_BATCH) {
		uint32_t n = spellings->count - i;

		if (n > MAP_BATCH)
			n = MAP_BATCH;
		for (uint32_t k = 0; k < n; k++)
			if (!pace_step(pace))
				return -1;
		horde_index_batch(h, spellings, i, n, arena);
	}
	return 0;
}

/* Names that the status document alone has: they have no usage, but models are looked
 * up by the same keys. */
static int
horde_index_statuses(struct horde *h, struct arena *arena, struct pace *pace)
{
	for (uint32_t i = 0; i < h->names.count; i++) {
		struct horde_name *n = map_at(&h->names, i);
		struct part_lookup l;

		if (!pace_step(pace))
			return -1;
		if (n->size != HORDE_NONE)
			continue;
		part_begin(h, h->names.keys[i], &l);
		part_intern(h, &l, arena);
		part_settle(h, &l, true);
		n->size = horde_part_at(h, l.part)->size;
	}
	return 0;
}

/* Only now, when it is known which of colliding spellings counts, are they summed. */
static void
horde_sum(struct horde *h)
{
	for (uint32_t i = 0; i < h->names.count; i++) {
		const struct horde_name *n = map_at(&h->names, i);
		struct size_usage *size;

		for (uint32_t l = n->links; l != HORDE_NONE; l = h->links[l].next)
			usage_add(map_at(&h->families, h->links[l].family), &n->usage);
		size = map_at(&h->sizes, n->size);
		usage_add(&size->by_backend[backend_of(h->names.keys[i])], &n->usage);
	}
}

static int
horde_read_stats(struct horde *h, const struct document *doc, struct map *spellings,
    struct arena *arena, struct report *report)
{
	static const struct member members[PERIOD_MAX] = {
		[PERIOD_DAY] = MEMBER("day", NULL, 0),
		[PERIOD_MONTH] = MEMBER("month", NULL, 0),
		[PERIOD_TOTAL] = MEMBER("total", NULL, 0),
	};
	struct json_value root, periods[PERIOD_MAX];
	unsigned valid = 0;

	if (doc->form.type == DOCUMENT_ABSENT)
		return 0;
	root = document_root(doc);
	shape_read(&(struct shape){ members, PERIOD_MAX }, &root, arena, periods);
	for (int p = 0; p < PERIOD_MAX; p++)
		if (horde_read_period(spellings, &periods[p], p, arena, report) == -1)
			return -1;
	for (uint32_t i = 0; i < spellings->count; i++) {
		if (!pace_step(report->pace))
			return -1;
		valid +=
		    spelling_check(map_at(spellings, i), spellings->keys[i], report);
	}
	if (spellings->count > 0 && valid == 0)
		return report_refuse(
		    report, DOCUMENT_STATS, "not one of its entries is valid");
	h->links = arena_alloc(arena, spellings->count * sizeof(*h->links));
	return 0;
}

int
horde_read(const struct analytics_input *in, bool families, struct arena *arena,
    struct horde *out, struct report *report)
{
	/* A name and its count take about so many bytes of a document. */
	size_t status_names = in->status.len / 100, stats_names = in->stats.len / 100;
	struct map spellings;

	*out = (struct horde){ .has_families = families };
	map_init(
	    &out->names, arena, sizeof(struct horde_name), status_names + stats_names);
	map_init(
	    &out->families, arena, sizeof(struct usage), families ? stats_names : 0);
	map_init(&out->sizes, arena, sizeof(struct size_usage), stats_names);
	map_init(&out->parts, arena, sizeof(struct name_part),
	    stats_names + in->reference.len / 500);
	map_init(&spellings, arena, sizeof(struct spelling), stats_names);
	if (horde_read_status(out, &in->status, arena, report) == -1 ||
	    horde_read_stats(out, &in->stats, &spellings, arena, report) == -1)
		return -1;
	if (horde_index_all(out, &spellings, arena, report->pace) == -1 ||
	    horde_index_statuses(out, arena, report->pace) == -1)
		return -1;
	out->spellings = spellings.keys;
	horde_sum(out);
	return 0;
}
