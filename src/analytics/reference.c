/* Walking the records: decoded for deletion risk, counted for statistics. */
#include "analytics/reference.h"

#include <xxhash.h>

#include "names/text_name.h"
#include "python/text.h"
#include "records/entries.h"
#include "records/report.h"
#include "terms/document.h"

struct reading {
	const struct analytics_settings *settings;
	enum category category;
	struct horde *horde;
	struct arena *arena;
	struct reference *out;
	struct report *report;
	const struct map *entries;
	struct map others; /* names that are no entry's key -> uint32_t, as: */
	uint32_t *numbers; /* [entries->count] of the model with the entry's key as
			    * its name, plus one; 0: none */
	struct map texts;  /* of baselines and hosts */
	struct statistics_groups groups;
};

/* A name's group keeps what follows its first slash, the Horde's indexes what follows
 * the last: with but an author before it that is the same, and already parsed. */
static uint32_t
reference_base(struct reading *r, struct str name, uint32_t part)
{
	struct str rest = text_name_strip_backend(name), base;
	const char *first = memchr(rest.p, '/', rest.len);
	const char *last = memrchr(rest.p, '/', rest.len);

	if (first == last)
		base = horde_part_at(r->horde, part)->base;
	else
		base = text_name_base(name, r->arena);
	return map_intern(&r->out->bases, base);
}

/* Statistics group by the record's key. It is nearly always its name too, and then its
 * base name is known. */
static void
reference_add_grouped(struct reading *r, struct str key, const struct fields *fields,
    const struct model *model)
{
	if (r->category != CATEGORY_TEXT_GENERATION)
		return;
	if (model != NULL && str_eq(key, model->record.name))
		statistics_groups_add(&r->groups, model->base, fields);
	else
		statistics_groups_add(&r->groups,
		    reference_base(r, key, horde_part(r->horde, key, r->arena)),
		    fields);
}

static void
reference_count(struct reading *r, const struct fields *fields)
{
	struct statistics *s = &r->out->statistics;
	const struct downloads *d = &fields->downloads;

	statistics_add(s, fields);
	if (d->download != JSON_T_ARRAY)
		return;
	statistics_add_downloads(s, d->count);
	statistics_add_hosts(s, d->hosts, d->nhosts);
}

/* Models are printed in an order that is not that of the document, of which a record's
 * texts would be fetched each time. There are few baselines and hosts: one copy of each
 * stays in the cache. */
static struct str
reference_share(struct reading *r, struct str text)
{
	uint32_t i;

	if (text.len == 0)
		return text;
	i = map_intern(&r->texts, text);
	return r->texts.keys[i];
}

/* Where the number of the model of this name is kept. A record's name is nearly always
 * its key, which was looked up when the document was read. */
static uint32_t *
reference_number(struct reading *r, uint32_t entry, struct str name)
{
	if (!str_eq(name, r->entries->keys[entry]))
		entry = map_find(r->entries, name);
	if (entry != MAP_NONE)
		return &r->numbers[entry];
	return map_at(&r->others, map_intern(&r->others, name));
}

static void
reference_note_baseline(struct reading *r, const struct record *record)
{
	if (!record->new_baseline)
		return;
	r->out->nnew_baselines++;
	if (r->report->new_baseline != NULL)
		r->report->new_baseline(r->report->arg, record->baseline);
}

/* A name that comes again replaces the record but keeps its place. */
static struct model *
reference_add_model(struct reading *r, uint32_t entry, const struct record *record)
{
	uint32_t *number = reference_number(r, entry, record->name);
	struct model *m;

	if (*number == 0)
		*number = ++r->out->nmodels;
	m = &r->out->models[*number - 1];
	m->record = *record;
	reference_note_baseline(r, record);
	/* Names close together, for the same reason. */
	m->record.name.p = arena_strndup(r->arena, record->name.p, record->name.len);
	m->record.baseline = reference_share(r, record->baseline);
	for (uint32_t i = 0; i < record->nhosts; i++)
		record->hosts[i].netloc = reference_share(r, record->hosts[i].netloc);
	risk_judge_record(r->settings, r->category, r->arena, m);
	m->part = horde_part(r->horde, record->name, r->arena);
	if (r->category == CATEGORY_TEXT_GENERATION)
		m->base = reference_base(r, record->name, m->part);
	return m;
}

static void
reference_note_invalid(struct reading *r, struct str key, const struct check *check)
{
	report_skip_record(r->report, key, check->where, check->why);
	if (!category_has_horde(r->category))
		return;
	r->out->invalid[r->out->ninvalid++] = (struct reference_invalid){
		.part = horde_part(r->horde, key, r->arena),
		.canonical = backend_of(text_lower(key, r->arena)) == BACKEND_CANONICAL,
	};
}

static void
reference_add(struct reading *r, uint32_t entry)
{
	const struct json_value *value = map_at(r->entries, entry);
	struct str key = r->entries->keys[entry];
	struct check check = { .arena = r->arena };
	struct model *model = NULL;
	struct record record;
	struct fields fields;

	if (value->type != JSON_T_OBJECT) {
		(void)check_fail(&check, "not an object");
		reference_note_invalid(r, key, &check);
		return;
	}
	record_read(value, r->category, r->arena, &fields);
	if (!category_has_horde(r->category))
		r->out->nvalid++;
	else if (record_decode(&fields, r->category, &check, &record) == 0)
		model = reference_add_model(r, entry, &record);
	else
		reference_note_invalid(r, key, &check);
	if (model != NULL || !category_has_horde(r->category))
		r->out->names += XXH3_64bits(key.p, key.len);
	reference_count(r, &fields);
	reference_add_grouped(r, key, &fields, model);
}

/* Fetches what the next entries look up, if they are called as their keys are. */
static void
reference_approach(const struct reading *r, uint32_t first)
{
	const struct map *parts = &r->horde->parts;
	uint64_t hashes[MAP_BATCH];
	uint32_t n = r->entries->count - first;

	if (n > MAP_BATCH)
		n = MAP_BATCH;
	for (uint32_t i = 0; i < n; i++)
		hashes[i] =
		    map_begin(parts, horde_last_part(r->entries->keys[first + i]));
	for (uint32_t i = 0; i < n; i++)
		map_approach(parts, hashes[i]);
	for (uint32_t i = 0; i < n; i++)
		map_approach_text(parts, hashes[i]);
}

int
reference_read(const struct analytics_settings *settings,
    const struct analytics_input *in, struct horde *horde, struct arena *arena,
    struct reference *out, struct report *report)
{
	struct reading r = {
		.settings = settings,
		.category = in->category,
		.horde = horde,
		.arena = arena,
		.out = out,
		.report = report,
	};
	struct map entries;

	*out = (struct reference){ 0 };
	if (entries_read(in->category, &in->reference, arena, &entries, report) == -1)
		return -1;
	r.entries = &entries;
	r.numbers = arena_array(arena, entries.count, sizeof(*r.numbers));
	map_init(&r.others, arena, sizeof(*r.numbers), 0);
	map_init(&r.texts, arena, 0, 0);
	out->models = arena_alloc(arena, entries.count * sizeof(*out->models));
	out->invalid = arena_alloc(arena, entries.count * sizeof(*out->invalid));
	statistics_init(&out->statistics, settings, in->category, arena);
	statistics_init(&out->grouped, settings, in->category, arena);
	map_init(&out->bases, arena, sizeof(struct statistics_group),
	    in->category == CATEGORY_TEXT_GENERATION ? entries.count : 0);
	r.groups = (struct statistics_groups){
		.bases = &out->bases,
		.statistics = &out->grouped,
	};
	for (uint32_t i = 0; i < entries.count; i++) {
		if (!pace_step(report->pace))
			return -1;
		if (i % MAP_BATCH == 0 && category_has_horde(in->category))
			reference_approach(&r, i);
		reference_add(&r, i);
	}
	statistics_groups_finish(&r.groups);
	out->nvalid += out->nmodels;
	out->nentries = out->statistics.models = entries.count;
	return 0;
}

/* n models, at most MAP_BATCH. */
static void
reference_merge_batch(const struct horde *h, struct model *models, uint32_t n,
    struct merge_lookup *lookups, struct arena *arena)
{
	struct str lower[MAP_BATCH];

	for (uint32_t i = 0; i < n; i++) {
		lower[i] = text_lower(models[i].record.name, arena);
		merge_begin(h, lower[i], &lookups[i]);
		__builtin_prefetch(horde_part_at(h, models[i].part));
	}
	for (uint32_t i = 0; i < n; i++)
		merge_approach(h, horde_part_at(h, models[i].part), &lookups[i]);
	for (uint32_t i = 0; i < n; i++)
		merge_approach_texts(h, &lookups[i]);
	for (uint32_t i = 0; i < n; i++)
		merge_end(h, models[i].record.name, lower[i],
		    horde_part_at(h, models[i].part), &lookups[i], &models[i].merged);
}

int
reference_merge(
    struct reference *r, const struct horde *h, struct arena *arena, struct pace *pace)
{
	struct merge_lookup lookups[MAP_BATCH] = { 0 };
	uint32_t i, n;

	for (i = 0; i < r->nmodels && !pace_stopped(pace); i += n) {
		for (n = 0; n < MAP_BATCH && i + n < r->nmodels; n++)
			(void)pace_step(pace);
		reference_merge_batch(h, r->models + i, n, lookups, arena);
	}
	for (i = 0; i < MAP_BATCH; i++)
		merge_free(&lookups[i]);
	return pace_stopped(pace) ? -1 : 0;
}
