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
	*v = (struct risk_view){ .total_month = terms->total_month };
	payload_list_begin(&v->list, out, terms->category,
	    arena_alloc(arena, nrows * sizeof(*v->list.rows)));
	PUT(out, "\"category_total_month_usage\":");
	json_put_int(out, terms->total_month);
	PUT(out, ",");
	payload_list_begin_rows(&v->list, "models", total_count, nrows);
}

void
risk_view_open_row(struct risk_view *v)
{
	payload_list_open_row(&v->list);
}

void
risk_view_close_row(struct risk_view *v, const struct risk *r)
{
	uint32_t presets = risk_presets(r);

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

	PUT(out, "],\"summary\":");
	summary_print(out, s, s->month, true);
	PUT(out, "}");
	return payload_since(out, off);
}

void
risk_view_end(struct risk_view *v, enum view_kind kind)
{
	payload_list_begin_tail(&v->list);
	PUT(v->list.out, ",\"summary\":");
	summary_print(v->list.out, &v->all, v->total_month, kind != VIEW_RISK_GROUPED);
	payload_list_end_tail(&v->list);
	for (int p = 0; p < PRESET_MAX; p++)
		v->list.view.presets[p].tail =
		    risk_view_preset_tail(v, &v->by_preset[p]);
	payload_list_enter(&v->list, kind);
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
