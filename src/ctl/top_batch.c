/* Rates need two looks, so the first sample comes after the first delay. */
#include "ctl/top_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/attach.h"
#include "ctl/top_look.h"
#include "ctl/top_rows.h"

static const struct out_column batch_routes[] = {
	{ "route", "ROUTE", 0 },
	{ "code", "CODE", OUT_RIGHT },
	{ "rate", "NOW/S", OUT_RIGHT },
	{ "average", "10 S/S", OUT_RIGHT },
	{ "total", "TOTAL", OUT_RIGHT },
};

static const struct out_column batch_processes[] = {
	{ "process", "PROCESS", 0 },
	{ "pid", "PID", OUT_RIGHT },
	{ "state", "STATE", 0 },
	{ "cpu", "CPU %", OUT_RIGHT },
	{ "memory", "MEMORY", OUT_RIGHT },
	{ "beat", "BEAT", OUT_RIGHT },
};

static const struct out_column batch_categories[] = {
	{ "category", "CATEGORY", 0 },
	{ "state", "STATE", 0 },
	{ "age", "AGE", OUT_RIGHT },
	{ "phase", "PHASE", 0 },
	{ "next", "NEXT", OUT_RIGHT },
	{ "result", "RESULT", 0 },
	{ "took", "TOOK", OUT_RIGHT },
};

/* Seconds; null: there were no requests, or they took longer than the last class. */
static void
batch_percentile(
    struct out *out, const struct top_window *w, const char *key, double share)
{
	int64_t nsec = top_counts_percentile(
	    top_window_now(w), top_window_then(w, TOP_WINDOW), share);

	if (nsec > 0)
		out_span(out, key, key, nsec);
	else
		out_null(out, key, key);
}

static double
batch_rate(const struct top_window *w, enum counter id)
{
	const struct top_counts *now = top_window_now(w), *then = top_window_then(w, 1);

	return top_counts_rate(now->value[id], then->value[id], now->at - then->at);
}

static void
batch_traffic(struct out *out, const struct top_window *w)
{
	const struct top_counts *now = top_window_now(w);
	double hit = top_counts_hit_ratio(now, top_window_then(w, TOP_WINDOW));

	out_line(out, "traffic", "Traffic");
	out_number(out, "requests", "requests/s", batch_rate(w, COUNTER_REQUESTS));
	out_number(out, "bytes", "bytes/s", batch_rate(w, COUNTER_BYTES_SENT));
	out_int(out, "connections", "connections", (int64_t)now->connections);
	out_int(out, "streams", "streams", (int64_t)now->streams);
	if (hit >= 0)
		out_number(out, "pages_kept", "pages kept", hit);
	else
		out_null(out, "pages_kept", "pages kept");
	out_group_end(out);
	out_line(out, "latency", "Latency up to");
	batch_percentile(out, w, "p50", 0.5);
	batch_percentile(out, w, "p90", 0.9);
	batch_percentile(out, w, "p99", 0.99);
	batch_percentile(out, w, "p99.9", 0.999);
	out_group_end(out);
}

static void
batch_put_routes(struct out *out, const struct top_window *w)
{
	struct top_route row[TOP_ROUTES_MAX];
	size_t n = top_rows_routes(w, 0, false, row), i;

	out_table(out, "routes", "Routes", batch_routes, NELEM(batch_routes));
	for (i = 0; i < n; i++) {
		out_row(out);
		out_string(out, "route", NULL, route_name(row[i].route));
		if (row[i].status != 0)
			out_int(out, "code", NULL, row[i].status);
		else
			out_null(out, "code", NULL);
		out_number(out, "rate", NULL, row[i].rate);
		out_number(out, "average", NULL, row[i].average);
		out_int(out, "total", NULL, (int64_t)row[i].total);
	}
	out_table_end(out);
}

static void
batch_put_processes(struct out *out, const struct top_look *l)
{
	unsigned row[SEGMENT_PROCS_MAX];
	size_t n = top_rows_processes(l, 0, false, row), i;
	const struct facts_process *p;

	out_table(
	    out, "processes", "Processes", batch_processes, NELEM(batch_processes));
	for (i = 0; i < n; i++) {
		p = &l->facts->process[row[i]];
		out_row(out);
		out_string(out, "process", NULL, p->name);
		out_int(out, "pid", NULL, p->view.pid);
		out_string(out, "state", NULL,
		    facts_process_hangs(l->facts, p)
			? "hangs"
			: process_state_name((enum child_state)p->view.state));
		if (p->exists && l->ran[row[i]].cpu >= 0)
			out_number(out, "cpu", NULL, l->ran[row[i]].cpu);
		else
			out_null(out, "cpu", NULL);
		if (p->exists)
			out_bytes(out, "memory", NULL, p->stat.resident);
		else
			out_null(out, "memory", NULL);
		out_span(out, "beat", NULL, top_rows_beat(l->facts, p));
	}
	out_table_end(out);
}

static void
batch_put_category(struct out *out, const struct top_look *l, unsigned category)
{
	const struct facts_category *k = &l->facts->category[category];
	const struct ledger *ledger = &k->ledger;
	uint64_t took = top_rows_duration(l, category);

	out_row(out);
	out_string(out, "category", NULL, k->name);
	out_string(
	    out, "state", NULL, k->there ? freshness_name(k->freshness) : "empty");
	out_span(out, "age", NULL, k->there ? k->age * NSEC_PER_SEC : -1);
	out_string(
	    out, "phase", NULL, ledger_phase_name((enum ledger_phase)ledger->phase));
	out_span(out, "next", NULL,
	    ledger->next_try == 0               ? -1
	    : ledger->next_try > l->facts->boot ? ledger->next_try - l->facts->boot
						: 0);
	out_string(out, "result", NULL,
	    k->cycle.number != 0
		? cycles_result_name((enum cycles_result)k->cycle.result)
		: NULL);
	out_span(out, "took", NULL,
	    k->cycle.number != 0 && took <= INT64_MAX ? (int64_t)took : -1);
}

static void
batch_print(const struct ctl *ctl, const struct top_look *l)
{
	struct out *out = out_open(ctl, stdout, "top", 1);
	unsigned row[SEGMENT_CATEGORIES_MAX];
	size_t n = top_rows_categories(l, 0, false, row), i;

	out_time(out, "at", "At", l->facts->wall);
	out_string(out, "verdict", "Verdict", l->verdict.text);
	batch_traffic(out, &l->window);
	batch_put_routes(out, &l->window);
	batch_put_processes(out, l);
	out_table(
	    out, "categories", "Categories", batch_categories, NELEM(batch_categories));
	for (i = 0; i < n; i++)
		batch_put_category(out, l, row[i]);
	out_table_end(out);
	out_close(&out);
}

/* After a reload or a restart there is another segment, and until then none. */
static int
batch_look(const struct ctl *ctl, struct attached *a, struct top_look *l)
{
	int status;

	if (a->segment != NULL && !attach_is_current(a))
		attach_close(a);
	if (a->segment == NULL && (status = attach_open(ctl, a)) != 0)
		return status;
	a->alive = segment_is_held(a->segment);
	top_look_take(l, ctl, a);
	return CTL_FRESH;
}

int
top_batch(const struct ctl *ctl, int64_t count, int64_t delay)
{
	const struct timespec pause = { .tv_sec = delay / NSEC_PER_SEC,
		.tv_nsec = delay % NSEC_PER_SEC };
	struct top_look *l = xcalloc(1, sizeof(*l));
	struct attached a = { 0 };
	int64_t i;
	int status = batch_look(ctl, &a, l);

	for (i = 0; status == CTL_FRESH && (count == 0 || i < count); i++) {
		nanosleep(&pause, NULL);
		if ((status = batch_look(ctl, &a, l)) == CTL_FRESH)
			batch_print(ctl, l);
	}
	attach_close(&a);
	top_look_end(l);
	free(l);
	return status;
}
