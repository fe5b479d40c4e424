/* Different questions with one answer must become one text, and one text must never
 * stand for two answers. */
#include "reader/selection.h"

#include <xxhash.h>

#include "json/write.h"
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
put_models(struct buf *b, const struct selection *s)
{
	if (s->workers)
		put_part(b, "workers", STR("1"));
	if (s->variations)
		put_part(b, "variations", STR("1"));
	if (s->least > 0) {
		put_part(b, "least", STR(""));
		json_put_int(b, s->least);
	}
	if (s->sort != SORT_NONE) {
		put_part(b, "sort", query_sort_name(s->sort));
		put_part(b, "desc", s->desc ? STR("1") : STR("0"));
	}
}

static void
put_selection(struct buf *b, const struct selection *s)
{
	const char *preset;

	buf_add(b, kind_names[s->kind].p, kind_names[s->kind].len);
	if (s->preset != SELECTION_NO_PRESET) {
		preset = preset_name((enum preset)s->preset);
		put_part(b, "preset", (struct str){ preset, strlen(preset) });
	}
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
	if (kind == VIEW_WITH_STATS)
		choose_models(s, q);
	buf_reset(text);
	put_selection(text, s);
	s->text = (struct str){ text->data, text->len };
	s->whole = text->len == kind_names[kind].len;
	return true;
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
	(void)buf_reserve(words, s->text.len + s->offset_text.len + s->limit_text.len);
	*copy = *s;
	copy->text = copy_word(s->text, words);
	copy->offset_text = copy_word(s->offset_text, words);
	copy->limit_text = copy_word(s->limit_text, words);
}

/* What with-stats shows beyond the plain answer has contents of its own. They are mixed
 * in one after the other: were they added up, two that change alike would hide it. */
uint64_t
selection_tag(const struct selection *s, const struct view_directory *d)
{
	uint64_t h = d->views[s->kind].etag;

	if (s->whole)
		return h;
	h = XXH3_64bits_withSeed(s->text.p, s->text.len, h);
	if (s->workers)
		h = XXH3_64bits_withSeed(
		    s->text.p, s->text.len, h ^ d->with_stats.workers_etag);
	if (s->variations)
		h = XXH3_64bits_withSeed(
		    s->text.p, s->text.len, h ^ d->with_stats.variations_etag);
	return h;
}
