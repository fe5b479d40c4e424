/* A payload comes from another process: what it says of times may be anything. */
#include "reader/row_filter.h"

#include "reader/generation.h"

#define DAY INT64_C(86400)

void
row_filter_make(
    struct row_filter *f, const struct generation *g, const struct selection *s)
{
	const struct view_directory *d = g->directory;

	*f = (struct row_filter){ .open = s->min_days == 0 && s->since == 0 &&
					  s->kinds == 0,
		.since = s->since,
		.kinds = s->kinds != 0 ? s->kinds : UINT32_MAX,
		.ages = &g->lists.ages[s->kind],
		.until = d->computed_at - s->min_days * DAY };
	if (s->kind == VIEW_CHANGES)
		f->events = (const void *)(g->snapshot->data + d->events);
}

bool
row_filter_has(const struct row_filter *f, uint32_t number)
{
	int64_t since;

	if (f->open)
		return true;
	if (f->events != NULL)
		return f->events[number].id > f->since &&
		       (f->kinds >> f->events[number].kind & 1);
	since = f->ages->since != NULL ? f->ages->since[number] : 0;
	return since != 0 && since <= f->until;
}

const struct row_age *
row_filter_age(const struct row_filter *f)
{
	uint32_t n = row_ages_count(f->ages, f->until);

	return n > 0 ? &f->ages->sorted[n - 1] : NULL;
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

/* How many it has, where that need not be counted; else 0. */
static uint64_t
count_known(const struct row_filter *f)
{
	return f->events == NULL ? row_ages_count(f->ages, f->until) : 0;
}

struct row_run
row_filter_cut(const struct row_filter *f, struct row_run run, uint64_t offset,
    uint64_t limit, uint64_t *total)
{
	uint64_t known = 0, seen = 0;
	uint32_t first = 0, end = 0, i;

	*total = run.n;
	if (f->open)
		return cut_all(run, offset, limit);
	known = count_known(f);
	run.wanted = 0;
	for (i = 0;
	     i < run.n && (f->events != NULL || (seen < known && run.wanted < limit));
	     i++) {
		if (!row_filter_has(f, number_of(&run, i)))
			continue;
		if (seen >= offset && run.wanted < limit) {
			if (run.wanted++ == 0)
				first = i;
			end = i + 1;
		}
		seen++;
	}
	*total = f->events != NULL ? seen : known;
	run.first += first;
	run.n = end - first;
	return run;
}
