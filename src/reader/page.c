/* Rows are neighbours in a snapshot, so a page of a whole list is one range; the rows
 * of a preset are scattered, and those of with-stats answers are in any order. */
#include "reader/page.h"

#include "reader/model.h"
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
	buf_puts(b, s->kind == VIEW_CHANGES ? ",\"changes\":[" : ",\"models\":[");
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

/* In another format than JSON: where each row begins, and where the last one ends. */
static const uint64_t *
text_rows(const struct generation *g, const struct view *v, const struct selection *s)
{
	return (const void *)(g->snapshot->data + v->texts[s->format].rows);
}

static void
put_head(struct http_response *r, const struct generation *g, const struct view *v,
    const struct selection *s, uint64_t total, uint64_t n)
{
	uint64_t from = v->texts[s->format].body.off;

	if (s->format != FORMAT_JSON) {
		page_span(
		    r, g, (struct view_span){ from, text_rows(g, v, s)[0] - from });
		return;
	}
	put_numbers(&r->text, total, n, s);
	page_span(r, g, v->count);
	add_text(r);
}

/* What follows the rows. */
static struct view_span
foot_of(const struct generation *g, const struct view *v, const struct selection *s)
{
	struct view_span text = v->texts[s->format].body;
	uint64_t end;

	if (s->format == FORMAT_JSON)
		return s->preset != SELECTION_NO_PRESET ? v->presets[s->preset].tail
							: v->tail;
	end = text_rows(g, v, s)[v->nrows];
	return (struct view_span){ end, text.off + text.len - end };
}

/* n rows from the first on, at least one. */
static void
put_neighbours(struct http_response *r, const struct generation *g,
    const struct view *v, const struct selection *s, uint32_t first, uint32_t n)
{
	const struct view_row *rows = (const void *)(g->snapshot->data + v->rows);
	const struct view_row *last = &rows[first + n - 1];
	uint64_t from = rows[first].off, end = last->off + last->len;

	if (s->format != FORMAT_JSON) {
		from = text_rows(g, v, s)[first];
		end = text_rows(g, v, s)[first + n];
	}
	page_span(r, g, (struct view_span){ from, end - from });
}

/* total_count of an unpaged preset is that of the view (doc/reference.md 8.6, 8.7). */
static void
put_list(struct http_response *r, const struct generation *g, const struct view *v,
    const struct selection *s)
{
	bool preset = s->preset != SELECTION_NO_PRESET;
	struct row_run run = { .n = v->nrows };
	struct row_filter f;
	uint64_t total;

	if (preset) {
		run.numbers = g->lists.preset[s->kind][s->preset];
		run.n = (uint32_t)v->presets[s->preset].matches;
	}
	row_filter_make(&f, g, s);
	run = row_filter_cut(&f, run, s->offset, s->limit, &total);
	put_head(r, g, v, s, preset && f.open && !s->paged ? v->total_count : total,
	    run.wanted);
	if (preset || !f.open) {
		r->source =
		    row_source_new(g, s, run, generation_span(g, foot_of(g, v, s)));
		return;
	}
	if (run.n > 0)
		put_neighbours(r, g, v, s, run.first, run.n);
	page_span(r, g, foot_of(g, v, s));
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

static void
put_with_stats(struct http_response *r, const struct generation *g,
    const struct view *v, const struct selection *s)
{
	struct row_run run = { .numbers = row_lists_order(&g->lists, s),
		.n = v->nrows };

	http_response_add(r, STR("{"));
	r->source = row_source_new(g, s, run, STR("}"));
}

/* Everything that is selected is there in one piece. */
static bool
is_whole(const struct selection *s)
{
	return s->whole || (s->format != FORMAT_JSON &&
			       s->preset == SELECTION_NO_PRESET && !s->rare);
}

void
page_put(struct http_response *r, const struct generation *g, const struct selection *s)
{
	const struct view *v = &g->directory->views[s->kind];

	if (is_whole(s))
		page_span(r, g, s->whole ? v->body : v->texts[s->format].body);
	else if (s->model)
		model_put(r, g, s);
	else if (s->kind == VIEW_WITH_STATS)
		put_with_stats(r, g, v, s);
	else if (s->kind == VIEW_STATS || s->kind == VIEW_STATS_GROUPED)
		put_statistics(r, g, v, s);
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
