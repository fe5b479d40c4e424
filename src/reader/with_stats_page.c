/* Selecting and sorting models, and copying their pieces. */
#include "reader/with_stats_page.h"

#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#include "base/mem.h"
#include "json/write.h"
#include "reader/blob.h"
#include "reader/cache.h"
#include "reader/page.h"

#define ASK_TEXT_SIZE 64
#define PUT(b, literal) buf_add((b), (literal), sizeof(literal) - 1)

/* A model that was selected. */
struct pick {
	int64_t key;
	uint32_t row;
};

/* Without workers nothing tells models apart by their number, and none has any. A model
 * without a list is left out whatever the least number is. */
struct with_stats_ask
with_stats_ask(const struct query *q)
{
	struct with_stats_ask ask = { .workers = q->include_workers,
		.variations = q->include_backend_variations,
		.none = q->has_min_worker_count && !q->include_workers,
		.sort = q->sort_by };

	if (q->has_min_worker_count && q->include_workers)
		ask.least = q->min_worker_count < 1 ? 1
			    : q->min_worker_count > UINT32_MAX
				? UINT32_MAX
				: (uint32_t)q->min_worker_count;
	if (ask.none || (ask.sort == SORT_WORKER_COUNT && !ask.workers))
		ask.sort = SORT_NONE;
	ask.desc = ask.sort != SORT_NONE && q->sort_desc;
	return ask;
}

static int64_t
sort_key(const struct with_stats_row *row, const struct with_stats_ask *ask)
{
	switch (ask->sort) {
	case SORT_WORKER_COUNT:
		return row->nworkers;
	case SORT_USAGE_TOTAL:
		return row->usage_total[ask->variations];
	case SORT_USAGE_MONTH:
		return row->usage_month[ask->variations];
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
select_rows(const struct with_stats_row *rows, uint32_t n,
    const struct with_stats_ask *ask, struct pick *picks)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n && !ask->none; i++)
		if (rows[i].nworkers >= ask->least)
			picks[found++] = (struct pick){ sort_key(&rows[i], ask), i };
	if (ask->sort != SORT_NONE && found > 1)
		qsort(picks, found, sizeof(*picks),
		    ask->desc ? compare_descending : compare_ascending);
	return found;
}

static void
put_span(struct buf *b, const struct generation *g, struct view_span span)
{
	struct str s = generation_span(g, span);

	buf_add(b, s.p, s.len);
}

static void
put_row(struct buf *b, const struct generation *g, struct str text,
    const struct with_stats_row *row, const struct with_stats_ask *ask)
{
	bool workers = ask->workers && row->nworkers > 0;

	if (!workers && !ask->variations) {
		buf_add(b, text.p, text.len);
		return;
	}
	if (ask->variations) {
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
	if (ask->variations)
		put_span(b, g, row->variations);
	else
		PUT(b, "null");
	PUT(b, WITH_STATS_COUNT);
	json_put_int(b, workers ? row->nworkers : row->worker_count);
	PUT(b, "}");
}

void
with_stats_body(
    const struct generation *g, const struct with_stats_ask *ask, struct buf *out)
{
	const struct view *v = &g->directory->views[VIEW_WITH_STATS];
	const char *data = g->snapshot->data;
	const struct view_row *texts = (const void *)(data + v->rows);
	const struct with_stats_row *rows =
	    (const void *)(data + g->directory->with_stats.rows);
	struct pick *picks = xcalloc(v->nrows ? v->nrows : 1, sizeof(*picks));
	uint32_t n = select_rows(rows, v->nrows, ask, picks);

	PUT(out, "{");
	for (uint32_t i = 0; i < n; i++) {
		const struct view_row *text = &texts[picks[i].row];

		if (i > 0)
			PUT(out, ",");
		put_row(out, g, (struct str){ data + text->off, text->len },
		    &rows[picks[i].row], ask);
	}
	PUT(out, "}");
	free(picks);
}

/* The plain answer is in the snapshot. */
static bool
ask_is_plain(const struct with_stats_ask *ask)
{
	return !ask->workers && !ask->variations && !ask->none &&
	       ask->sort == SORT_NONE;
}

/* The ask as text, empty if it is plain. */
static struct str
ask_text(const struct with_stats_ask *ask, char *text, size_t size)
{
	int n = 0;

	if (!ask_is_plain(ask))
		n = snprintf(text, size, "%d %d %u %d %d",
		    ask->workers + 2 * ask->variations, ask->none, ask->least,
		    (int)ask->sort, ask->desc);
	return (struct str){ text, (size_t)n };
}

struct str
with_stats_selection(const struct query *q, struct arena *arena)
{
	struct with_stats_ask ask = with_stats_ask(q);
	char text[ASK_TEXT_SIZE];
	struct str s = ask_text(&ask, text, sizeof(text));

	s.p = arena_strndup(arena, s.p, s.len);
	return s;
}

/* The body, assembled or kept from before, with a reference for the caller. */
static struct blob *
find_or_assemble(struct generation *g, const struct with_stats_ask *ask)
{
	char text[ASK_TEXT_SIZE];
	struct str key = ask_text(ask, text, sizeof(text));
	struct blob *blob = cache_find(g->assembled, key);
	struct buf body = { 0 };

	if (blob != NULL)
		return blob;
	with_stats_body(g, ask, &body);
	blob = blob_new(&body);
	cache_add(g->assembled, key, blob);
	return blob;
}

void
page_with_stats(struct http_response *r, struct generation *g, const struct query *q)
{
	struct with_stats_ask ask = with_stats_ask(q);
	struct blob *blob;

	if (ask_is_plain(&ask)) {
		page_whole(r, g, VIEW_WITH_STATS);
		return;
	}
	blob = find_or_assemble(g, &ask);
	r->release = blob_unref;
	r->owner = blob;
	blob_lend(blob, r);
	http_response_add(r, (struct str){ blob->data, blob->len });
}

uint64_t
with_stats_etag(const struct view_directory *d, const struct query *q)
{
	struct with_stats_ask ask = with_stats_ask(q);
	uint64_t h = d->views[VIEW_WITH_STATS].etag;
	char text[ASK_TEXT_SIZE];
	struct str s = ask_text(&ask, text, sizeof(text));

	if (s.len == 0)
		return h;
	h = XXH3_64bits_withSeed(s.p, s.len, h);
	if (ask.workers)
		h ^= d->with_stats.workers_etag;
	if (ask.variations)
		h ^= d->with_stats.variations_etag;
	return h;
}
