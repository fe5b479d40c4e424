/* Different questions with one answer must become one text, and one text must never
 * stand for two answers. */
#include "reader/selection.h"

#include <inttypes.h>

#include <xxhash.h>

#include "json/write.h"
#include "reader/generation.h"
#include "reader/model.h"
#include "reader/row_filter.h"
#include "terms/preset.h"

static const struct str kind_names[VIEW_MAX] = {
	[VIEW_RISK] = STR("risk"),
	[VIEW_RISK_GROUPED] = STR("risk-grouped"),
	[VIEW_RISK_VARIATIONS] = STR("risk-variations"),
	[VIEW_STATS] = STR("stats"),
	[VIEW_STATS_GROUPED] = STR("stats-grouped"),
	[VIEW_WITH_STATS] = STR("with-stats"),
	[VIEW_HISTORY] = STR("history"),
	[VIEW_CHANGES] = STR("changes"),
	[VIEW_UNLISTED] = STR("unlisted"),
	[VIEW_COLUMNS] = STR("columns"),
	[VIEW_COLUMNS_GROUPED] = STR("columns-grouped"),
	[VIEW_COLUMNS_VARIATIONS] = STR("columns-variations"),
};

/* offset=0 alone is no page (doc/reference.md 8.7); a page with a limit alone begins
 * at 0. */
static void
choose_page(struct selection *s, const struct query *q)
{
	s->paged = query_paged(q);
	s->offset = (uint64_t)q->offset;
	s->offset_text = q->offset_text;
	s->limit = q->has_limit ? (uint64_t)q->limit : UINT64_MAX;
	s->limit_text = q->has_limit ? q->limit_text : STR("null");
}

/* No number of workers is below 0. */
static void
choose_models(struct selection *s, const struct query *q)
{
	s->workers = q->include_workers;
	s->variations = q->include_backend_variations;
	s->sort = q->sort_by;
	if (q->has_min_worker_count && q->min_worker_count > 0)
		s->least = q->min_worker_count;
	s->desc = s->sort != SORT_NONE && q->sort_desc;
}

/* An id is never above VIEW_ID_MAX, and no time is that many days ago. */
static void
choose_rows(struct selection *s, const struct query *q)
{
	const int64_t days = VIEW_TIME_MAX / (24 * 60 * 60) + 1;

	s->format = q->format;
	s->min_days = q->min_days < days ? q->min_days : days;
	s->since = (uint64_t)q->since < VIEW_ID_MAX ? (uint64_t)q->since : VIEW_ID_MAX;
	if (q->kinds != (UINT32_C(1) << EVENT_KIND_MAX) - 1)
		s->kinds = q->kinds;
}

/* `name` and value are static or canonical: no value holds a '&'. */
static void
put_part(struct buf *b, const char *name, struct str value)
{
	buf_putc(b, '&');
	buf_puts(b, name);
	buf_putc(b, '=');
	buf_add(b, value.p, value.len);
}

static void
put_part_number(struct buf *b, const char *name, int64_t n)
{
	put_part(b, name, STR(""));
	json_put_int(b, n);
}

static void
put_part_name(struct buf *b, const char *name, const char *value)
{
	put_part(b, name, (struct str){ value, strlen(value) });
}

static void
put_models(struct buf *b, const struct selection *s)
{
	if (s->workers)
		put_part(b, "workers", STR("1"));
	if (s->variations)
		put_part(b, "variations", STR("1"));
	if (s->least > 0)
		put_part_number(b, "least", s->least);
	if (s->sort != SORT_NONE) {
		put_part(b, "sort", query_sort_name(s->sort));
		put_part(b, "desc", s->desc ? STR("1") : STR("0"));
	}
}

static void
put_row_parts(struct buf *b, const struct selection *s)
{
	if (s->min_days > 0)
		put_part_number(b, "days", s->min_days);
	if (s->since > 0)
		put_part_number(b, "since", (int64_t)s->since);
	for (int k = 0; k < EVENT_KIND_MAX; k++)
		if (s->kinds >> k & 1)
			put_part_name(b, "kind", event_kind_name((enum event_kind)k));
	if (s->format != FORMAT_JSON)
		put_part_name(b, "format", query_format_name(s->format));
}

static void
put_selection(struct buf *b, const struct selection *s)
{
	buf_add(b, kind_names[s->kind].p, kind_names[s->kind].len);
	if (s->preset != SELECTION_NO_PRESET)
		put_part_name(b, "preset", preset_name((enum preset)s->preset));
	put_row_parts(b, s);
	if (s->paged) {
		put_part(b, "offset", s->offset_text);
		put_part(b, "limit", s->limit_text);
	}
	put_models(b, s);
}

bool
selection_make(
    struct selection *s, enum view_kind kind, const struct query *q, struct buf *text)
{
	*s = (struct selection){ .kind = kind, .preset = SELECTION_NO_PRESET };
	if (q->preset.len > 0) {
		s->preset = preset_find(q->preset.p, q->preset.len);
		if (s->preset < 0)
			return false;
	}
	choose_page(s, q);
	choose_rows(s, q);
	s->rare = s->paged || s->min_days > 0 || s->since > 0 || s->kinds != 0;
	if (kind == VIEW_WITH_STATS)
		choose_models(s, q);
	buf_reset(text);
	put_selection(text, s);
	s->text = (struct str){ text->data, text->len };
	s->whole = text->len == kind_names[kind].len;
	return true;
}

void
selection_make_model(struct selection *s, uint32_t row, struct str name, bool workers,
    struct str explained, struct buf *text)
{
	*s = (struct selection){ .kind = VIEW_RISK,
		.preset = SELECTION_NO_PRESET,
		.workers = workers,
		.variations = true,
		.model = true,
		.row = row,
		.explained = explained,
		.rare = true };
	buf_reset(text);
	buf_puts(text, "model");
	put_models(text, s);
	if (explained.len > 0)
		buf_printf(text, "&explained=%016" PRIx64,
		    (uint64_t)XXH3_64bits(explained.p, explained.len));
	/* The last: a name may hold what looks like parts. */
	put_part(text, "name", name);
	s->text = (struct str){ text->data, text->len };
}

static struct str
copy_word(struct str word, struct buf *words)
{
	struct str copy = { words->data + words->len, word.len };

	buf_add(words, word.p, word.len);
	return copy;
}

void
selection_copy(struct selection *copy, const struct selection *s, struct buf *words)
{
	buf_reset(words);
	/* All at once: it must not move any more. */
	(void)buf_reserve(words,
	    s->text.len + s->offset_text.len + s->limit_text.len + s->explained.len);
	*copy = *s;
	copy->text = copy_word(s->text, words);
	copy->offset_text = copy_word(s->offset_text, words);
	copy->limit_text = copy_word(s->limit_text, words);
	copy->explained = copy_word(s->explained, words);
}

static uint64_t
mix(const struct selection *s, uint64_t h)
{
	return XXH3_64bits_withSeed(s->text.p, s->text.len, h);
}

/* What with-stats shows beyond the plain answer has contents of its own. They are mixed
 * in one after the other: were they added up, two that change alike would hide it. */
static uint64_t
mix_with_stats(const struct selection *s, const struct with_stats *w, uint64_t h)
{
	if (s->workers)
		h = mix(s, h ^ w->workers_etag);
	if (s->variations)
		h = mix(s, h ^ w->variations_etag);
	return h;
}

static const struct view_text *
text_of(const struct selection *s, const struct view_directory *d)
{
	return &d->views[s->kind].texts[s->format];
}

/* Of which models are at risk for so many days. */
static uint64_t
hash_days(const struct selection *s, const struct generation *g)
{
	const struct row_age *age;
	struct row_filter f;

	row_filter_make(&f, g, s);
	age = row_filter_age(&f);
	return age != NULL ? age->hash : 0;
}

uint64_t
selection_tag(const struct selection *s, const struct generation *g)
{
	const struct view_directory *d = g->directory;
	uint64_t h = d->views[s->kind].etag;

	if (s->whole)
		return h;
	if (s->model)
		return mix(s, model_hash(d, s));
	if (s->format != FORMAT_JSON)
		h = text_of(s, d)->etag;
	if (s->min_days > 0)
		h ^= hash_days(s, g);
	return mix_with_stats(s, &d->with_stats, mix(s, h));
}

int64_t
selection_modified(const struct selection *s, const struct view_directory *d)
{
	if (s->explained.len > 0)
		return VIEW_TIME_MAX;
	if (s->model)
		return model_modified(d, s);
	if (s->format != FORMAT_JSON)
		return text_of(s, d)->modified;
	return d->views[s->kind].modified;
}
