/* Laying out views: body, preset tails, rows. */
#include "analytics/views.h"

#include <math.h>

#include <xxhash.h>

#include "analytics/statistics.h"
#include "json/write.h"
#include "payload/write.h"

#define HOSTS_LEN_MAX 200       /* bytes of the hosts that figures name */
#define ROW_HEAD "{\"name\":\"" /* before the name of each row */

/* A name that is appended when all rows are there. */
struct risk_text {
	struct risk_text *next;
	uint32_t row;
	struct str text;
};

void
risk_shared_init(struct risk_shared *s, uint32_t nrows, struct arena *arena)
{
	s->figures = arena_alloc(arena, nrows * sizeof(*s->figures));
	s->arena = arena;
	map_init(&s->texts, arena, sizeof(struct view_span), 0);
}

void
risk_view_begin(struct risk_view *v, struct buf *out, const struct risk_terms *terms,
    uint32_t total_count, uint32_t nrows, struct risk_shared *shared)
{
	struct arena *arena = shared->arena;

	*v = (struct risk_view){ .total_month = terms->total_month, .shared = shared };
	payload_list_begin(&v->list, out, terms->category,
	    arena_alloc(arena, nrows * sizeof(*v->list.rows)));
	buf_puts(out, "\"category_total_month_usage\":");
	json_put_int(out, terms->total_month);
	buf_puts(out, ",");
	payload_list_begin_rows(&v->list, "models", total_count, nrows);
}

void
risk_view_open_row(struct risk_view *v)
{
	payload_list_open_row(&v->list);
}

/* The name of the row that was just printed. */
static struct view_span
risk_view_name(struct risk_view *v, struct str name)
{
	uint32_t row = v->list.view.nrows;
	uint64_t off = v->list.rows[row].off + strlen(ROW_HEAD);
	const char *printed = v->list.out->data + off;
	struct risk_text *escaped;

	if (str_eq(name, (struct str){ printed, name.len }))
		return (struct view_span){ off, name.len };
	escaped = arena_alloc(v->shared->arena, sizeof(*escaped));
	*escaped = (struct risk_text){ v->escaped, row, name };
	v->escaped = escaped;
	return (struct view_span){ 0, name.len };
}

/* off: number of the text until risk_view_place_texts(). */
static struct view_span
risk_view_text(struct risk_view *v, struct str text)
{
	if (text.len == 0)
		return (struct view_span){ sizeof(struct view_directory), 0 };
	return (struct view_span){ map_intern(&v->shared->texts, text), text.len };
}

/* Of a record with thousands of hosts nobody reads them all. */
static struct str
risk_view_hosts(const struct risk *r, struct arena *arena)
{
	struct buf b = { 0 };
	struct str joined;
	uint32_t i;

	if (r->nhosts == 0)
		return STR("");
	if (r->nhosts == 1 && r->hosts[0].len <= HOSTS_LEN_MAX)
		return r->hosts[0];
	for (i = 0; i < r->nhosts && b.len + r->hosts[i].len <= HOSTS_LEN_MAX; i++) {
		buf_puts(&b, i > 0 ? ", " : "");
		buf_add(&b, r->hosts[i].p, r->hosts[i].len);
	}
	if (i < r->nhosts)
		buf_printf(
		    &b, i > 0 ? " and %u more" : "%u with long names", r->nhosts - i);
	joined = (struct str){ arena_strndup(arena, b.data, b.len), b.len };
	buf_free(&b);
	return joined;
}

static void
risk_view_note(struct risk_view *v, const struct risk *r, uint32_t with_stats)
{
	struct view_figures *f = &v->shared->figures[v->list.view.nrows];

	*f = (struct view_figures){ .name = risk_view_name(v, r->name),
		.baseline = risk_view_text(v, r->baseline),
		.hosts = risk_view_text(v, risk_view_hosts(r, v->shared->arena)),
		.workers = r->workers,
		.flags = r->flags,
		.marks = FIGURES_KNOWN,
		.percentage = r->percentage,
		.cost_benefit = isinf(r->cost_benefit) ? NAN : r->cost_benefit,
		.size_gb = r->size_gb,
		.identity = r->identity,
		.with_stats = with_stats };
	for (int p = 0; p < PERIOD_MAX; p++)
		f->usage[p] = r->usage.n[p];
	if (r->critical)
		f->marks |= FIGURES_CRITICAL;
	if (risk_has_warning(r->flags))
		f->marks |= FIGURES_WARNING;
	if (r->nsfw)
		f->marks |= FIGURES_NSFW;
}

void
risk_view_close_row(struct risk_view *v, const struct risk *r, uint32_t with_stats)
{
	uint32_t presets = risk_presets(r);

	risk_view_note(v, r, with_stats);
	payload_list_close_row(&v->list, presets);
	summary_add(&v->all, r);
	for (int p = 0; p < PRESET_MAX; p++)
		if ((presets >> p) & 1)
			summary_add(&v->by_preset[p], r);
}

static struct view_span
risk_view_preset_tail(struct risk_view *v, const struct summary *s)
{
	struct buf *out = v->list.out;
	uint64_t off = out->len;

	buf_puts(out, "],\"summary\":");
	summary_print(out, s, s->month, true);
	buf_puts(out, "}");
	return payload_since(out, off);
}

static void
risk_view_place(const struct map *texts, struct view_span *span)
{
	if (span->len > 0)
		*span = *(struct view_span *)map_at(texts, (uint32_t)span->off);
}

/* Appends the texts that figures name and rows do not have, and says where they are. */
static void
risk_view_place_texts(struct risk_view *v)
{
	struct map *texts = &v->shared->texts;
	struct buf *out = v->list.out;
	struct view_span *span;

	for (uint32_t i = 0; i < texts->count; i++) {
		span = map_at(texts, i);
		if (span->off != 0)
			continue;
		*span = (struct view_span){ out->len, texts->keys[i].len };
		buf_add(out, texts->keys[i].p, texts->keys[i].len);
	}
	for (uint32_t i = 0; i < v->list.view.nrows; i++) {
		risk_view_place(texts, &v->shared->figures[i].baseline);
		risk_view_place(texts, &v->shared->figures[i].hosts);
	}
	for (const struct risk_text *t = v->escaped; t != NULL; t = t->next) {
		v->shared->figures[t->row].name.off = out->len;
		buf_add(out, t->text.p, t->text.len);
	}
}

void
risk_view_end(struct risk_view *v, enum view_kind kind)
{
	payload_list_begin_tail(&v->list);
	buf_puts(v->list.out, ",\"summary\":");
	summary_print(v->list.out, &v->all, v->total_month, kind != VIEW_RISK_GROUPED);
	payload_list_end_tail(&v->list);
	for (int p = 0; p < PRESET_MAX; p++)
		v->list.view.presets[p].tail =
		    risk_view_preset_tail(v, &v->by_preset[p]);
	risk_view_place_texts(v);
	v->list.view.figures = payload_table(v->list.out, v->shared->figures,
	    v->list.view.nrows * sizeof(*v->shared->figures));
	payload_list_enter(&v->list, kind);
	if (kind == VIEW_RISK)
		payload_directory(v->list.out)->total_month = v->total_month;
}

void
views_write_statistics(struct buf *out, const struct statistics *s, int64_t computed_at,
    enum view_kind kind)
{
	struct view view = { .present = 1, .body.off = out->len };

	buf_puts(out, "{\"category\":\"");
	buf_puts(out, category_name(s->category));
	buf_puts(out, "\",\"total_models\":");
	json_put_int(out, (int64_t)s->models);
	buf_puts(out, ",\"returned_models\":");
	json_put_int(out, (int64_t)s->models);
	buf_puts(out, ",\"offset\":");
	view.count = payload_since(out, view.body.off);
	buf_puts(out, "0,\"limit\":null");
	view.tail.off = out->len;
	statistics_print(out, s);
	view.etag = XXH3_64bits(out->data + view.body.off, out->len - view.body.off);
	json_put_int(out, computed_at);
	buf_puts(out, "}");
	view.tail = payload_since(out, view.tail.off);
	view.body = payload_since(out, view.body.off);
	/* Neither rows nor presets: they are empty where the view is. */
	view.rows = sizeof(struct view_directory);
	for (int p = 0; p < PRESET_MAX; p++)
		view.presets[p].tail.off = view.body.off;
	payload_directory(out)->views[kind] = view;
}
