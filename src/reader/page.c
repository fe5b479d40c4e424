/* Rows are neighbours in a snapshot, so a page of a whole list is one range; the rows
 * of a preset are scattered, and those of with-stats answers are in any order. */
#include "reader/page.h"

#include "reader/row_source.h"

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

void
page_own(struct http_response *r, struct generation *g)
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
page_span(struct http_response *r, const struct generation *g, struct view_span span)
{
	http_response_add(r, generation_span(g, span));
}

static void
add_text(struct http_response *r)
{
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

/* doc/reference.md 8.7. */
static void
put_list(struct http_response *r, const struct generation *g, const struct view *v,
    const struct selection *s)
{
	const struct view_row *rows = (const void *)(g->snapshot->data + v->rows);
	struct part part = cut(v->nrows, s);
	const struct view_row *first, *last;

	put_numbers(&r->text, v->nrows, part.n, s);
	page_span(r, g, v->count);
	add_text(r);
	if (part.n > 0) {
		first = &rows[part.start];
		last = &rows[part.start + part.n - 1];
		http_response_add(r, (struct str){ g->snapshot->data + first->off,
					 last->off + last->len - first->off });
	}
	page_span(r, g, v->tail);
}

/* Its limit and offset are only echoed. */
static void
put_statistics(struct http_response *r, const struct generation *g,
    const struct view *v, const struct selection *s)
{
	put_echo(&r->text, s);
	page_span(r, g, v->count);
	add_text(r);
	page_span(r, g, v->tail);
}

/* total_count of an unpaged preset is that of the view (doc/reference.md 8.6). */
static void
put_preset(struct http_response *r, const struct generation *g, const struct view *v,
    const struct selection *s)
{
	const struct view_preset *p = &v->presets[s->preset];
	struct part part = cut(p->matches, s);
	struct row_run run = { g->lists.preset[s->kind][s->preset] + part.start,
		(uint32_t)part.n };

	put_numbers(&r->text, s->paged ? p->matches : v->total_count, part.n, s);
	page_span(r, g, v->count);
	add_text(r);
	r->source = row_source_new(g, s, run, generation_span(g, p->tail));
}

static void
put_with_stats(struct http_response *r, const struct generation *g,
    const struct view *v, const struct selection *s)
{
	struct row_run run = { row_lists_order(&g->lists, s), v->nrows };

	http_response_add(r, STR("{"));
	r->source = row_source_new(g, s, run, STR("}"));
}

void
page_put(struct http_response *r, const struct generation *g, const struct selection *s)
{
	const struct view *v = &g->directory->views[s->kind];

	if (s->whole)
		page_span(r, g, v->body);
	else if (s->kind == VIEW_WITH_STATS)
		put_with_stats(r, g, v, s);
	else if (s->kind == VIEW_STATS || s->kind == VIEW_STATS_GROUPED)
		put_statistics(r, g, v, s);
	else if (s->preset != SELECTION_NO_PRESET)
		put_preset(r, g, v, s);
	else
		put_list(r, g, v, s);
}

void
page_drain(const struct http_response *r, struct buf *out)
{
	size_t rest = r->source != NULL ? r->source->len : 0;
	unsigned i;

	(void)buf_reserve(out, http_response_length(r));
	for (i = 0; i < r->nbody; i++)
		put(out, r->body[i]);
	if (rest > 0)
		r->source->fill(r->source, buf_reserve(out, rest), rest);
	out->len += rest;
}
