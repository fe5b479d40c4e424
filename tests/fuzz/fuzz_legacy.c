/* Fuzzing documents as they lie on GitHub, all forms: what is converted passes as v2,
 * and views can be made of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/analytics.h"
#include "payload/view.h"
#include "records/document.h"
#include "records/entries.h"
#include "records/record.h"
#include "records/report.h"
#include "terms/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* A converted record is valid JSON, and passes as v2. */
static void
check_record(enum category category, const struct json_value *v, struct arena *arena)
{
	struct check check = { .arena = arena };
	struct json_value again;
	struct json_error error;
	struct fields fields;
	struct record record;

	must(json_scan(v->p, v->len, &again, &error) == 0);
	must(again.type == JSON_T_OBJECT && again.len == v->len);
	if (!category_has_horde(category))
		return;
	record_read(v, category, arena, &fields);
	must(record_decode(&fields, category, &check, &record) == 0);
}

/* Records of a v2 document are parts of it; converted ones are not. */
static bool
is_converted(const struct analytics_input *in, const struct json_value *v)
{
	uintptr_t from = (uintptr_t)in->reference.data;

	return (uintptr_t)v->p < from || (uintptr_t)v->p >= from + in->reference.len;
}

static void
check_entries(const struct analytics_input *in)
{
	struct report report = { .skip = NULL };
	struct arena *arena = arena_new();
	struct map entries;

	if (entries_read(in->category, &in->reference, arena, &entries, &report) ==
	    -1) {
		must(report.refused == DOCUMENT_REFERENCE && report.reason[0] != '\0');
		entries.count = 0;
	}
	for (uint32_t i = 0; i < entries.count; i++)
		if (is_converted(in, map_at(&entries, i)))
			check_record(in->category, map_at(&entries, i), arena);
	arena_free(&arena);
}

static void
check_views(const struct analytics_input *in)
{
	struct report report = { .skip = NULL };
	struct analytics_settings settings;
	struct buf out = { 0 };

	analytics_defaults(&settings);
	if (analytics_render(&settings, in, &out, &report) == 0)
		must(view_open(out.data, out.len, in->category) != NULL);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum category categories[] = { CATEGORY_IMAGE_GENERATION,
		CATEGORY_TEXT_GENERATION, CATEGORY_CONTROLNET };
	static const struct document_form whole = { DOCUMENT_JSON, 0, 2 };
	struct analytics_input in = {
		.reference = { .data = (const char *)data, .len = size },
		.status = { "[]", 2, whole },
		.stats = { "{}", 2, whole },
		.now = 1700000000,
	};
	char why[256];

	for (size_t i = 0; i < NELEM(categories); i++) {
		in.category = categories[i];
		if (document_open(&in.reference, DOCUMENT_REFERENCE, in.category, why,
			sizeof(why)) == -1)
			continue;
		check_entries(&in);
		check_views(&in);
	}
	return 0;
}
