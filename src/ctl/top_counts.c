/* A reload shows as a small fall: the segment that follows has what its predecessor's
 * readers counted last only a moment later. So a fall is never a rate, but a new
 * window. */
#include "ctl/top_counts.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

static void
add_rows(uint64_t to[COUNTER_CODES], const _Atomic uint64_t from[COUNTER_CODES])
{
	unsigned code;

	for (code = 0; code < COUNTER_CODES; code++)
		to[code] += counter_read(&from[code]);
}

static void
add_answers(struct top_counts *sum, const struct counters *c)
{
	unsigned route, latch;

	for (route = 0; route < ROUTE_MAX; route++) {
		add_rows(sum->answers[route], c->requests[route]);
		for (latch = 0;
		     route_has_category((enum route)route) && latch < COUNTER_LATCHES;
		     latch++)
			add_rows(sum->answers[route],
			    c->of_category[latch][route_row((enum route)route)]);
	}
}

void
top_counts_read(const struct segment *segment, struct top_counts *sum)
{
	const struct counters *c;
	unsigned slot, i;

	memset(sum, 0, sizeof(*sum));
	sum->at = clock_boot();
	for (slot = 0; slot < segment_nprocs(segment); slot++) {
		c = segment_counters(segment, slot);
		for (i = 0; i < COUNTER_MAX; i++)
			sum->value[i] += counter_get(c, (enum counter)i);
		for (i = 0; i < COUNTER_BUCKETS; i++)
			sum->duration[i] += counter_read(&c->duration[i]);
		sum->connections += counter_read(&c->connections);
		sum->streams += counter_read(&c->streams);
		add_answers(sum, c);
	}
}

static bool
goes_on(const struct top_counts *from, const struct top_counts *to)
{
	unsigned i;

	for (i = 0; i < COUNTER_MAX; i++)
		if (to->value[i] < from->value[i])
			return false;
	return to->at > from->at;
}

void
top_window_add(struct top_window *w, const struct top_counts *sample)
{
	if (w->n > 0 && !goes_on(&w->held[w->newest], sample))
		w->n = 0;
	w->newest = w->n == 0 ? 0 : (w->newest + 1) % (TOP_WINDOW + 1);
	if (w->n <= TOP_WINDOW)
		w->n++;
	w->held[w->newest] = *sample;
}

const struct top_counts *
top_window_now(const struct top_window *w)
{
	return &w->held[w->newest];
}

const struct top_counts *
top_window_then(const struct top_window *w, unsigned back)
{
	if (back >= w->n)
		back = w->n - 1;
	return &w->held[(w->newest + TOP_WINDOW + 1 - back) % (TOP_WINDOW + 1)];
}

double
top_counts_rate(uint64_t now, uint64_t then, int64_t nsec)
{
	if (now < then || nsec <= 0)
		return 0;
	return (double)(now - then) * (double)NSEC_PER_SEC / (double)nsec;
}

static uint64_t
rise(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

int64_t
top_counts_percentile(
    const struct top_counts *now, const struct top_counts *then, double share)
{
	uint64_t total = 0, below = 0;
	unsigned i;

	for (i = 0; i < COUNTER_BUCKETS; i++)
		total += rise(now->duration[i], then->duration[i]);
	if (total == 0)
		return TOP_NO_REQUESTS;
	for (i = 0; counters_bound(i) > 0; i++) {
		below += rise(now->duration[i], then->duration[i]);
		if ((double)below >= ceil(share * (double)total))
			break;
	}
	return counters_bound(i);
}

double
top_counts_hit_ratio(const struct top_counts *now, const struct top_counts *then)
{
	uint64_t kept = rise(
		     now->value[COUNTER_BODIES_KEPT], then->value[COUNTER_BODIES_KEPT]),
		 made = rise(
		     now->value[COUNTER_BODIES_MADE], then->value[COUNTER_BODIES_MADE]);

	return kept + made == 0 ? -1 : (double)kept / (double)(kept + made);
}
