/* What form a reference document has, and its records in the one we work on. */
#include "records/entries.h"

#include <inttypes.h>

#include "json/walk.h"
#include "records/legacy.h"
#include "records/report.h"

static int
entries_of_object(const struct json_value *root, struct arena *arena, struct map *out,
    struct pace *pace)
{
	struct json_walk walk = json_walk(root);
	struct json_value keys[MAP_BATCH], values[MAP_BATCH];
	struct str names[MAP_BATCH];
	uint64_t hashes[MAP_BATCH];
	size_t n;

	map_init(out, arena, sizeof(struct json_value), root->len / 500);
	while ((n = json_members(&walk, keys, values, MAP_BATCH)) > 0) {
		for (size_t i = 0; i < n; i++) {
			names[i] = json_str(&keys[i], arena);
			hashes[i] = map_begin(out, names[i]);
		}
		for (size_t i = 0; i < n; i++) {
			uint32_t at = map_end_intern(out, names[i], hashes[i]);

			memcpy(map_at(out, at), &values[i], sizeof(values[i]));
			if (!pace_step(pace))
				return -1;
		}
	}
	return 0;
}

static int
entries_check_any(const struct map *entries, uint64_t records, struct report *report)
{
	if (entries->count > 0)
		return 0;
	return report_refuse(report, DOCUMENT_REFERENCE,
	    "none of its %" PRIu64 " records is valid", records);
}

/* Duplicates are settled first: only the record that counts must be convertible. */
static int
entries_convert(enum category category, struct map *entries, struct report *report)
{
	struct map legacy = *entries;

	map_init(entries, legacy.arena, sizeof(struct json_value), legacy.count);
	for (uint32_t i = 0; i < legacy.count; i++) {
		struct check check = { .arena = legacy.arena };
		struct json_value v;

		if (!pace_step(report->pace))
			return -1;
		if (legacy_json_record(category, map_at(&legacy, i), &check, &v) == -1)
			report_skip_record(
			    report, legacy.keys[i], check.where, check.why);
		else
			memcpy(map_at(entries, map_intern(entries, legacy.keys[i])), &v,
			    sizeof(v));
	}
	return entries_check_any(entries, legacy.count, report);
}

static int
entries_of_csv(struct str document, struct arena *arena, struct map *entries,
    struct report *report)
{
	uint64_t rows;

	map_init(entries, arena, sizeof(struct json_value), document.len / 100);
	rows = legacy_csv_read(document, entries, report);
	if (pace_stopped(report->pace))
		return -1;
	return entries_check_any(entries, rows, report);
}

int
entries_read(enum category category, const struct document *reference,
    struct arena *arena, struct map *entries, struct report *report)
{
	struct str text = { reference->data, reference->len };
	struct json_value root;

	if (reference->form.type == DOCUMENT_CSV)
		return entries_of_csv(text, arena, entries, report);
	root = document_root(reference);
	if (entries_of_object(&root, arena, entries, report->pace) == -1)
		return -1;
	if (legacy_json_recognise(text, category, entries, arena))
		return entries_convert(category, entries, report);
	return 0;
}
