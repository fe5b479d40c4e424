/* Snapshots in use, and preset bodies. */
#include "reader/generation.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "http/date.h"
#include "http/response.h"

struct generation *
generation_new(struct snapshot *snapshot, enum category category)
{
	const struct view_directory *directory;
	struct generation *g;
	int i;

	directory = view_open(snapshot->data, snapshot->len, category);
	if (directory == NULL) {
		snapshot_release(&snapshot);
		return NULL;
	}
	g = xcalloc(1, sizeof(*g));
	g->refs = 1;
	g->snapshot = snapshot;
	g->directory = directory;
	g->coded = cache_new(snapshot->len);
	g->assembled = cache_new(snapshot->len);
	for (i = 0; i < VIEW_MAX; i++)
		http_date(directory->views[i].modified, g->modified[i]);
	return g;
}

void
filtered_unref(void *arg)
{
	struct filtered *f = arg;

	if (f == NULL || --f->refs > 0)
		return;
	blob_unref(f->body);
	free(f->rows);
	free(f);
}

void
generation_strip(struct generation *g)
{
	int i, j;

	for (i = 0; i < VIEW_MAX; i++)
		for (j = 0; j < PRESET_MAX; j++) {
			if (g->filtered[i][j] != NULL)
				blob_forget(g->filtered[i][j]->body);
			filtered_unref(g->filtered[i][j]);
			g->filtered[i][j] = NULL;
		}
	cache_free(&g->coded);
	cache_free(&g->assembled);
}

size_t
generation_pinned(const void *arg)
{
	const struct generation *g = arg;

	return g->old ? g->snapshot->len : 0;
}

void
generation_unref(void *arg)
{
	struct generation *g = arg;

	if (g == NULL || --g->refs > 0)
		return;
	generation_strip(g);
	snapshot_release(&g->snapshot);
	free(g);
}

static void
add(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

/* Copies the matching rows, with commas between, and notes where they went. */
static void
add_rows(struct buf *b, const struct generation *g, const struct view *view,
    unsigned preset, struct filtered *f)
{
	const struct view_row *row = (const void *)(g->snapshot->data + view->rows);
	uint32_t i;

	for (i = 0; i < view->nrows; i++) {
		if (!(row[i].presets & 1u << preset))
			continue;
		if (f->nrows > 0)
			buf_putc(b, ',');
		f->rows[f->nrows++] = (struct view_row){ b->len, row[i].len, 0 };
		buf_add(b, g->snapshot->data + row[i].off, row[i].len);
	}
}

/* total_count of an unpaged preset is that of the view (doc/reference.md 8.6). */
static struct filtered *
filter(const struct generation *g, const struct view *view, enum preset preset)
{
	const struct view_preset *p = &view->presets[preset];
	struct filtered *f = xcalloc(1, sizeof(*f));
	struct buf b = { 0 };

	f->refs = 1;
	f->rows = xcalloc(view->nrows ? view->nrows : 1, sizeof(*f->rows));
	add(&b, generation_span(g, view->count));
	f->count = b.len;
	http_put_uint(&b, view->total_count);
	buf_puts(&b, ",\"returned_count\":");
	http_put_uint(&b, p->matches);
	buf_puts(&b, ",\"offset\":0,\"limit\":null,\"models\":[");
	add_rows(&b, g, view, preset, f);
	f->tail = b.len;
	add(&b, generation_span(g, p->tail));
	f->body = blob_new(&b);
	return f;
}

struct filtered *
generation_filter(struct generation *g, enum view_kind kind, enum preset preset)
{
	struct filtered **kept = &g->filtered[kind][preset];
	struct filtered *f = *kept;
	size_t cost;

	if (f == NULL) {
		f = filter(g, &g->directory->views[kind], preset);
		cost = f->body->len + f->nrows * sizeof(*f->rows);
		if (g->filtered_bytes + cost > g->snapshot->len)
			return f;
		g->filtered_bytes += cost;
		*kept = f;
		blob_keep(f->body);
	}
	f->refs++;
	return f;
}
