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

/* Numbers key in an index, or only looks it up. */
static uint32_t
horde_key(struct map *index, struct str key, bool add)
{
	return add ? map_intern(index, key) : map_find(index, key);
}

/* Backend prefixes end in a slash, and lower-casing a name lower-cases its parts, so
 * the keys of doc/reference.md 3.6, but for the prefix, are functions of the last part.
 */
static struct name_part *
horde_take_apart(struct horde *h, struct str name, bool add, struct arena *arena)
{
	const char *slash = memrchr(name.p, '/', name.len);
	struct str last =
	    slash == NULL ? name : str_from(name, (size_t)(slash + 1 - name.p));
	uint32_t before = h->parts.count, i = map_intern(&h->parts, last);
	struct name_part *part = map_at(&h->parts, i);

	if (i != before)
		return part;
	*part = (struct name_part){ .family = HORDE_NONE, .size = HORDE_NONE };
	part->base = text_name_base(last, arena);
	if (h->has_families)
		part->family =
		    horde_key(&h->families, unicode_lower(part->base, arena), add);
	part->size = horde_key(&h->sizes, text_name_size_key(last, arena), add);
	return part;
}

const struct name_part *
horde_part(struct horde *h, struct str name, struct arena *arena)
{
	return horde_take_apart(h, name, false, arena);
}

static struct horde_name *
horde_intern(struct horde *h, struct str name, struct arena *arena)
{
	uint32_t before = h->names.count;
	uint32_t i = map_intern(&h->names, unicode_lower(name, arena));
	struct horde_name *n = map_at(&h->names, i);

	if (i == before)
		n->status = n->links = n->size = HORDE_NONE;
	return n;
}

enum {
	STATUS_PERFORMANCE,
	STATUS_QUEUED,
	STATUS_JOBS,
	STATUS_ETA,
	STATUS_TYPE,
	STATUS_NAME,
	STATUS_COUNT,
	STATUS_MEMBERS
};

static bool
check_type(const struct json_value *v, struct check *c)
{
	struct str s;

	if (!check_str(v, c))
		return false;
	s = json_str(v, c->arena);
	return str_eq(s, STR("image")) || str_eq(s, STR("text")) ||
	       check_fail(c, "not image or text");
}

static const struct member status_members[STATUS_MEMBERS] = {
	[STATUS_PERFORMANCE] = MEMBER("performance", check_float, MEMBER_REQUIRED),
	[STATUS_QUEUED] = MEMBER("queued", check_int, MEMBER_REQUIRED),
	[STATUS_JOBS] = MEMBER("jobs", check_int, MEMBER_REQUIRED),
	[STATUS_ETA] = MEMBER("eta", check_int, MEMBER_REQUIRED),
	[STATUS_TYPE] = MEMBER("type", check_type, MEMBER_REQUIRED),
	[STATUS_NAME] = MEMBER("name", check_str, MEMBER_REQUIRED),
	[STATUS_COUNT] = MEMBER("count", check_int, MEMBER_REQUIRED),
};
#define STATUS_LEN_MIN                                                                 \
	(sizeof(                                                                       \
	     "{\"performance\":0,\"queued\":0,\"jobs\":0,\"eta\":0,\"type\":\"text\"," \
	     "\"name\":\"\",\"count\":0}") -                                           \
	    1)
static const struct shape status_shape = { status_members, STATUS_MEMBERS };

/* Negative counts pass the reference's checks but break its analysis later. */
static bool
status_decode(const struct json_value *v, struct check *c, struct status *out)
{
	struct json_value values[STATUS_MEMBERS];

	if (v->type != JSON_T_OBJECT)
		return check_fail(c, "not an object");
	shape_read(&status_shape, v, c->arena, values);
	if (!shape_check(&status_shape, values, c))
		return false;
	out->name = json_str(&values[STATUS_NAME], c->arena);
	if (!coerce_float(&values[STATUS_PERFORMANCE], c->arena, &out->performance) ||
	    !coerce_int(&values[STATUS_QUEUED], c->arena, &out->queued) ||
	    !coerce_int(&values[STATUS_JOBS], c->arena, &out->jobs) ||
	    !coerce_int(&values[STATUS_ETA], c->arena, &out->eta) ||
	    !coerce_int(&values[STATUS_COUNT], c->arena, &out->count))
		return check_fail(c, "not a number");
	if (out->count < 0)
		return check_fail(c, "negative") || check_within(c, "count");
	if (values[STATUS_NAME].escaped && !unicode_valid(out->name))
		return check_fail(c, "not Unicode") || check_within(c, "name");
	return true;
}

/* Of several elements whose names differ at most in case the last one counts. */
static int
horde_read_status(struct horde *h, const struct document *doc, struct arena *arena,
    struct report *report)
{
	struct json_value root, element;
	struct json_walk walk;
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
		if (status_decode(&element, &check, s))
			horde_intern(h, s->name, arena)->status = h->nstatuses++;
		else
			report_skip(report, "status element %zu: %s: %s", i,
			    check.where, check.why);
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

static int
horde_read_period(struct map *spellings, const struct json_value *v, enum period p,
    struct arena *arena, struct report *report)
{
	struct json_walk walk;
	struct json_value key, value;
	uint32_t place = 0, i = MAP_NONE;

	if (v->type == JSON_T_NONE)
		return 0;
	if (v->type != JSON_T_OBJECT)
		return report_refuse(
		    report, DOCUMENT_STATS, "%s: not an object", period_names[p]);
	walk = json_walk(v);
	while (json_member(&walk, &key, &value)) {
		struct spelling *s;

		if (!pace_step(report->pace))
			return -1;
		/* The three periods list most names in the same order. */
		i = map_intern_likely(spellings, json_str(&key, arena), i + 1);
		s = map_at(spellings, i);
		place++;
		if (s->place[p] == 0)
			s->place[p] = place;
		s->bad[p] = !coerce_int(&value, arena, &s->n[p]) || s->n[p] < 0;
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

static void
horde_index(
    struct horde *h, const struct spelling *s, struct str spelled, struct arena *arena)
{
	struct horde_name *n = horde_intern(h, spelled, arena);
	uint32_t name = (uint32_t)(n - (struct horde_name *)map_at(&h->names, 0));
	const struct name_part *part = horde_take_apart(h, spelled, true, arena);

	for (int p = 0; p < PERIOD_MAX; p++) {
		if (s->place[p] <= n->place[p])
			continue;
		n->place[p] = s->place[p];
		n->usage.n[p] = s->n[p];
	}
	n->size = part->size;
	if (h->has_families)
		horde_link(h, name, part->family);
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
		if (n->size == HORDE_NONE)
			continue;
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
	for (uint32_t i = 0; i < spellings.count; i++) {
		if (!pace_step(report->pace))
			return -1;
		horde_index(out, map_at(&spellings, i), spellings.keys[i], arena);
	}
	horde_sum(out);
	return 0;
}
