/* Laying out views: body, preset tails, rows. */
#include "analytics/views.h"

#include <xxhash.h>

#include "analytics/statistics.h"
#include "json/write.h"
#include "payload/write.h"

#define PUT(b, literal) buf_add((b), (literal), sizeof(literal) - 1)

void
risk_view_begin(struct risk_view *v, struct buf *out, const struct risk_terms *terms,
    uint32_t total_count, uint32_t nrows, struct arena *arena)
{
	*v = (struct risk_view){ .out = out, .total_month = terms->total_month };
	v->rows = arena_alloc(arena, nrows * sizeof(*v->rows));
	v->view.present = 1;
	v->view.total_count = total_count;
	v->view.body.off = out->len;
	PUT(out, "{\"category\":\"");
	buf_puts(out, category_name(terms->category));
	PUT(out, "\",\"category_total_month_usage\":");
	json_put_int(out, terms->total_month);
	PUT(out, ",\"total_count\":");
	v->view.count = payload_since(out, v->view.body.off);
	json_put_int(out, total_count);
	PUT(out, ",\"returned_count\":");
	json_put_int(out, nrows);
	PUT(out, ",\"offset\":0,\"limit\":null,\"models\":[");
}

void
risk_view_open_row(struct risk_view *v)
{
	if (v->view.nrows > 0)
		buf_putc(v->out, ',');
	v->rows[v->view.nrows].off = v->out->len;
}

void
risk_view_close_row(struct risk_view *v, const struct risk *r)
{
	struct view_row *row = &v->rows[v->view.nrows++];

	row->len = (uint32_t)(v->out->len - row->off);
	row->presets = risk_presets(r);
	summary_add(&v->all, r);
	for (int p = 0; p < PRESET_MAX; p++)
		if ((row->presets >> p) & 1)
			summary_add(&v->by_preset[p], r);
}

static struct view_span
risk_view_tail(struct risk_view *v, const struct summary *s, int64_t month, bool round)
{
	uint64_t off = v->out->len;

	PUT(v->out, "],\"summary\":");
	summary_print(v->out, s, month, round);
	PUT(v->out, "}");
	return payload_since(v->out, off);
}

void
risk_view_end(struct risk_view *v, enum view_kind kind)
{
	struct view *view = &v->view;
	struct buf *out = v->out;

	view->tail =
	    risk_view_tail(v, &v->all, v->total_month, kind != VIEW_RISK_GROUPED);
	view->body = payload_since(out, view->body.off);
	view->etag = XXH3_64bits(out->data + view->body.off, view->body.len);
	for (int p = 0; p < PRESET_MAX; p++) {
		const struct summary *s = &v->by_preset[p];

		view->presets[p].matches = s->models;
		view->presets[p].tail = risk_view_tail(v, s, s->month, true);
	}
	payload_align(out);
	view->rows = out->len;
	buf_add(out, v->rows, view->nrows * sizeof(*v->rows));
	payload_directory(out)->views[kind] = *view;
}

void
views_write_statistics(struct buf *out, const struct statistics *s, int64_t computed_at,
    enum view_kind kind)
{
	struct view view = { .present = 1, .body.off = out->len };

	PUT(out, "{\"category\":\"");
	buf_puts(out, category_name(s->category));
	PUT(out, "\",\"total_models\":");
	json_put_int(out, (int64_t)s->models);
	PUT(out, ",\"returned_models\":");
	json_put_int(out, (int64_t)s->models);
	PUT(out, ",\"offset\":");
	view.count = payload_since(out, view.body.off);
	PUT(out, "0,\"limit\":null");
	view.tail.off = out->len;
	statistics_print(out, s);
	view.etag = XXH3_64bits(out->data + view.body.off, out->len - view.body.off);
	json_put_int(out, computed_at);
	PUT(out, "}");
	view.tail = payload_since(out, view.tail.off);
	view.body = payload_since(out, view.body.off);
	/* Neither rows nor presets: they are empty where the view is. */
	view.rows = sizeof(struct view_directory);
	for (int p = 0; p < PRESET_MAX; p++)
		view.presets[p].tail.off = view.body.off;
	payload_directory(out)->views[kind] = view;
}
