/* Walking the records: decoded for deletion risk, counted for statistics. */
#include "analytics/reference.h"

#include <xxhash.h>

#include "names/text_name.h"
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
	struct map names; /* of the typed view -> its model */
	struct stats_groups groups;
};

/* A name's group keeps what follows its first slash, the Horde's indexes what follows
 * the last: with but an author before it that is the same, and already parsed. */
static uint32_t
reference_base(struct reading *r, struct str name)
{
	struct str rest = text_name_strip_backend(name), base;
	const char *first = memchr(rest.p, '/', rest.len);
	const char *last = memrchr(rest.p, '/', rest.len);

	if (first == last)
		base = horde_part(r->horde, name, r->arena)->base;
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
		stats_groups_add(&r->groups, model->base, fields);
	else
		stats_groups_add(&r->groups, reference_base(r, key), fields);
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

/* A name that comes again replaces the record but keeps its place. */
static struct model *
reference_add_model(struct reading *r, const struct record *record)
{
	struct model *m = map_at(&r->names, map_intern(&r->names, record->name));

	m->record = *record;
	risk_judge_record(r->settings, r->category, r->arena, m);
	if (r->category == CATEGORY_TEXT_GENERATION)
		m->base = reference_base(r, record->name);
	return m;
}

static void
reference_add(struct reading *r, struct str key, const struct json_value *value)
{
	struct check check = { .arena = r->arena };
	struct model *model = NULL;
	struct record record;
	struct fields fields;

	if (value->type != JSON_T_OBJECT) {
		report_skip_record(r->report, key, "", "not an object");
		return;
	}
	record_read(value, r->category, r->arena, &fields);
	if (!category_has_horde(r->category))
		r->out->nvalid++;
	else if (record_decode(&fields, r->category, &check, &record) == 0)
		model = reference_add_model(r, &record);
	else
		report_skip_record(r->report, key, check.where, check.why);
	if (model != NULL || !category_has_horde(r->category))
		r->out->names += XXH3_64bits(key.p, key.len);
	reference_count(r, &fields);
	reference_add_grouped(r, key, &fields, model);
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
	map_init(&r.names, arena, sizeof(struct model), entries.count);
	statistics_init(&out->statistics, settings, in->category, arena);
	statistics_init(&out->grouped, settings, in->category, arena);
	map_init(&out->bases, arena, sizeof(struct stats_group),
	    in->category == CATEGORY_TEXT_GENERATION ? entries.count : 0);
	r.groups = (struct stats_groups){
		.bases = &out->bases,
		.statistics = &out->grouped,
	};
	for (uint32_t i = 0; i < entries.count; i++) {
		if (!pace_step(report->pace))
			return -1;
		reference_add(&r, entries.keys[i], map_at(&entries, i));
	}
	stats_groups_finish(&r.groups);
	out->models = map_at(&r.names, 0);
	out->nmodels = r.names.count;
	out->nvalid += out->nmodels;
	out->nentries = out->statistics.models = entries.count;
	return 0;
}

int
reference_merge(
    struct reference *r, struct horde *h, struct arena *arena, struct pace *pace)
{
	struct merge_scratch scratch = { .arena = arena };

	for (uint32_t i = 0; i < r->nmodels && pace_step(pace); i++) {
		struct model *m = &r->models[i];
		const struct name_part *part = horde_part(h, m->record.name, arena);

		merge_name(h, m->record.name, part, &scratch, &m->merged);
	}
	for (int b = 0; b < BACKEND_MAX; b++)
		buf_free(&scratch.names[b]);
	return pace_stopped(pace) ? -1 : 0;
}
