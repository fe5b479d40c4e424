/* Selecting and sorting models, and copying their pieces. */
#include "reader/with_stats_page.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/write.h"

#define PUT(b, literal) buf_add((b), (literal), sizeof(literal) - 1)

/* A model that was selected. */
struct pick {
	int64_t key;
	uint32_t row;
};

static int64_t
sort_key(const struct with_stats_row *row, const struct selection *s)
{
	switch (s->sort) {
	case SORT_WORKER_COUNT:
		return row->nworkers;
	case SORT_USAGE_TOTAL:
		return row->usage_total[s->variations];
	case SORT_USAGE_MONTH:
		return row->usage_month[s->variations];
	case SORT_NAME:
		return row->rank;
	case SORT_NONE:
		break;
	}
	return 0;
}

/* Equal ones keep their order in both directions. */
static int
compare_ascending(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int
compare_descending(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Returns how many were put in picks. */
static uint32_t
select_rows(const struct with_stats_row *rows, uint32_t n, const struct selection *s,
    struct pick *picks)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n && !s->none; i++)
		if (rows[i].nworkers >= s->least)
			picks[found++] = (struct pick){ sort_key(&rows[i], s), i };
	if (s->sort != SORT_NONE && found > 1)
		qsort(picks, found, sizeof(*picks),
		    s->desc ? compare_descending : compare_ascending);
	return found;
}

static void
put_span(struct buf *b, const struct generation *g, struct view_span span)
{
	struct str text = generation_span(g, span);

	buf_add(b, text.p, text.len);
}

static void
put_row(struct buf *b, const struct generation *g, struct str text,
    const struct with_stats_row *row, const struct selection *s)
{
	bool workers = s->workers && row->nworkers > 0;

	if (!workers && !s->variations) {
		buf_add(b, text.p, text.len);
		return;
	}
	if (s->variations) {
		buf_add(b, text.p, row->head);
		put_span(b, g, row->exact_usage);
	} else
		buf_add(b, text.p, (size_t)row->head + row->usage);
	PUT(b, WITH_STATS_SUMMARIES);
	if (workers)
		put_span(b, g, row->summaries);
	else
		PUT(b, "null");
	PUT(b, WITH_STATS_VARIATIONS);
	if (s->variations)
		put_span(b, g, row->variations);
	else
		PUT(b, "null");
	PUT(b, WITH_STATS_COUNT);
	json_put_int(b, workers ? row->nworkers : row->worker_count);
	PUT(b, "}");
}

void
with_stats_body(const struct generation *g, const struct selection *s, struct buf *out)
{
	const struct view *v = &g->directory->views[VIEW_WITH_STATS];
	const char *data = g->snapshot->data;
	const struct view_row *texts = (const void *)(data + v->rows);
	const struct with_stats_row *rows =
	    (const void *)(data + g->directory->with_stats.rows);
	struct pick *picks = xcalloc(v->nrows ? v->nrows : 1, sizeof(*picks));
	uint32_t n = select_rows(rows, v->nrows, s, picks);

	PUT(out, "{");
	for (uint32_t i = 0; i < n; i++) {
		const struct view_row *text = &texts[picks[i].row];

		if (i > 0)
			PUT(out, ",");
		put_row(out, g, (struct str){ data + text->off, text->len },
		    &rows[picks[i].row], s);
	}
	PUT(out, "}");
	free(picks);
}
