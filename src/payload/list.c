/* Laying out a list: its body, then its rows. */
#include "payload/list.h"

#include <inttypes.h>

#include <xxhash.h>

#include "payload/write.h"

void
payload_list_begin(struct payload_list *l, struct buf *out, enum category category,
    struct view_row *rows)
{
	*l = (struct payload_list){ .out = out, .rows = rows, .hashed = out->len };
	l->view.present = 1;
	l->view.body.off = out->len;
	buf_puts(out, "{\"category\":\"");
	buf_puts(out, category_name(category));
	buf_puts(out, "\",");
}

static void
list_hash(struct payload_list *l, size_t end)
{
	l->view.etag = XXH3_64bits_withSeed(
	    l->out->data + l->hashed, end - l->hashed, l->view.etag);
	l->hashed = l->out->len;
}

void
payload_list_omit(struct payload_list *l, size_t off)
{
	list_hash(l, off);
}

void
payload_list_begin_rows(
    struct payload_list *l, const char *key, uint64_t total, uint32_t nrows)
{
	struct buf *out = l->out;

	l->view.total_count = total;
	buf_puts(out, "\"total_count\":");
	l->view.count = payload_since(out, l->view.body.off);
	buf_printf(out,
	    "%" PRIu64 ",\"returned_count\":%" PRIu32
	    ",\"offset\":0,\"limit\":null,\"%s\":[",
	    total, nrows, key);
}

void
payload_list_open_row(struct payload_list *l)
{
	if (l->view.nrows > 0)
		buf_putc(l->out, ',');
	l->rows[l->view.nrows].off = l->out->len;
}

void
payload_list_close_row(struct payload_list *l, uint32_t presets)
{
	struct view_row *row = &l->rows[l->view.nrows++];

	row->len = (uint32_t)(l->out->len - row->off);
	row->presets = presets;
	for (int p = 0; p < PRESET_MAX; p++)
		l->view.presets[p].matches += (presets >> p) & 1;
}

void
payload_list_begin_tail(struct payload_list *l)
{
	l->view.tail.off = l->out->len;
	buf_putc(l->out, ']');
}

void
payload_list_end_tail(struct payload_list *l)
{
	struct view *v = &l->view;

	buf_putc(l->out, '}');
	v->tail = payload_since(l->out, v->tail.off);
	v->body = payload_since(l->out, v->body.off);
	list_hash(l, l->out->len);
	for (int p = 0; p < PRESET_MAX; p++)
		v->presets[p].tail = v->tail;
}

void
payload_list_enter(struct payload_list *l, enum view_kind kind)
{
	l->view.rows = payload_table(l->out, l->rows, l->view.nrows * sizeof(*l->rows));
	payload_directory(l->out)->views[kind] = l->view;
}

void
payload_list_end(struct payload_list *l, enum view_kind kind)
{
	payload_list_begin_tail(l);
	payload_list_end_tail(l);
	payload_list_enter(l, kind);
}
