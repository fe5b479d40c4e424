/* Payloads: what view_open() lets through is safe whatever the bytes; names and tables
 * of categories and presets; what is refused as a whole. */
#include "fixture/analysis_cases.h"
#include "fixture/full_payload.h"
#include "fixture/json_text.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "python/number.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

#define FILE_OF_CASES "payload/view.json"

static void
render_sample(struct analysis *f)
{
	analysis_init(f, CATEGORY_TEXT_GENERATION);
	analysis_only_case(f, FILE_OF_CASES, "sample");
	full_payload_add(&f->out);
	f->dir = view_open(f->out.data, f->out.len, f->category);
	assert_non_null(f->dir);
}

/* Reads every byte that a reader may be led to. */
static unsigned
touch_span(const struct view_directory *d, struct view_span span)
{
	const volatile unsigned char *data = (const void *)d;
	unsigned sum = 0;

	for (uint64_t i = 0; i < span.len; i++)
		sum += data[span.off + i];
	return sum;
}

static unsigned
touch_workers(const struct view_directory *d, uint64_t list)
{
	const struct with_stats *w = &d->with_stats;
	const char *data = (const void *)d;
	const struct with_stats_list *l =
	    (const struct with_stats_list *)(const void *)(data + w->lists) + list;
	const struct view_span *workers = (const void *)(data + w->workers);
	const uint32_t *members = (const void *)(data + w->members);
	uint64_t len = 1;
	unsigned sum = 0;

	for (uint64_t i = l->first; i < l->first + l->n; i++) {
		sum += touch_span(d, workers[members[i]]);
		len += workers[members[i]].len + 1;
	}
	assert_int_equal(len, l->len);
	return sum;
}

static unsigned
touch_with_stats(const struct view_directory *d)
{
	const struct view *v = &d->views[VIEW_WITH_STATS];
	const char *data = (const void *)d;
	const struct view_row *text;
	const struct with_stats_row *r;
	unsigned sum = 0;

	if (!v->present)
		return 0;
	text = (const void *)(data + v->rows);
	r = (const void *)(data + d->with_stats.rows);
	for (uint32_t i = 0; i < v->nrows; i++, r++, text++) {
		assert_true((uint64_t)r->head + r->usage <= text->len);
		sum += touch_span(d, r->exact_usage) + touch_span(d, r->variations);
		if (r->nworkers > 0)
			sum += touch_workers(d, r->list);
	}
	return sum;
}

static unsigned
touch_figures(const struct view_directory *d, const struct view *v)
{
	const struct view_figures *f = (const void *)((const char *)d + v->figures);
	unsigned sum = 0;

	for (uint32_t i = 0; v->figures != 0 && i < v->nrows; i++, f++) {
		assert_true(f->usage[0] >= 0 && f->workers >= 0);
		assert_true(f->with_stats == UINT32_MAX ||
			    f->with_stats < d->views[VIEW_WITH_STATS].nrows);
		sum += touch_span(d, f->name) + touch_span(d, f->baseline) +
		       touch_span(d, f->hosts);
	}
	return sum;
}

static unsigned
touch_texts(const struct view_directory *d, const struct view *v)
{
	unsigned sum = 0;

	for (int f = 0; f < FORMAT_MAX; f++) {
		const struct view_text *t = &v->texts[f];
		const uint64_t *rows;

		if (t->body.len == 0)
			continue;
		rows = (const void *)((const char *)d + t->rows);
		sum += touch_span(d, t->body);
		for (uint32_t i = 0; i < v->nrows; i++) {
			assert_true(rows[i + 1] >= rows[i]);
			sum += touch_span(
			    d, (struct view_span){ rows[i], rows[i + 1] - rows[i] });
		}
	}
	return sum;
}

static unsigned
touch_events(const struct view_directory *d)
{
	const struct view_event *e = (const void *)((const char *)d + d->events);
	uint64_t newer = VIEW_ID_MAX + 1;
	unsigned sum = 0;

	if (!d->views[VIEW_CHANGES].present)
		return 0;
	for (uint32_t i = 0; i < d->views[VIEW_CHANGES].nrows; i++, e++) {
		assert_true(e->id < newer);
		newer = e->id;
		assert_non_null(event_kind_name((enum event_kind)e->kind));
		if (e->flag != UINT32_MAX)
			assert_non_null(flag_name((enum risk_flag)e->flag));
		sum += touch_span(d, e->model) + touch_span(d, e->former);
	}
	return sum;
}

static unsigned
touch_past(const struct view_directory *d)
{
	const int64_t *at_risk = (const void *)((const char *)d + d->past.at_risk);
	uint32_t n = d->views[VIEW_RISK].present ? d->views[VIEW_RISK].nrows : 0;
	unsigned sum = touch_span(d, d->past.dates_text);

	for (uint32_t i = 0; d->past.at_risk != 0 && i < n; i++)
		assert_true(at_risk[i] >= 0 && at_risk[i] <= VIEW_TIME_MAX);
	return sum;
}

static unsigned
touch(const struct view_directory *d)
{
	const volatile unsigned char *data = (const void *)d;
	unsigned sum = touch_with_stats(d) + touch_events(d) + touch_past(d);

	sum += (unsigned)view_find(d, STR("Bar")) + (unsigned)view_find(d, STR("no"));

	for (int k = 0; k < VIEW_MAX; k++) {
		const struct view *v = &d->views[k];
		const struct view_row *rows;

		if (!v->present)
			continue;
		sum += touch_figures(d, v) + touch_texts(d, v);
		rows = (const void *)((const char *)d + v->rows);
		for (uint64_t i = 0; i < v->body.len; i++)
			sum += data[v->body.off + i];
		for (int p = 0; p < PRESET_MAX; p++)
			for (uint64_t i = 0; i < v->presets[p].tail.len; i++)
				sum += data[v->presets[p].tail.off + i];
		for (uint32_t r = 0; r < v->nrows; r++) {
			assert_true(rows[r].off >= v->count.off + v->count.len);
			assert_true(rows[r].off + rows[r].len <= v->tail.off);
			assert_true(r == 0 || rows[r].off == rows[r - 1].off +
								 rows[r - 1].len + 1);
		}
	}
	return sum;
}

TEST(test_sample)
{
	struct analysis f;
	const char *summary = json_text_of("],'summary':{");
	const char *total = json_text_of("'total_count':");
	const struct view *v;

	render_sample(&f);
	assert_true(touch(f.dir) > 0);
	assert_int_equal(f.dir->computed_at, NOW);
	for (int k = 0; k <= VIEW_RISK_VARIATIONS; k++) {
		v = &f.dir->views[k];
		assert_int_equal(v->nrows, k == VIEW_RISK_GROUPED ? 2 : 3);
		assert_int_equal(v->total_count, 3);
		assert_memory_equal(f.out.data + v->tail.off, summary, strlen(summary));
		assert_memory_equal(
		    f.out.data + v->count.off + v->count.len - 14, total, 14);
	}
	v = &f.dir->views[VIEW_STATS];
	assert_memory_equal(
	    f.out.data + v->count.off + v->count.len - 9, json_text_of("'offset':"), 9);
	assert_memory_equal(
	    f.out.data + v->tail.off, json_text_of(",'nsfw_count':"), 14);
	assert_null(view_open(f.out.data, f.out.len, CATEGORY_IMAGE_GENERATION));
	assert_null(view_open(NULL, 0, CATEGORY_TEXT_GENERATION));
	analysis_free(&f);
}

/* Every shorter payload is refused, and every one with a changed directory or row is
 * refused or harmless (the sanitizers see to the reading). */
TEST(test_damage)
{
	static const unsigned char masks[] = { 0x01, 0x80, 0xff };
	struct analysis f;
	size_t len, opened = 0;
	char *copy;

	render_sample(&f);
	len = f.out.len;
	for (size_t n = 0; n < len; n++)
		assert_null(view_open(f.out.data, n, CATEGORY_TEXT_GENERATION));
	for (size_t i = 0; i < len; i++)
		for (size_t m = 0; m < NELEM(masks); m++) {
			const struct view_directory *d;

			/* An allocation of exactly this size, so that ASan sees any
			 * step outside. */
			copy = malloc(len);
			assert_non_null(copy);
			memcpy(copy, f.out.data, len);
			copy[i] = (char)(copy[i] ^ masks[m]);
			d = view_open(copy, len, CATEGORY_TEXT_GENERATION);
			if (d != NULL) {
				opened++;
				(void)touch(d);
			}
			free(copy);
		}
	assert_true(opened > 0);
	analysis_free(&f);
}

/* A date that cannot be printed: gmtime(3) fails, or its year has five digits. */
TEST(test_modified_can_be_printed)
{
	static const int64_t dates[] = { -1, INT64_MIN, VIEW_TIME_MAX + 1, INT64_MAX };
	struct analysis f;
	int64_t *modified;

	render_sample(&f);
	modified =
	    &((struct view_directory *)(void *)f.out.data)->views[VIEW_STATS].modified;
	for (size_t i = 0; i < NELEM(dates); i++) {
		*modified = dates[i];
		assert_null(view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION));
	}
	*modified = VIEW_TIME_MAX;
	assert_non_null(view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION));
	analysis_free(&f);
}

/* Where the tables of a payload are, to spoil them. */
struct tables {
	struct view_directory *d;
	struct view_figures *figures;
	uint32_t *slots;
	struct view_event *events;
	int64_t *at_risk;
	uint64_t *text_rows;
};

static struct tables
tables_of(struct analysis *f)
{
	char *data = f->out.data;
	struct view_directory *d = (void *)data;

	return (struct tables){ .d = d,
		.figures = (void *)(data + d->views[VIEW_RISK].figures),
		.slots = (void *)(data + d->names.slots),
		.events = (void *)(data + d->events),
		.at_risk = (void *)(data + d->past.at_risk),
		.text_rows =
		    (void *)(data + d->views[VIEW_RISK].texts[FORMAT_CSV].rows) };
}

#define FORGERIES(X)                                                                   \
	X(t->figures[1].usage[2] = -1)                                                 \
	X(t->figures[1].workers = -1)                                                  \
	X(t->figures[1].flags = RISK_BIT(RISK_FLAG_MAX))                               \
	X(t->figures[1].marks = FIGURES_MARKS + 1)                                     \
	X(t->figures[1].percentage = INFINITY)                                         \
	X(t->figures[1].cost_benefit = -INFINITY)                                      \
	X(t->figures[1].size_gb = INFINITY)                                            \
	X(t->figures[1].with_stats = 3)                                                \
	X(t->figures[1].name.off = t->d->size)                                         \
	X(t->figures[1].baseline = ((struct view_span){ t->d->size - 1, 2 }))          \
	X(t->figures[1].hosts = ((struct view_span){ t->d->size - 1, 2 }))             \
	X(t->d->total_month = -1)                                                      \
	X(t->d->views[VIEW_RISK].figures += 4)                                         \
	X(t->d->views[VIEW_RISK].figures = 0)                                          \
	X(t->d->names.nslots = 7)                                                      \
	X(t->d->names.nslots = 4)                                                      \
	X(t->d->names.nslots = UINT64_C(1) << 63)                                      \
	X(t->slots[0] = 4)                                                             \
	X(memset(t->slots, 1, t->d->names.nslots * 4))                                 \
	X(for (uint64_t i = 0; i < t->d->names.nslots; i++) t->slots[i] = 1)           \
	X(t->at_risk[2] = -1)                                                          \
	X(t->at_risk[2] = VIEW_TIME_MAX + 1)                                           \
	X(t->d->past.sampled_at = -1)                                                  \
	X(t->d->past.dates_text.len = t->d->size)                                      \
	X(t->d->views[VIEW_HISTORY].present = 0)                                       \
	X(t->events[0].id = VIEW_ID_MAX + 1)                                           \
	X(t->events[1].id = t->events[0].id)                                           \
	X(t->events[1].at = -1)                                                        \
	X(t->events[1].since = VIEW_TIME_MAX + 1)                                      \
	X(t->events[1].kind = EVENT_KIND_MAX)                                          \
	X(t->events[EVENT_FLAG_SET].flag = UINT32_MAX)                                 \
	X(t->events[EVENT_FLAG_SET].flag = RISK_FLAG_MAX)                              \
	X(t->events[EVENT_AT_RISK].flag = 0)                                           \
	X(t->events[1].before.usage[0] = -1)                                           \
	X(t->events[1].after.marks = FIGURES_MARKS + 1)                                \
	X(t->events[1].model.len = t->d->size)                                         \
	X(t->events[1].former.off = 0)                                                 \
	X(t->d->events = 0)                                                            \
	X(t->text_rows[1] = t->text_rows[2] + 1)                                       \
	X(t->text_rows[3] = t->d->size)                                                \
	X(t->text_rows[0] = 0)                                                         \
	X(t->d->views[VIEW_RISK].texts[FORMAT_CSV].modified = -1)                      \
	X(t->d->views[VIEW_STATS].texts[FORMAT_MARKDOWN].modified = VIEW_TIME_MAX + 1)

/* Each number of a table is one that its readers can take. */
TEST(test_forged_tables)
{
	struct analysis f;
	struct tables tables, *t = &tables;
	struct buf sound = { 0 };
	int n = 0;

	render_sample(&f);
	buf_add(&sound, f.out.data, f.out.len);
#define TRY(edit)                                                                      \
	n++;                                                                           \
	memcpy(f.out.data, sound.data, sound.len);                                     \
	tables = tables_of(&f);                                                        \
	edit;                                                                          \
	if (view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION) != NULL)        \
		fail_msg("forgery %d opens: %s", n, #edit);
	FORGERIES(TRY)
#undef TRY
	memcpy(f.out.data, sound.data, sound.len);
	assert_non_null(view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION));
	buf_free(&sound);
	analysis_free(&f);
}

/* Names and events are copied by who keeps a history. */
TEST(test_texts_of_figures_overlap)
{
	struct analysis f;
	struct tables t;

	for (size_t part = 3; part > 0; part--) {
		render_sample(&f);
		t = tables_of(&f);
		for (int i = 0; i < 3; i++)
			t.figures[i].name = (struct view_span){
				sizeof(struct view_directory),
				(f.out.len - sizeof(struct view_directory)) / part
			};
		f.dir = view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION);
		assert_int_equal(f.dir != NULL, part == 3);
		analysis_free(&f);
	}
}

/* Who takes the workers over copies each of their texts: of a payload that another
 * machine made they might all be the payload. */
TEST(test_texts_of_workers_overlap)
{
	struct analysis f;
	struct with_stats *w;
	struct view_span *workers;
	struct with_stats_list *lists;
	const uint32_t *members;

	render_sample(&f);
	w = &((struct view_directory *)(void *)f.out.data)->with_stats;
	assert_int_equal(w->nworkers, 2);
	workers = (void *)(f.out.data + w->workers);
	lists = (void *)(f.out.data + w->lists);
	members = (const void *)(f.out.data + w->members);
	for (size_t part = 2; part > 0; part--) {
		for (uint64_t i = 0; i < w->nworkers; i++)
			workers[i] = (struct view_span){ sizeof(struct view_directory),
				(f.out.len - sizeof(struct view_directory)) / part };
		for (uint64_t i = 0; i < w->nlists; i++) {
			lists[i].len = 1;
			for (uint64_t m = 0; m < lists[i].n; m++)
				lists[i].len +=
				    workers[members[lists[i].first + m]].len + 1;
		}
		f.dir = view_open(f.out.data, f.out.len, CATEGORY_TEXT_GENERATION);
		assert_int_equal(f.dir != NULL, part == 2);
	}
	analysis_free(&f);
}

/* The same content has the same validator, whenever and wherever it is computed. */
TEST(test_etag)
{
	struct view first[VIEW_MAX];
	struct analysis f;
	struct cases c;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	cases_only(&c, FILE_OF_CASES, "etag");
	analysis_case(&f, &c);
	memcpy(first, f.dir->views, sizeof(first));
	f.now += 240;
	analysis_case(&f, &c);
	for (int k = 0; k < VIEW_MAX; k++)
		assert_int_equal(f.dir->views[k].etag, first[k].etag);
	assert_true(cases_next(&c));
	analysis_case(&f, &c);
	assert_int_not_equal(f.dir->views[VIEW_RISK].etag, first[VIEW_RISK].etag);
	assert_int_equal(f.dir->views[VIEW_STATS].etag, first[VIEW_STATS].etag);
	cases_close(&c);
	analysis_free(&f);
}

TEST(test_reference_refused)
{
	static const struct {
		const char *reference;
		const char *reason; /* NULL: the parser's own */
	} cases[] = {
		{ NULL, "absent" },
		{ "", "empty, not JSON" },
		{ "{\"A\":", NULL },
		{ "<html>", NULL },
		{ "null", "not a JSON object" },
		{ "[]", "not a JSON object" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		assert_int_equal(analysis_try(&f, cases[i].reference, "[]", "{}"), -1);
		assert_int_equal(f.report.refused, DOCUMENT_REFERENCE);
		assert_true(f.report.reason[0] != '\0');
		if (cases[i].reason != NULL)
			assert_string_equal(f.report.reason, cases[i].reason);
	}
	/* Empty is not wrong. */
	analysis_render(&f, "{}", "[]", "{}");
	assert_int_equal(f.dir->typed_entries, 0);
	analysis_expect(&f, VIEW_RISK, "models", "[]");
	analysis_expect(&f, VIEW_RISK, "summary/average_risk_score", "0.0");
	analysis_expect(&f, VIEW_RISK_GROUPED, "summary/average_risk_score", "0.0");
	analysis_free(&f);
}

/* The reference's raw view: what a category holds is counted, valid or not. */
TEST(test_no_record_is_valid)
{
	static const enum view_kind without[] = { VIEW_RISK, VIEW_RISK_GROUPED,
		VIEW_RISK_VARIATIONS, VIEW_WITH_STATS };
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "no_record_is_valid");
	assert_int_equal(f.dir->raw_entries, 2);
	assert_int_equal(f.dir->typed_entries, 0);
	assert_int_equal(f.report.skipped, 2);
	assert_int_equal(f.report.census[DOCUMENT_REFERENCE].count, 0);
	for (size_t i = 0; i < NELEM(without); i++)
		assert_int_equal(f.dir->views[without[i]].present, 0);
	analysis_expect(&f, VIEW_STATS, "total_models", "2");
	analysis_expect(&f, VIEW_STATS, "nsfw_count", "1");
	analysis_expect(&f, VIEW_STATS_GROUPED, "nsfw_count", "1");
	touch(f.dir);
	analysis_free(&f);
}

TEST(test_names)
{
	for (int c = 0; c < CATEGORY_MAX; c++)
		assert_int_equal(
		    category_find(category_name(c), strlen(category_name(c))), c);
	for (int p = 0; p < PRESET_MAX; p++)
		assert_int_equal(
		    preset_find(preset_name(p), strlen(preset_name(p))), p);
	assert_int_equal(category_find("Blip", 4), -1);
	assert_int_equal(category_find("blipx", 5), -1);
	assert_int_equal(category_find("", 0), -1);
	assert_int_equal(preset_find("criticalx", 8), PRESET_CRITICAL);
	assert_int_equal(preset_find("critica", 7), -1);
}

/* Quotients of more than 53 bits are rounded once. */
TEST(test_ratio)
{
	static const struct {
		int64_t a, b;
		double want;
	} cases[] = {
		{ 0, 7, 0 },
		{ 1, 3, 1.0 / 3.0 },
		{ INT64_MAX, 1, 0x1p63 },
		{ INT64_MAX, INT64_MAX, 1 },
		{ INT64_MAX - 1, INT64_MAX, 1 },
		{ 1, INT64_MAX, 0x1p-63 },
		/* As doubles both operands would be rounded first. */
		{ 9007199254740993, 9007199254740992, 1 },
		{ 9007199254740995, 3, 3002399751580331.5 },
	};

	for (size_t i = 0; i < NELEM(cases); i++)
		if (number_ratio(cases[i].a, cases[i].b) != cases[i].want)
			fail_msg("%lld / %lld: %.17g", (long long)cases[i].a,
			    (long long)cases[i].b,
			    number_ratio(cases[i].a, cases[i].b));
}

TEST(test_map)
{
	struct arena *arena = arena_new();
	struct map map;
	char key[16];

	map_init(&map, arena, sizeof(int), 0);
	for (int i = 0; i < 5000; i++) {
		struct str s = { key, (size_t)snprintf(key, sizeof(key), "k%d", i) };
		uint32_t at;

		assert_int_equal(map_find(&map, s), MAP_NONE);
		s.p = arena_strndup(arena, key, s.len);
		at = map_intern(&map, s);
		assert_int_equal(at, i);
		assert_int_equal(*(int *)map_at(&map, at), 0);
		*(int *)map_at(&map, at) = i;
	}
	for (int i = 0; i < 5000; i++) {
		struct str s = { key, (size_t)snprintf(key, sizeof(key), "k%d", i) };

		assert_int_equal(map_intern(&map, s), i);
		assert_int_equal(*(int *)map_at(&map, (uint32_t)i), i);
	}
	assert_int_equal(map.count, 5000);
	arena_free(&arena);
}

/* A long name is cut between code points, and nothing in it can end a log line. */
TEST(test_quote)
{
	struct report_name name;
	char text[200];

	assert_string_equal(report_quote(STR("a\n\"\x7f"), &name), "\"a???\"");
	assert_string_equal(report_quote(STR("\xed\xa0\x80x"), &name), "\"???x\"");
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	report_quote((struct str){ text, sizeof(text) }, &name);
	assert_true(strlen(name.text) < sizeof(name.text));
	assert_int_equal(strlen(name.text) % 2, 1); /* whole pairs, quotes and dots */
	report_quote((struct str){ text + 1, sizeof(text) - 1 }, &name);
	assert_true(strlen(name.text) < sizeof(name.text));
}
