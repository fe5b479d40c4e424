/* Times are of rows of VIEW_RISK; other views have their models in another order. */
#include "reader/row_ages.h"

#include <stdlib.h>

#include <xxhash.h>

#include "base/mem.h"

static int64_t *
age_find(const char *data, const struct view_directory *d, enum view_kind kind)
{
	const struct view *v = &d->views[kind];
	const struct view_figures *figures = (const void *)(data + v->figures);
	const int64_t *at_risk = (const void *)(data + d->past.at_risk);
	int64_t *since = xcalloc(v->nrows > 0 ? v->nrows : 1, sizeof(*since));

	for (uint32_t i = 0; i < v->nrows; i++) {
		struct view_span name = figures[i].name;
		int64_t row = view_find(d, (struct str){ data + name.off, name.len });

		if (row >= 0)
			since[i] = at_risk[row];
	}
	return since;
}

static int
age_compare(const void *a, const void *b)
{
	const struct row_age *x = a, *y = b;

	return x->since < y->since ? -1 : x->since > y->since;
}

/* What has come to be selected is a set: however it is put together, one tag. */
static void
age_add_up(struct row_ages *a)
{
	for (uint32_t i = 1; i < a->n; i++) {
		a->sorted[i].hash += a->sorted[i - 1].hash;
		a->sorted[i].length += a->sorted[i - 1].length;
	}
}

void
row_ages_make(struct row_ages *a, const char *data, const struct view_directory *d,
    enum view_kind kind, const uint32_t *candidates, uint32_t n)
{
	const struct view *v = &d->views[kind];
	const struct view_row *rows = (const void *)(data + v->rows);

	*a = (struct row_ages){ .since = NULL };
	if (d->past.at_risk == 0 || (kind != VIEW_RISK && v->figures == 0))
		return;
	if (kind == VIEW_RISK)
		a->since = (const void *)(data + d->past.at_risk);
	else
		a->since = a->own = age_find(data, d, kind);
	a->sorted = xcalloc(n > 0 ? n : 1, sizeof(*a->sorted));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = candidates[i];

		if (a->since[row] != 0)
			a->sorted[a->n++] = (struct row_age){ a->since[row],
				XXH3_64bits(&row, sizeof(row)), rows[row].len };
	}
	qsort(a->sorted, a->n, sizeof(*a->sorted), age_compare);
	age_add_up(a);
}

void
row_ages_free(struct row_ages *a)
{
	free(a->own);
	free(a->sorted);
	*a = (struct row_ages){ .since = NULL };
}

uint32_t
row_ages_count(const struct row_ages *a, int64_t until)
{
	uint32_t from = 0, to = a->n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (a->sorted[middle].since <= until)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}
