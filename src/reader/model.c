/* A model has up to some thousand workers, so its text is never made in one turn. */
#include "reader/model.h"

#include <stdlib.h>

#include <xxhash.h>

#include "base/attr.h"
#include "base/mem.h"
#include "json/write.h"
#include "reader/generation.h"
#include "reader/selection.h"
#include "reader/sink.h"
#include "reader/with_stats_row.h"

/* What follows the first row. */
struct model_source {
	struct http_source source; /* the first: see own_model() */
	const struct generation *generation;
	uint32_t row; /* of VIEW_WITH_STATS; UINT32_MAX: there is none */
	struct with_stats_choice choice;
	size_t key; /* bytes of the row that are its name */
	struct str end[6];
	struct buf explained;
	struct buf digits;
	size_t done;
};

static struct model_source *
own_model(struct http_source *source)
{
	return (struct model_source *)source;
}

static void
put_model(struct model_source *m, struct sink *k)
{
	if (m->row == UINT32_MAX)
		sink_put(k, STR("null"));
	else
		with_stats_row_put(k, m->generation, &m->choice, m->row, &m->digits);
	for (size_t i = 0; i < NELEM(m->end); i++)
		sink_put(k, m->end[i]);
}

static void
fill_model(struct http_source *source, char *to, size_t n)
{
	struct model_source *m = own_model(source);
	struct sink sink = { .to = to, .skip = m->key + m->done, .room = n };

	put_model(m, &sink);
	m->done += n;
}

static void
destroy_model(struct http_source *source)
{
	struct model_source *m = own_model(source);

	buf_free(&m->explained);
	buf_free(&m->digits);
	free(m);
}

static const struct view_figures *
figures_of(const struct view_directory *d, uint32_t row)
{
	const struct view_figures *figures =
	    (const void *)((const char *)d + d->views[VIEW_RISK].figures);

	return &figures[row];
}

/* Of a view that is present. */
static struct str
text_of_row(const struct view_directory *d, enum view_kind kind, uint32_t row)
{
	const char *data = (const char *)d;
	const struct view_row *rows = (const void *)(data + d->views[kind].rows);

	return (struct str){ data + rows[row].off, rows[row].len };
}

static void
find_end(struct model_source *m, const struct view_directory *d, uint32_t row)
{
	bool past = d->views[VIEW_HISTORY].present;
	const struct str none = STR("null");

	m->end[0] = STR(",\"dates\":");
	m->end[1] = past ? generation_span(m->generation, d->past.dates_text) : none;
	m->end[2] = STR(",\"history\":");
	m->end[3] = past ? text_of_row(d, VIEW_HISTORY, row) : none;
	m->end[4] = (struct str){ m->explained.data, m->explained.len };
	m->end[5] = STR("}");
}

static struct http_source *
model_source_new(const struct generation *g, const struct selection *s)
{
	struct model_source *m = xcalloc(1, sizeof(*m));
	struct sink sink = { .to = NULL };

	m->source = (struct http_source){ .memory = sizeof(*m) + s->explained.len,
		.fill = fill_model,
		.free = destroy_model };
	m->generation = g;
	m->row = figures_of(g->directory, s->row)->with_stats;
	m->choice = (struct with_stats_choice){ s->workers, s->variations, 0 };
	if (m->row != UINT32_MAX)
		m->key = with_stats_row_key(g, m->row);
	if (s->explained.len > 0) {
		buf_puts(&m->explained, ",\"explanation\":");
		buf_add(&m->explained, s->explained.p, s->explained.len);
	}
	find_end(m, g->directory, s->row);
	put_model(m, &sink);
	m->source.len = sink.len - m->key;
	return &m->source;
}

void
model_put(
    struct http_response *r, const struct generation *g, const struct selection *s)
{
	const struct view_directory *d = g->directory;
	struct buf *b = &r->text;

	buf_puts(b, "{\"category\":\"");
	buf_puts(b, category_name((enum category)d->category));
	buf_puts(b, "\",\"name\":");
	json_put_string(b, generation_span(g, figures_of(d, s->row)->name));
	buf_puts(b, ",\"deletion_risk\":");
	http_response_add(r, (struct str){ b->data, b->len });
	http_response_add(r, text_of_row(d, VIEW_RISK, s->row));
	http_response_add(r, STR(",\"with_stats\":"));
	r->source = model_source_new(g, s);
}

static uint64_t
add_hash(uint64_t h, const void *p, size_t n)
{
	return XXH3_64bits_withSeed(p, n, h);
}

static uint64_t
hash_span(const struct view_directory *d, struct view_span span, uint64_t h)
{
	return add_hash(h, (const char *)d + span.off, span.len);
}

static uint64_t
hash_workers(const struct view_directory *d, uint64_t list, uint64_t h)
{
	const char *data = (const char *)d;
	const struct with_stats *w = &d->with_stats;
	const struct with_stats_list *l =
	    (const struct with_stats_list *)(const void *)(data + w->lists) + list;
	const struct view_span *workers = (const void *)(data + w->workers);
	const uint32_t *member = (const uint32_t *)(const void *)(data + w->members);

	for (uint64_t i = 0; i < l->n; i++)
		h = hash_span(d, workers[member[l->first + i]], h);
	return h;
}

static uint64_t
hash_with_stats(
    const struct view_directory *d, const struct selection *s, uint32_t number)
{
	const struct with_stats_row *row =
	    (const struct with_stats_row *)(const void *)((const char *)d +
							  d->with_stats.rows) +
	    number;
	int64_t count = with_stats_count(row, s->workers);
	uint64_t h;

	h = XXH3_64bits(
	    text_of_row(d, VIEW_WITH_STATS, number).p, (size_t)row->head + row->usage);
	h = hash_span(d, row->exact_usage, h);
	h = hash_span(d, row->variations, h);
	if (s->workers && row->nworkers > 0)
		h = hash_workers(d, row->list, h);
	return add_hash(h, &count, sizeof(count));
}

uint64_t
model_hash(const struct view_directory *d, const struct selection *s)
{
	uint32_t with_stats = figures_of(d, s->row)->with_stats;
	struct str text = text_of_row(d, VIEW_RISK, s->row);
	uint64_t h = XXH3_64bits(text.p, text.len);

	if (with_stats != UINT32_MAX)
		h ^= hash_with_stats(d, s, with_stats);
	if (d->views[VIEW_HISTORY].present) {
		text = text_of_row(d, VIEW_HISTORY, s->row);
		h = hash_span(d, d->past.dates_text, h);
		h = add_hash(h, text.p, text.len);
	}
	return h;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Of workers no view says since when they are the same: they are as new as they are
 * known. */
int64_t
model_modified(const struct view_directory *d, const struct selection *s)
{
	int64_t at = d->views[VIEW_RISK].modified;

	if (d->views[VIEW_WITH_STATS].present) {
		at = later(at, d->views[VIEW_WITH_STATS].modified);
		if (s->workers)
			at = later(at, d->with_stats.observed_at);
	}
	if (d->views[VIEW_HISTORY].present)
		at = later(at, d->views[VIEW_HISTORY].modified);
	return at < VIEW_TIME_MAX ? at : VIEW_TIME_MAX;
}
