/* Selecting and sorting models, and copying their pieces. */
#include "reader/with_stats_page.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/write.h"

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
	return found;
}

static void
sort_rows(struct pick *picks, uint32_t n, const struct selection *s)
{
	if (s->sort != SORT_NONE && n > 1)
		qsort(picks, n, sizeof(*picks),
		    s->desc ? compare_descending : compare_ascending);
}

static void
put_count(struct sink *k, int64_t n, struct buf *digits)
{
	buf_reset(digits);
	json_put_int(digits, n);
	sink_put(k, (struct str){ digits->data, digits->len });
}

/* `{"ID":{...},...}`: the text of each of the model's workers. */
static void
put_workers(struct sink *k, const struct generation *g, uint64_t list)
{
	const struct with_stats *w = &g->directory->with_stats;
	const char *data = g->snapshot->data;
	const struct with_stats_list *l =
	    (const struct with_stats_list *)(const void *)(data + w->lists) + list;
	const struct view_span *workers = (const void *)(data + w->workers);
	const uint32_t *member = (const uint32_t *)(const void *)(data + w->members);

	if (k->out == NULL) {
		k->len += l->len;
		return;
	}
	for (uint64_t i = 0; i < l->n; i++) {
		sink_put(k, i == 0 ? STR("{") : STR(","));
		sink_put(k, generation_span(g, workers[member[l->first + i]]));
	}
	sink_put(k, STR("}"));
}

/* digits: room for a number, whatever is in it. */
static void
put_row(struct sink *k, const struct generation *g, struct str text,
    const struct with_stats_row *row, const struct selection *s, struct buf *digits)
{
	bool workers = s->workers && row->nworkers > 0;

	if (!workers && !s->variations) {
		sink_put(k, text);
		return;
	}
	if (s->variations) {
		sink_put(k, (struct str){ text.p, row->head });
		sink_put(k, generation_span(g, row->exact_usage));
	} else
		sink_put(k, (struct str){ text.p, (size_t)row->head + row->usage });
	sink_put(k, STR(WITH_STATS_SUMMARIES));
	if (workers)
		put_workers(k, g, row->list);
	else
		sink_put(k, STR("null"));
	sink_put(k, STR(WITH_STATS_VARIATIONS));
	sink_put(k, s->variations ? generation_span(g, row->variations) : STR("null"));
	sink_put(k, STR(WITH_STATS_COUNT));
	put_count(k, workers ? row->nworkers : row->worker_count, digits);
	sink_put(k, STR("}"));
}

/* The order changes no length, so what is only counted is not sorted. */
void
with_stats_body(const struct generation *g, const struct selection *s, struct sink *k)
{
	const struct view *v = &g->directory->views[VIEW_WITH_STATS];
	const char *data = g->snapshot->data;
	const struct view_row *texts = (const void *)(data + v->rows);
	const struct with_stats_row *rows =
	    (const void *)(data + g->directory->with_stats.rows);
	struct pick *picks = xcalloc(v->nrows ? v->nrows : 1, sizeof(*picks));
	uint32_t n = select_rows(rows, v->nrows, s, picks);
	struct buf digits = { 0 };

	if (k->out != NULL)
		sort_rows(picks, n, s);
	sink_put(k, STR("{"));
	for (uint32_t i = 0; i < n; i++) {
		const struct view_row *text = &texts[picks[i].row];

		if (i > 0)
			sink_put(k, STR(","));
		put_row(k, g, (struct str){ data + text->off, text->len },
		    &rows[picks[i].row], s, &digits);
	}
	sink_put(k, STR("}"));
	buf_free(&digits);
	free(picks);
}
