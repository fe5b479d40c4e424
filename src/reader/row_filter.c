/* A payload comes from another process: what it says of times may be anything. */
#include "reader/row_filter.h"

#include <xxhash.h>

#define DAY INT64_C(86400)

void
row_filter_make(
    struct row_filter *f, const struct view_directory *d, const struct selection *s)
{
	*f = (struct row_filter){ .directory = d,
		.kind = s->kind,
		.open = s->min_days == 0 && s->since == 0 && s->kinds == 0,
		.period = s->min_days * DAY,
		.since = s->since,
		.kinds = s->kinds != 0 ? s->kinds : UINT32_MAX };
}

static bool
has_change(const struct row_filter *f, uint32_t number)
{
	const struct view_event *events =
	    (const void *)((const char *)f->directory + f->directory->events);

	return events[number].id > f->since && (f->kinds >> events[number].kind & 1);
}

/* The row of VIEW_RISK, which other views have in another order; -1: it has none. */
static int64_t
row_of_risk(const struct row_filter *f, uint32_t number)
{
	const char *data = (const char *)f->directory;
	const struct view *v = &f->directory->views[f->kind];
	const struct view_figures *figures = (const void *)(data + v->figures);
	struct view_span name;

	if (f->kind == VIEW_RISK)
		return number;
	if (v->figures == 0)
		return -1;
	name = figures[number].name;
	return view_find(f->directory, (struct str){ data + name.off, name.len });
}

static bool
is_long_at_risk(const struct row_filter *f, uint32_t number)
{
	const struct view_directory *d = f->directory;
	const int64_t *since = (const void *)((const char *)d + d->past.at_risk);
	int64_t row = row_of_risk(f, number);

	return d->past.at_risk != 0 && row >= 0 && since[row] != 0 &&
	       since[row] <= d->computed_at && d->computed_at - since[row] >= f->period;
}

bool
row_filter_has(const struct row_filter *f, uint32_t number)
{
	if (f->open)
		return true;
	return f->kind == VIEW_CHANGES ? has_change(f, number)
				       : is_long_at_risk(f, number);
}

static uint32_t
number_of(const struct row_run *run, uint32_t i)
{
	return run->numbers != NULL ? run->numbers[run->first + i] : run->first + i;
}

static struct row_run
cut_all(struct row_run run, uint64_t offset, uint64_t limit)
{
	uint32_t start = offset < run.n ? (uint32_t)offset : run.n;

	run.first += start;
	run.n -= start;
	if (limit < run.n)
		run.n = (uint32_t)limit;
	run.wanted = run.n;
	return run;
}

struct row_run
row_filter_cut(const struct row_filter *f, struct row_run run, uint64_t offset,
    uint64_t limit, uint64_t *total)
{
	uint32_t first = 0, end = 0, i;

	*total = run.n;
	if (f->open)
		return cut_all(run, offset, limit);
	*total = 0;
	run.wanted = 0;
	for (i = 0; i < run.n; i++) {
		if (!row_filter_has(f, number_of(&run, i)))
			continue;
		if (*total >= offset && run.wanted < limit) {
			if (run.wanted++ == 0)
				first = i;
			end = i + 1;
		}
		++*total;
	}
	run.first += first;
	run.n = end - first;
	return run;
}

uint64_t
row_filter_hash(const struct view_directory *d, const struct selection *s)
{
	const struct view *v = &d->views[s->kind];
	const struct view_row *rows = (const void *)((const char *)d + v->rows);
	struct row_filter f;
	uint64_t h = 0;

	row_filter_make(&f, d, s);
	for (uint32_t i = 0; i < v->nrows; i++)
		if ((rows[i].presets >> s->preset & 1) && row_filter_has(&f, i))
			h = XXH3_64bits_withSeed(&i, sizeof(i), h);
	return h;
}
