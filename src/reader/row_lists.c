/* The lists of all views share one allocation, so that one number bounds them. */
#include "reader/row_lists.h"

#include <stdlib.h>

#include "base/mem.h"
#include "payload/name_order.h"

/* And `more` for each list. Of an absent view view_open() has checked nothing. */
static uint64_t
count_matches(const struct view_directory *d, uint64_t more)
{
	uint64_t n = 0;

	for (int k = 0; k < VIEW_MAX; k++)
		for (int p = 0; d->views[k].present != 0 && p < PRESET_MAX; p++)
			n += d->views[k].presets[p].matches + more;
	return n;
}

/* view_open() has counted: each preset finds as many rows as it says. */
static void
fill_lists(const struct view_row *rows, uint32_t nrows, uint32_t *next[PRESET_MAX],
    uint64_t *sum[PRESET_MAX])
{
	for (uint32_t i = 0; i < nrows; i++)
		for (int p = 0; p < PRESET_MAX; p++)
			if (rows[i].presets & 1u << p) {
				*next[p]++ = i;
				sum[p][1] = sum[p][0] + rows[i].len;
				sum[p]++;
			}
}

/* min_days goes with these views alone. */
static void
make_ages(struct row_lists *lists, const char *data, const struct view_directory *d)
{
	const int preset = PRESET_DELETION_CANDIDATES;

	for (int k = VIEW_RISK; k <= VIEW_RISK_VARIATIONS; k++)
		if (d->views[k].present != 0)
			row_ages_make(&lists->ages[k], data, d, (enum view_kind)k,
			    lists->preset[k][preset],
			    (uint32_t)d->views[k].presets[preset].matches);
}

/* A row to be sorted. */
struct pick {
	int64_t key;
	uint32_t row;
};

static int64_t
key_of(const struct with_stats_row *row, enum row_key key)
{
	switch (key) {
	case KEY_WORKERS:
	case KEY_WORKERS_LISTED:
		return with_stats_count(row, key == KEY_WORKERS_LISTED);
	case KEY_TOTAL:
		return row->usage_total[0];
	case KEY_TOTAL_VARIATIONS:
		return row->usage_total[1];
	case KEY_MONTH:
		return row->usage_month[0];
	case KEY_MONTH_VARIATIONS:
		return row->usage_month[1];
	case KEY_NAME:
		return row->rank;
	case KEY_MAX:
		break;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* The other way round, but for rows that are equal. */
static void
reverse(const struct pick *picks, uint32_t n, uint32_t *to)
{
	uint32_t end, first, i;

	for (end = n; end > 0; end = first) {
		for (first = end - 1;
		     first > 0 && picks[first - 1].key == picks[end - 1].key; first--)
			;
		for (i = first; i < end; i++)
			*to++ = picks[i].row;
	}
}

/* Two lists of n numbers at `to`. */
static void
sort(const struct with_stats_row *rows, uint32_t n, enum row_key key,
    struct pick *picks, uint32_t *to)
{
	for (uint32_t i = 0; i < n; i++)
		picks[i] = (struct pick){ key_of(&rows[i], key), i };
	qsort(picks, n, sizeof(*picks), compare);
	for (uint32_t i = 0; i < n; i++)
		to[i] = picks[i].row;
	reverse(picks, n, to + n);
}

static void
make_orders(struct row_lists *lists, const char *data, const struct view_directory *d,
    uint32_t *at)
{
	const struct with_stats_row *rows = (const void *)(data + d->with_stats.rows);
	uint32_t n = d->views[VIEW_WITH_STATS].nrows;
	struct pick *picks = xcalloc(n > 0 ? n : 1, sizeof(*picks));

	for (int key = 0; key < KEY_MAX; key++, at += 2 * (size_t)n) {
		sort(rows, n, (enum row_key)key, picks, at);
		lists->order[key][0] = at;
		lists->order[key][1] = at + n;
	}
	free(picks);
}

static size_t
count_numbers(const struct view_directory *d)
{
	const struct view *v = &d->views[VIEW_WITH_STATS];

	return count_matches(d, 0) + name_order_count(d) +
	       (v->present != 0 ? (size_t)2 * KEY_MAX * v->nrows : 0);
}

void
row_lists_make(
    struct row_lists *lists, const char *data, const struct view_directory *d)
{
	size_t total = count_numbers(d);
	uint32_t *next[PRESET_MAX], *at;
	uint64_t *sum[PRESET_MAX], *sums;

	*lists = (struct row_lists){ .numbers = NULL };
	at = lists->numbers = xcalloc(total > 0 ? total : 1, sizeof(*at));
	sums = lists->sums = xcalloc(count_matches(d, 1) + 1, sizeof(*sums));
	for (int k = 0; k < VIEW_MAX; k++) {
		const struct view *v = &d->views[k];

		if (v->present == 0)
			continue;
		for (int p = 0; p < PRESET_MAX; p++) {
			lists->preset[k][p] = next[p] = at;
			at += v->presets[p].matches;
			lists->before[k][p] = sum[p] = sums;
			sums += v->presets[p].matches + 1;
		}
		fill_lists((const void *)(data + v->rows), v->nrows, next, sum);
	}
	make_ages(lists, data, d);
	name_order_make(d, at);
	lists->names = at;
	lists->nnames = name_order_count(d);
	at += lists->nnames;
	if (d->views[VIEW_WITH_STATS].present != 0)
		make_orders(lists, data, d, at);
}

void
row_lists_free(struct row_lists *lists)
{
	free(lists->numbers);
	lists->numbers = NULL;
	free(lists->sums);
	lists->sums = NULL;
	for (int k = 0; k < VIEW_MAX; k++)
		row_ages_free(&lists->ages[k]);
}

const uint32_t *
row_lists_order(const struct row_lists *lists, const struct selection *s)
{
	switch (s->sort) {
	case SORT_WORKER_COUNT:
		return lists->order[KEY_WORKERS + s->workers][s->desc];
	case SORT_USAGE_TOTAL:
		return lists->order[KEY_TOTAL + s->variations][s->desc];
	case SORT_USAGE_MONTH:
		return lists->order[KEY_MONTH + s->variations][s->desc];
	case SORT_NAME:
		return lists->order[KEY_NAME][s->desc];
	case SORT_NONE:
		break;
	}
	return NULL;
}
