/* Rows are neighbours in a snapshot, so a page of a whole list is one range; the rows
 * of a preset are scattered and have to be copied. */
#include "reader/page.h"

#include "base/buf.h"

static void
put(struct buf *b, struct str text)
{
	buf_add(b, text.p, text.len);
}

/* OFFSET,"limit":LIMIT as they were asked for. */
static void
put_echo(struct buf *b, const struct selection *s)
{
	put(b, s->offset_text);
	buf_puts(b, ",\"limit\":");
	put(b, s->limit_text);
}

/* What stands between the view's `count` and the first row. */
static void
put_numbers(struct buf *b, uint64_t total, uint64_t n, const struct selection *s)
{
	http_put_uint(b, total);
	buf_puts(b, ",\"returned_count\":");
	http_put_uint(b, n);
	buf_puts(b, ",\"offset\":");
	put_echo(b, s);
	buf_puts(b, ",\"models\":[");
}

/* Rows of a list: n from start on. */
struct part {
	uint64_t start, n;
};

static struct part
cut(uint64_t nrows, const struct selection *s)
{
	struct part part = { .start = s->offset < nrows ? s->offset : nrows };

	part.n = nrows - part.start;
	if (s->limit < part.n)
		part.n = s->limit;
	return part;
}

static void
own_generation(struct http_response *r, struct generation *g)
{
	g->refs++;
	r->release = generation_unref;
	r->owner = g;
	r->fd = g->snapshot->fd;
	r->file = g->snapshot->data;
	r->file_len = g->snapshot->len;
	r->pinned = generation_pinned;
	r->pin = g;
}

void
page_span(struct http_response *r, struct generation *g, struct view_span span)
{
	own_generation(r, g);
	http_response_add(r, generation_span(g, span));
}

static void
add_text(struct http_response *r)
{
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

/* doc/reference.md 8.7. */
static void
set_list(struct http_response *r, const struct generation *g, const struct view *v,
    const struct selection *s)
{
	const struct view_row *rows = (const void *)(g->snapshot->data + v->rows);
	struct part part = cut(v->nrows, s);
	const struct view_row *first, *last;

	put_numbers(&r->text, v->nrows, part.n, s);
	http_response_add(r, generation_span(g, v->count));
	add_text(r);
	if (part.n > 0) {
		first = &rows[part.start];
		last = &rows[part.start + part.n - 1];
		http_response_add(r, (struct str){ g->snapshot->data + first->off,
					 last->off + last->len - first->off });
	}
	http_response_add(r, generation_span(g, v->tail));
}

static void
set_statistics(struct http_response *r, const struct generation *g,
    const struct view *v, const struct selection *s)
{
	put_echo(&r->text, s);
	http_response_add(r, generation_span(g, v->count));
	add_text(r);
	http_response_add(r, generation_span(g, v->tail));
}

bool
page_set(struct http_response *r, struct generation *g, const struct selection *s)
{
	const struct view *v = &g->directory->views[s->kind];

	if (s->whole) {
		page_span(r, g, v->body);
		return true;
	}
	if (!s->paged || s->preset != SELECTION_NO_PRESET)
		return false;
	own_generation(r, g);
	if (s->kind == VIEW_STATS || s->kind == VIEW_STATS_GROUPED)
		set_statistics(r, g, v, s);
	else
		set_list(r, g, v, s);
	return true;
}

/* The part of the rows that match, with commas between. */
static void
put_matches(struct sink *k, const struct generation *g, const struct view *v,
    const struct selection *s, struct part part)
{
	const struct view_row *rows = (const void *)(g->snapshot->data + v->rows);
	const uint32_t *number = g->lists.preset[s->kind][s->preset] + part.start;

	for (uint64_t i = 0; i < part.n; i++) {
		const struct view_row *row = &rows[number[i]];

		if (i > 0)
			sink_put(k, STR(","));
		sink_put(k, (struct str){ g->snapshot->data + row->off, row->len });
	}
}

/* total_count of an unpaged preset is that of the view (doc/reference.md 8.6). */
void
page_preset(const struct generation *g, const struct selection *s, struct sink *k)
{
	const struct view *v = &g->directory->views[s->kind];
	const struct view_preset *p = &v->presets[s->preset];
	struct part part = cut(p->matches, s);
	struct buf numbers = { 0 };

	put_numbers(&numbers, s->paged ? p->matches : v->total_count, part.n, s);
	sink_put(k, generation_span(g, v->count));
	sink_put(k, (struct str){ numbers.data, numbers.len });
	put_matches(k, g, v, s, part);
	sink_put(k, generation_span(g, p->tail));
	buf_free(&numbers);
}
