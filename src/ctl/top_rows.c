/* Sorting by whatever is asked for; ties always by name, so that rows do not jump. */
#include "ctl/top_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "ctl/top_view.h"

struct by {
	const struct top_look *look;
	unsigned order;
	bool reversed;
};

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int
route_by(const struct top_route *x, const struct top_route *y, unsigned order)
{
	switch (order) {
	case TOP_ROUTES_BY_RATE:
		if (x->rate != y->rate)
			return COMPARE(y->rate, x->rate);
		return COMPARE(y->average, x->average);
	case TOP_ROUTES_BY_TOTAL:
		return COMPARE(y->total, x->total);
	case TOP_ROUTES_BY_CODE:
		return COMPARE(x->status, y->status);
	default:
		return 0;
	}
}

static int
top_compare_routes(const void *a, const void *b, void *arg)
{
	const struct top_route *x = a, *y = b;
	const struct by *by = arg;
	int r = route_by(x, y, by->order);

	if (r == 0)
		r = strcmp(route_name(x->route), route_name(y->route));
	if (r == 0)
		r = COMPARE(x->status, y->status);
	return by->reversed ? -r : r;
}

size_t
top_rows_routes(const struct top_window *w, unsigned order, bool reversed,
    struct top_route rows[TOP_ROUTES_MAX])
{
	const struct top_counts *now = top_window_now(w), *last = top_window_then(w, 1),
				*first = top_window_then(w, TOP_WINDOW);
	struct by by = { NULL, order, reversed };
	unsigned route, code;
	uint64_t n;
	size_t i = 0;

	for (route = 0; route < ROUTE_MAX; route++)
		for (code = 0; code < COUNTER_CODES; code++) {
			if ((n = now->answers[route][code]) == 0)
				continue;
			rows[i++] = (struct top_route){
				.route = (enum route)route,
				.status = counters_status(code),
				.rate = top_counts_rate(
				    n, last->answers[route][code], now->at - last->at),
				.average = top_counts_rate(n,
				    first->answers[route][code], now->at - first->at),
				.total = n,
			};
		}
	qsort_r(rows, i, sizeof(*rows), top_compare_routes, &by);
	return i;
}

int64_t
top_rows_beat(const struct facts *f, const struct facts_process *p)
{
	if (p->beat == 0)
		return -1;
	return f->boot > p->beat ? f->boot - p->beat : 0;
}

static int
process_by(const struct top_look *l, unsigned x, unsigned y, unsigned order)
{
	const struct facts_process *a = &l->facts->process[x],
				   *b = &l->facts->process[y];

	switch (order) {
	case TOP_PROCESSES_BY_CPU:
		return COMPARE(l->ran[y].cpu, l->ran[x].cpu);
	case TOP_PROCESSES_BY_MEMORY:
		return COMPARE(
		    b->exists ? b->stat.resident : 0, a->exists ? a->stat.resident : 0);
	case TOP_PROCESSES_BY_BEAT:
		return COMPARE(top_rows_beat(l->facts, b), top_rows_beat(l->facts, a));
	default: /* the supervisor first, then as slots are: hydrators, readers */
		return COMPARE(b->view.role == PROCESS_SUPERVISOR,
		    a->view.role == PROCESS_SUPERVISOR);
	}
}

static int
top_compare_processes(const void *a, const void *b, void *arg)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	const struct by *by = arg;
	int r = process_by(by->look, x, y, by->order);

	if (r == 0)
		r = COMPARE(x, y);
	return by->reversed ? -r : r;
}

size_t
top_rows_processes(const struct top_look *l, unsigned order, bool reversed,
    unsigned rows[SEGMENT_PROCS_MAX])
{
	struct by by = { l, order, reversed };
	size_t n = 0, i;

	for (i = 0; i < l->facts->nprocesses; i++)
		if (l->facts->process[i].name[0] != '\0')
			rows[n++] = (unsigned)i;
	qsort_r(rows, n, sizeof(*rows), top_compare_processes, &by);
	return n;
}

uint64_t
top_rows_duration(const struct top_look *l, unsigned category)
{
	unsigned n = l->nduration[category];

	return n == 0 ? 0 : l->duration[category][n - 1];
}

/* One that is due never is the last. */
static uint64_t
next_of(const struct facts_category *c)
{
	return c->ledger.next_try == 0 ? UINT64_MAX : (uint64_t)c->ledger.next_try;
}

static int
category_by(const struct top_look *l, unsigned x, unsigned y, unsigned order)
{
	const struct facts_category *a = &l->facts->category[x],
				    *b = &l->facts->category[y];

	switch (order) {
	case TOP_CATEGORIES_BY_AGE: /* without an answer is the worst of all */
		if (a->there != b->there)
			return COMPARE(a->there, b->there);
		return COMPARE(b->age, a->age);
	case TOP_CATEGORIES_BY_NEXT:
		return COMPARE(next_of(a), next_of(b));
	case TOP_CATEGORIES_BY_DURATION:
		return COMPARE(top_rows_duration(l, y), top_rows_duration(l, x));
	default:
		return 0;
	}
}

static int
top_compare_categories(const void *a, const void *b, void *arg)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	const struct by *by = arg;
	int r = category_by(by->look, x, y, by->order);

	if (r == 0)
		r = strcmp(by->look->facts->category[x].name,
		    by->look->facts->category[y].name);
	return by->reversed ? -r : r;
}

size_t
top_rows_categories(const struct top_look *l, unsigned order, bool reversed,
    unsigned rows[SEGMENT_CATEGORIES_MAX])
{
	struct by by = { l, order, reversed };
	size_t n;

	for (n = 0; n < l->facts->ncategories; n++)
		rows[n] = (unsigned)n;
	qsort_r(rows, n, sizeof(*rows), top_compare_categories, &by);
	return n;
}

static int
top_compare_warnings(const void *a, const void *b, void *arg)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	const struct by *by = arg;
	int r = by->order == TOP_WARNINGS_BY_PROCESS
		    ? COMPARE(by->look->warning[x].slot, by->look->warning[y].slot)
		    : 0;

	if (r == 0)
		r = COMPARE(x, y); /* they are sorted by time */
	return by->reversed ? -r : r;
}

size_t
top_rows_warnings(const struct top_look *l, unsigned order, bool reversed,
    unsigned rows[TOP_WARNINGS])
{
	struct by by = { l, order, reversed };
	size_t n;

	for (n = 0; n < l->nwarnings; n++)
		rows[n] = (unsigned)n;
	qsort_r(rows, n, sizeof(*rows), top_compare_warnings, &by);
	return n;
}

void
top_rows_spark(const uint64_t *values, size_t n, bool unicode, struct buf *b)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { "_", ".", ":", "-", "=", "+", "*", "#" };
	const char *const *levels = unicode ? blocks : ascii;
	uint64_t most = 1;
	size_t i;

	for (i = 0; i < n; i++)
		if (values[i] > most)
			most = values[i];
	for (i = 0; i < n; i++)
		buf_puts(b, levels[(size_t)((double)values[i] / (double)most *
						(NELEM(blocks) - 1) +
					    0.5)]);
}
