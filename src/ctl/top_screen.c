/* What stands around a pane: how the daemon is, what it does a second, keys. */
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_text.h"
#include "ctl/top_draw.h"
#include "ctl/top_pane.h"

#define HEAD_ROWS 6 /* name, verdict, requests, latency, bytes, panes */
#define FOOT_ROWS 1
#define COLUMNS_MIN 40

/* In one line what is in the buffer, with a NUL. */
static void
draw_buf(int y, enum top_style style, struct buf *b)
{
	buf_putc(b, '\0');
	top_draw_text(y, 0, top_draw_columns(), style, b->data);
	buf_reset(b);
}

static void
draw_name(const struct top_look *l, const char *name, struct buf *b)
{
	const struct facts *f = l != NULL ? l->facts : NULL;
	int64_t wall = f != NULL ? f->wall : clock_wall();
	int time;

	buf_printf(b, "hydratorctl top  %s", name);
	if (f != NULL) {
		buf_printf(b, "  pid %d  up ", (int)f->supervisor);
		out_put_span(
		    b, f->daemon.started_boot != 0 && f->boot > f->daemon.started_boot
			   ? f->boot - f->daemon.started_boot
			   : 0);
		buf_printf(b, "  %s", f->daemon.version);
	}
	draw_buf(0, TOP_BAR, b);
	buf_puts(b, "  ");
	out_put_time(b, wall);
	time = (int)b->len;
	buf_putc(b, '\0');
	if (top_draw_columns() > time)
		top_draw_text(0, top_draw_columns() - time, 0, TOP_BAR, b->data);
	buf_reset(b);
}

static void
draw_verdict(const struct top_look *l, const struct top_view *v, const char *waiting,
    struct buf *b)
{
	enum top_style style = TOP_BAD;

	if (v->paused)
		buf_puts(b, "PAUSED  ");
	if (waiting != NULL)
		buf_printf(b, "waiting for the daemon: %s", waiting);
	else {
		style = l->verdict.exit == CTL_FRESH      ? TOP_GOOD
			: l->verdict.exit == CTL_DEGRADED ? TOP_WARN
							  : TOP_BAD;
		buf_puts(b, l->verdict.text);
		if (l->verdict.n > 0 && l->verdict.exit != CTL_FRESH)
			buf_printf(b, ": %s", l->verdict.finding[0].advice);
	}
	draw_buf(1, v->paused ? TOP_BOLD : style, b);
}

/* Of answers with a status in a hundred; 0: all others. */
static double
rate_of_hundred(const struct top_window *w, int hundred)
{
	const struct top_counts *now = top_window_now(w), *then = top_window_then(w, 1);
	unsigned route, code;
	double sum = 0;

	for (route = 0; route < ROUTE_MAX; route++)
		for (code = 0; code < COUNTER_CODES; code++)
			if (counters_status(code) / 100 == hundred)
				sum += top_counts_rate(now->answers[route][code],
				    then->answers[route][code], now->at - then->at);
	return sum;
}

static double
rate_of(const struct top_window *w, enum counter id, unsigned back)
{
	const struct top_counts *now = top_window_now(w),
				*then = top_window_then(w, back);

	return top_counts_rate(now->value[id], then->value[id], now->at - then->at);
}

static void
draw_requests(const struct top_window *w, struct buf *b)
{
	buf_printf(b,
	    "requests/s %.1f  (10 s %.1f)   2xx %.1f  3xx %.1f  4xx %.1f  5xx %.1f",
	    rate_of(w, COUNTER_REQUESTS, 1), rate_of(w, COUNTER_REQUESTS, TOP_WINDOW),
	    rate_of_hundred(w, 2), rate_of_hundred(w, 3), rate_of_hundred(w, 4),
	    rate_of_hundred(w, 5));
	draw_buf(2, TOP_PLAIN, b);
}

static void
put_bound(struct buf *b, const char *name, int64_t nsec)
{
	int64_t last = 0;

	buf_printf(b, "  %s ", name);
	if (nsec == TOP_NO_REQUESTS) {
		buf_putc(b, '-');
		return;
	}
	for (unsigned i = 0; counters_bound(i) > 0; i++)
		last = counters_bound(i);
	if (nsec == 0)
		buf_puts(b, "> ");
	out_put_span(b, nsec == 0 ? last : nsec);
}

static void
draw_latency(const struct top_window *w, struct buf *b)
{
	static const struct {
		const char *name;
		double share;
	} shown[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 },
		{ "p99.9", 0.999 } };
	const struct top_counts *now = top_window_now(w),
				*then = top_window_then(w, TOP_WINDOW);

	buf_puts(b, "latency up to");
	for (size_t i = 0; i < NELEM(shown); i++)
		put_bound(
		    b, shown[i].name, top_counts_percentile(now, then, shown[i].share));
	buf_puts(b, "  (class ends)");
	draw_buf(3, TOP_PLAIN, b);
}

static void
draw_bytes(const struct top_window *w, struct buf *b)
{
	const struct top_counts *now = top_window_now(w);
	double hit = top_counts_hit_ratio(now, top_window_then(w, TOP_WINDOW));

	buf_puts(b, "sent/s ");
	out_put_bytes(b, (uint64_t)rate_of(w, COUNTER_BYTES_SENT, 1));
	buf_printf(b, "   connections %" PRIu64 "  streams %" PRIu64 "   pages kept ",
	    now->connections, now->streams);
	if (hit < 0)
		buf_putc(b, '-');
	else
		buf_printf(b, "%.0f %%", 100 * hit);
	draw_buf(4, TOP_PLAIN, b);
}

static void
draw_tabs(const struct top_view *v, struct buf *b)
{
	const char *order = top_view_order(v->pane, v->order[v->pane]);
	int x = 0, pane;

	for (pane = 0; pane < PANE_MAX; pane++) {
		buf_printf(b, " %d %s ", pane + 1, top_view_title((enum top_pane)pane));
		buf_putc(b, '\0');
		x = top_draw_text(
		    5, x, 0, pane == (int)v->pane ? TOP_BAR : TOP_DIM, b->data);
		buf_reset(b);
	}
	if (v->pane == PANE_OVERVIEW)
		return;
	buf_printf(b, "by %s%s", order, v->reversed[v->pane] ? ", turned" : "");
	buf_putc(b, '\0');
	top_draw_text(5, x, 0, TOP_PLAIN, b->data);
	buf_reset(b);
}

static void
draw_help(int y, int rows)
{
	static const char *const lines[] = {
		"1 to 5, Tab  another pane: overview, routes, processes, categories, "
		"warnings",
		"s, r         sort by the next column; the other way round",
		"up, down     scroll by a row; Page Up, Page Down, Home, End by more",
		"space        hold the screen still, and let it go on",
		"?, q         this help; end",
		"",
		"Latencies are the ends of the classes that requests are counted in.",
		"Pages kept: of the bodies that had to be made, how many were kept "
		"from "
		"before.",
		"BEAT: how long ago a process said that it is alive; CPU: of one "
		"processor.",
		"CYCLES: how long the last refreshes took, the newest on the right.",
	};

	for (int i = 0; i < (int)NELEM(lines) && i < rows; i++)
		top_draw_text(y + i, 0, 0, TOP_PLAIN, lines[i]);
}

unsigned
top_screen_page(void)
{
	int rows = top_draw_rows() - HEAD_ROWS - FOOT_ROWS - 1;

	return rows > 1 ? (unsigned)rows : 1;
}

void
top_screen_draw(
    const struct top_look *l, struct top_view *v, const char *name, const char *waiting)
{
	const int rows = top_draw_rows() - HEAD_ROWS - FOOT_ROWS;
	bool looked = l != NULL && l->facts != NULL;
	struct buf b = { 0 };

	top_draw_begin();
	draw_name(looked ? l : NULL, name, &b);
	draw_verdict(l, v, waiting, &b);
	if (looked) {
		draw_requests(&l->window, &b);
		draw_latency(&l->window, &b);
		draw_bytes(&l->window, &b);
	}
	draw_tabs(v, &b);
	if (v->help)
		draw_help(HEAD_ROWS, rows);
	else if (looked && top_draw_columns() >= COLUMNS_MIN)
		top_pane_draw(l, v, HEAD_ROWS, rows);
	if (rows > 0)
		top_draw_text(top_draw_rows() - 1, 0, top_draw_columns(), TOP_BAR,
		    "q end  ? help  1-5 Tab pane  s sort  r reverse  space pause");
	buf_free(&b);
	top_draw_end();
}
