/* The panes: each is a table of rows that are sorted, of which a part is seen. */
#include "ctl/top_pane.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "ctl/top_draw.h"
#include "ctl/top_rows.h"

#define CELLS 12 /* of a row, at most */

static const struct top_column pane_route_columns[] = {
	{ "ROUTE", 18, false, 0 },
	{ "CODE", 5, true, 0 },
	{ "NOW/S", 10, true, 0 },
	{ "10 S/S", 10, true, 0 },
	{ "TOTAL", 14, true, 0 },
	{ "SHARE OF 10 S", 0, false, 70 },
};

static const struct top_column pane_process_columns[] = {
	{ "PROCESS", 26, false, 0 },
	{ "PID", 8, true, 0 },
	{ "STATE", 9, false, 0 },
	{ "CPU %", 6, true, 0 },
	{ "MEMORY", 8, true, 0 },
	{ "BEAT", 7, true, 0 },
	{ "UP", 10, true, 0 },
	{ "KERNEL", 16, false, 110 },
	{ "FDS", 12, true, 110 },
	{ "DEATHS", 8, true, 110 },
};

static const struct top_column pane_category_columns[] = {
	{ "CATEGORY", 17, false, 0 },
	{ "STATE", 9, false, 0 },
	{ "AGE", 9, true, 0 },
	{ "NEXT", 8, true, 0 },
	{ "RESULT", 11, false, 0 },
	{ "TOOK", 7, true, 0 },
	{ "MODELS", 7, true, 110 },
	{ "SKIPPED", 7, true, 110 },
	{ "SIZE", 8, true, 110 },
	{ "CYCLES", 0, false, 0 },
};

static const struct top_column pane_warning_columns[] = {
	{ "TIME", 9, false, 0 },
	{ "PROCESS", 22, false, 0 },
	{ "WARNING", 0, false, 0 },
};

static void pane_cell(struct top_cell *, enum top_style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void
pane_cell(struct top_cell *c, enum top_style style, const char *fmt, ...)
{
	va_list ap;

	c->style = style;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

/* Takes what a buffer holds. */
static void
pane_buf(struct top_cell *c, enum top_style style, struct buf *b)
{
	pane_cell(c, style, "%.*s", (int)b->len, b->data != NULL ? b->data : "");
	buf_free(b);
}

/* Negative: "-". */
static void
pane_span(struct top_cell *c, enum top_style style, int64_t nsec)
{
	struct buf b = { 0 };

	if (nsec < 0)
		buf_putc(&b, '-');
	else
		out_put_span(&b, nsec);
	pane_buf(c, style, &b);
}

static void
pane_bytes(struct top_cell *c, enum top_style style, uint64_t n)
{
	struct buf b = { 0 };

	out_put_bytes(&b, n);
	pane_buf(c, style, &b);
}

static enum top_style
style_of_status(int status)
{
	return status >= 500 ? TOP_BAD : status >= 400 ? TOP_WARN : TOP_PLAIN;
}

/* Up to which row there is something to be seen; draws no more than that. */
static size_t
clamp(struct top_view *v, size_t n, int rows)
{
	unsigned *first = &v->first[v->pane];
	size_t most = n > (size_t)rows ? n - (size_t)rows : 0;

	if (*first > most)
		*first = (unsigned)most;
	return *first;
}

static void
draw_route(int y, const struct top_route *r, double all)
{
	struct top_cell c[CELLS] = { 0 };
	enum top_style style = style_of_status(r->status);
	int share = all > 0 ? (int)(100 * r->average / all + 0.5) : 0;
	uint64_t bar[1] = { 1 };
	struct buf b = { 0 };

	pane_cell(&c[0], TOP_PLAIN, "%s", route_name(r->route));
	if (r->status != 0)
		pane_cell(&c[1], style, "%d", r->status);
	else
		pane_cell(&c[1], style, "other");
	pane_cell(&c[2], r->rate > 0 ? style : TOP_DIM, "%.1f", r->rate);
	pane_cell(&c[3], r->average > 0 ? style : TOP_DIM, "%.1f", r->average);
	pane_cell(&c[4], TOP_PLAIN, "%" PRIu64, r->total);
	buf_printf(&b, "%3d %% ", share);
	for (int i = 0; i < share / 5; i++)
		top_rows_spark(bar, 1, out_is_unicode(), &b);
	pane_buf(&c[5], style, &b);
	top_draw_row(y, pane_route_columns, NELEM(pane_route_columns), c);
}

static void
draw_routes(const struct top_look *l, struct top_view *v, int y, int rows)
{
	struct top_route row[TOP_ROUTES_MAX];
	size_t n = top_rows_routes(
		   &l->window, v->order[PANE_ROUTES], v->reversed[PANE_ROUTES], row),
	       first = clamp(v, n, rows - 1), i;
	double all = 0;

	for (i = 0; i < n; i++)
		all += row[i].average;
	top_draw_head(y, pane_route_columns, NELEM(pane_route_columns));
	for (i = first; i < n && i - first < (size_t)rows - 1; i++)
		draw_route(y + 1 + (int)(i - first), &row[i], all);
	if (n == 0)
		top_draw_text(y + 1, 0, 0, TOP_DIM, "no request was answered yet");
}

static uint64_t
deaths_of(const struct process_view *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DEATH_MAX; i++)
		sum += v->deaths[i];
	return sum;
}

static void
draw_process(int y, const struct top_look *l, unsigned slot)
{
	const struct facts *f = l->facts;
	const struct facts_process *p = &f->process[slot];
	bool hangs = facts_process_hangs(f, p);
	struct top_cell c[CELLS] = { 0 };

	pane_cell(&c[0], TOP_PLAIN, "%s", p->name);
	pane_cell(&c[1], TOP_PLAIN, "%d", (int)p->view.pid);
	if (hangs)
		pane_cell(&c[2], TOP_BAD, "hangs");
	else
		pane_cell(&c[2], p->view.state == CHILD_READY ? TOP_GOOD : TOP_WARN,
		    "%s", process_state_name((enum child_state)p->view.state));
	pane_span(&c[5], hangs ? TOP_BAD : TOP_PLAIN, top_rows_beat(f, p));
	if (p->exists) {
		if (l->ran[slot].cpu >= 0)
			pane_cell(&c[3], TOP_PLAIN, "%.1f", l->ran[slot].cpu);
		pane_bytes(&c[4], TOP_PLAIN, p->stat.resident);
		pane_span(
		    &c[6], TOP_PLAIN, p->view.born != 0 ? f->boot - p->view.born : -1);
		pane_cell(&c[7], TOP_PLAIN, "%s", process_stat_word(p->stat.state));
	} else
		pane_cell(&c[7], TOP_BAD, "is not there");
	if (p->descriptors > 0)
		pane_cell(&c[8], TOP_PLAIN, "%" PRIu64 "/%" PRIu64, p->descriptors,
		    p->descriptors_max);
	pane_cell(&c[9], deaths_of(&p->view) > 0 ? TOP_WARN : TOP_DIM, "%" PRIu64,
	    deaths_of(&p->view));
	top_draw_row(y, pane_process_columns, NELEM(pane_process_columns), c);
}

static void
draw_processes(const struct top_look *l, struct top_view *v, int y, int rows)
{
	unsigned row[SEGMENT_PROCS_MAX];
	size_t n = top_rows_processes(
		   l, v->order[PANE_PROCESSES], v->reversed[PANE_PROCESSES], row),
	       first = clamp(v, n, rows - 1), i;

	top_draw_head(y, pane_process_columns, NELEM(pane_process_columns));
	for (i = first; i < n && i - first < (size_t)rows - 1; i++)
		draw_process(y + 1 + (int)(i - first), l, row[i]);
}

static void
pane_next(struct top_cell *c, const struct facts *f, const struct ledger *l)
{
	if (l->phase != LEDGER_IDLE)
		pane_cell(
		    c, TOP_BOLD, "%s", ledger_phase_name((enum ledger_phase)l->phase));
	else
		pane_span(c, TOP_PLAIN,
		    l->next_try == 0        ? -1
		    : l->next_try > f->boot ? l->next_try - f->boot
					    : 0);
}

static void
pane_cycle(struct top_cell c[CELLS], const struct cycles_brief *b, uint64_t took)
{
	bool good = b->result == CYCLES_PUBLISHED || b->result == CYCLES_UNCHANGED ||
		    b->result == CYCLES_ADOPTED;

	if (b->number == 0)
		return;
	pane_cell(&c[4], good ? TOP_PLAIN : TOP_WARN, "%s",
	    cycles_result_name((enum cycles_result)b->result));
	pane_span(&c[5], TOP_PLAIN, took <= INT64_MAX ? (int64_t)took : -1);
	if (b->generation == 0)
		return;
	pane_cell(&c[6], TOP_PLAIN, "%" PRIu32, b->models);
	pane_cell(&c[7], b->skipped > 0 ? TOP_WARN : TOP_PLAIN, "%" PRIu32, b->skipped);
}

static void
draw_category(int y, const struct top_look *l, unsigned category)
{
	static const enum top_style styles[] = {
		[FRESHNESS_FRESH] = TOP_GOOD,
		[FRESHNESS_STALE] = TOP_WARN,
		[FRESHNESS_STALE_IF_ERROR] = TOP_WARN,
		[FRESHNESS_EXPIRED] = TOP_BAD,
	};
	const struct facts_category *k = &l->facts->category[category];
	unsigned n = l->nduration[category], room = TOP_SPARK;
	enum top_style style = k->there ? styles[k->freshness] : TOP_BAD;
	struct top_cell c[CELLS] = { 0 };
	struct buf b = { 0 };

	pane_cell(&c[0], TOP_PLAIN, "%s", k->name);
	pane_cell(
	    &c[1], style, "%s", k->there ? freshness_name(k->freshness) : "empty");
	pane_span(&c[2], style, k->there ? k->age * NSEC_PER_SEC : -1);
	pane_next(&c[3], l->facts, &k->ledger);
	pane_cycle(c, &k->cycle, top_rows_duration(l, category));
	pane_bytes(&c[8], TOP_PLAIN, k->bytes);
	/* The newest are those that must be seen: what is behind the edge is not. */
	if (top_draw_columns() < 110)
		room = top_draw_columns() > 68 ? (unsigned)top_draw_columns() - 67 : 1;
	if (n > room)
		top_rows_spark(
		    l->duration[category] + n - room, room, out_is_unicode(), &b);
	else
		top_rows_spark(l->duration[category], n, out_is_unicode(), &b);
	pane_buf(&c[9], TOP_PLAIN, &b);
	top_draw_row(y, pane_category_columns, NELEM(pane_category_columns), c);
}

static void
draw_categories(const struct top_look *l, struct top_view *v, int y, int rows)
{
	unsigned row[SEGMENT_CATEGORIES_MAX];
	size_t n = top_rows_categories(
		   l, v->order[PANE_CATEGORIES], v->reversed[PANE_CATEGORIES], row),
	       first = clamp(v, n, rows - 1), i;

	top_draw_head(y, pane_category_columns, NELEM(pane_category_columns));
	for (i = first; i < n && i - first < (size_t)rows - 1; i++)
		draw_category(y + 1 + (int)(i - first), l, row[i]);
}

static void
draw_warning(int y, const struct top_look *l, const struct top_warning *w)
{
	struct top_cell c[CELLS] = { 0 };
	struct buf b = { 0 };

	out_put_time(&b, w->line.wall);
	/* "2026-11-29 20:15:01Z": its time. */
	pane_cell(&c[0], TOP_DIM, "%.*s", (int)b.len - 11, b.data + 11);
	buf_reset(&b);
	top_look_put_name(l, w->slot, &b);
	pane_buf(&c[1], TOP_PLAIN, &b);
	pane_cell(
	    &c[2], w->line.level <= LOG_ERR ? TOP_BAD : TOP_WARN, "%s", w->line.text);
	top_draw_row(y, pane_warning_columns, NELEM(pane_warning_columns), c);
}

static void
draw_warnings(const struct top_look *l, struct top_view *v, int y, int rows)
{
	unsigned row[TOP_WARNINGS];
	size_t n = top_rows_warnings(
		   l, v->order[PANE_WARNINGS], v->reversed[PANE_WARNINGS], row),
	       first = clamp(v, n, rows - 1), i;

	top_draw_head(y, pane_warning_columns, NELEM(pane_warning_columns));
	for (i = first; i < n && i - first < (size_t)rows - 1; i++)
		draw_warning(y + 1 + (int)(i - first), l, &l->warning[row[i]]);
	if (n == 0)
		top_draw_text(y + 1, 0, 0, TOP_DIM, "no warning was logged");
}

/* A table in at most so many rows with its head; returns how many it took. */
static int
draw_part(const struct top_look *l, enum top_pane pane, size_t n, int y, int most)
{
	static void (*const draw[PANE_MAX])(
	    const struct top_look *, struct top_view *, int, int) = {
		[PANE_ROUTES] = draw_routes,
		[PANE_PROCESSES] = draw_processes,
		[PANE_CATEGORIES] = draw_categories,
		[PANE_WARNINGS] = draw_warnings,
	};
	/* Who may not see all sees the oldest and the busiest. */
	struct top_view v = { .pane = pane,
		.order = { [PANE_PROCESSES] = TOP_PROCESSES_BY_CPU,
		    [PANE_CATEGORIES] = TOP_CATEGORIES_BY_AGE } };
	int rows = n == 0 ? 2 : (int)n + 1;

	if (rows > most)
		rows = most;
	if (rows < 2)
		return 0;
	draw[pane](l, &v, y, rows);
	return rows;
}

/* Of each table the first rows; what one does not need the ones below it have. */
static void
draw_overview(const struct top_look *l, int y, int rows)
{
	struct top_route route[TOP_ROUTES_MAX];
	unsigned process[SEGMENT_PROCS_MAX];
	const int end = y + rows;
	int third = rows / 3;

	y += draw_part(
	    l, PANE_CATEGORIES, l->facts->ncategories, y, third > 2 ? third : 2);
	y += draw_part(l, PANE_PROCESSES, top_rows_processes(l, 0, false, process), y,
	    (end - y) / 2 > 2 ? (end - y) / 2 : 2);
	y += draw_part(l, PANE_ROUTES, top_rows_routes(&l->window, 0, false, route), y,
	    (end - y) / 2 > 2 ? (end - y) / 2 : 2);
	(void)draw_part(l, PANE_WARNINGS, l->nwarnings, y, end - y);
}

void
top_pane_draw(const struct top_look *l, struct top_view *v, int y, int rows)
{
	if (rows < 2)
		return;
	switch (v->pane) {
	case PANE_ROUTES:
		draw_routes(l, v, y, rows);
		break;
	case PANE_PROCESSES:
		draw_processes(l, v, y, rows);
		break;
	case PANE_CATEGORIES:
		draw_categories(l, v, y, rows);
		break;
	case PANE_WARNINGS:
		draw_warnings(l, v, y, rows);
		break;
	default:
		draw_overview(l, y, rows);
		break;
	}
}
