/* A row is up to nine pieces, and one of these the text of thousands of workers. */
#include "reader/with_stats_row.h"

#include "json/write.h"

static const struct with_stats_row *
row_at(const struct generation *g, uint32_t number)
{
	const struct with_stats_row *rows =
	    (const void *)(g->snapshot->data + g->directory->with_stats.rows);

	return &rows[number];
}

bool
with_stats_row_is_chosen(
    const struct generation *g, const struct with_stats_choice *c, uint32_t number)
{
	return with_stats_count(row_at(g, number), c->workers) >= c->least;
}

size_t
with_stats_row_key(const struct generation *g, uint32_t number)
{
	const struct view *v = &g->directory->views[VIEW_WITH_STATS];
	const struct view_row *texts = (const void *)(g->snapshot->data + v->rows);
	const char *p = g->snapshot->data + texts[number].off;
	size_t head = row_at(g, number)->head, i = 1;

	while (i < head && p[i] != '"')
		i += p[i] == '\\' ? 2 : 1;
	return i + 2 < head ? i + 2 : head;
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

	if (k->to == NULL) {
		k->len += l->len;
		return;
	}
	for (uint64_t i = 0; i < l->n; i++) {
		sink_put(k, i == 0 ? STR("{") : STR(","));
		sink_put(k, generation_span(g, workers[member[l->first + i]]));
	}
	sink_put(k, STR("}"));
}

static void
put_number(struct sink *k, int64_t n, struct buf *digits)
{
	buf_reset(digits);
	json_put_int(digits, n);
	sink_put(k, (struct str){ digits->data, digits->len });
}

void
with_stats_row_put(struct sink *k, const struct generation *g,
    const struct with_stats_choice *c, uint32_t number, struct buf *digits)
{
	const struct view *v = &g->directory->views[VIEW_WITH_STATS];
	const char *data = g->snapshot->data;
	const struct view_row *texts = (const void *)(data + v->rows);
	const struct with_stats_row *row = row_at(g, number);
	struct str text = { data + texts[number].off, texts[number].len };
	bool workers = c->workers && row->nworkers > 0;

	if (!workers && !c->variations) {
		sink_put(k, text);
		return;
	}
	if (c->variations) {
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
	sink_put(k, c->variations ? generation_span(g, row->variations) : STR("null"));
	sink_put(k, STR(WITH_STATS_TIME));
	put_number(k, g->directory->with_stats.observed_at, digits);
	sink_put(k, STR(WITH_STATS_COUNT));
	put_number(k, with_stats_count(row, c->workers), digits);
	sink_put(k, STR("}"));
}
