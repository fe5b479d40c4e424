/* Putting answers together. */
#include "reader/page.h"

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

static void
add_text(struct http_response *r)
{
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

/* Rows to cut a page from: neighbours in base, one ',' between. */
struct list {
	struct str count; /* the body up to the numbers */
	const char *base;
	const struct view_row *rows;
	uint64_t nrows;
	struct str tail;
};

/* doc/reference.md 8.7. */
static void
cut_page(struct http_response *r, const struct list *l, const struct selection *s)
{
	uint64_t start = s->offset < l->nrows ? s->offset : l->nrows;
	uint64_t n = l->nrows - start;
	const struct view_row *first, *last;

	if (s->limit < n)
		n = s->limit;
	http_put_uint(&r->text, l->nrows);
	buf_puts(&r->text, ",\"returned_count\":");
	http_put_uint(&r->text, n);
	buf_puts(&r->text, ",\"offset\":");
	put_echo(&r->text, s);
	buf_puts(&r->text, ",\"models\":[");
	http_response_add(r, l->count);
	add_text(r);
	if (n > 0) {
		first = &l->rows[start];
		last = &l->rows[start + n - 1];
		http_response_add(r, (struct str){ l->base + first->off,
					 last->off + last->len - first->off });
	}
	http_response_add(r, l->tail);
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
page_whole(struct http_response *r, struct generation *g, enum view_kind kind)
{
	own_generation(r, g);
	http_response_add(r, generation_span(g, g->directory->views[kind].body));
}

void
page_risk(struct http_response *r, struct generation *g, const struct selection *s)
{
	const struct view *v = &g->directory->views[s->kind];
	struct list list = {
		.count = generation_span(g, v->count),
		.base = g->snapshot->data,
		.rows = (const void *)(g->snapshot->data + v->rows),
		.nrows = v->nrows,
		.tail = generation_span(g, v->tail),
	};

	own_generation(r, g);
	if (s->paged)
		cut_page(r, &list, s);
	else
		http_response_add(r, generation_span(g, v->body));
}

void
page_preset(struct http_response *r, struct generation *g, const struct selection *s)
{
	struct filtered *f = generation_filter(g, s->kind, (enum preset)s->preset);
	struct list list = {
		.count = { f->body->data, f->count },
		.base = f->body->data,
		.rows = f->rows,
		.nrows = f->nrows,
		.tail = { f->body->data + f->tail, f->body->len - f->tail },
	};

	r->release = filtered_unref;
	r->owner = f;
	blob_lend(f->body, r);
	if (s->paged)
		cut_page(r, &list, s);
	else
		http_response_add(r, (struct str){ f->body->data, f->body->len });
}

void
page_statistics(
    struct http_response *r, struct generation *g, const struct selection *s)
{
	const struct view *v = &g->directory->views[s->kind];

	own_generation(r, g);
	if (!s->paged) {
		http_response_add(r, generation_span(g, v->body));
		return;
	}
	put_echo(&r->text, s);
	http_response_add(r, generation_span(g, v->count));
	add_text(r);
	http_response_add(r, generation_span(g, v->tail));
}
