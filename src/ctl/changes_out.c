/* On a screen the figures of before and after stand in one cell. */
#include "ctl/changes_out.h"

#include <inttypes.h>

#include "terms/event.h"
#include "terms/flag.h"

static const struct out_column changes_columns[] = {
	{ "mark", "", 0 },
	{ "id", "ID", OUT_RIGHT | OUT_SPARE },
	{ "since", "SINCE", 0 },
	{ "kind", "KIND", 0 },
	{ "model", "MODEL", OUT_CUT },
	{ "what", "WHAT", OUT_CUT },
	{ "months", "MONTH", OUT_SPARE },
	{ "workers", "WORKERS", OUT_SPARE },
};

void
changes_out_begin(struct out *o, const char *title, bool marked)
{
	size_t skip = marked ? 0 : 1;

	out_table(
	    o, "changes", title, changes_columns + skip, NELEM(changes_columns) - skip);
}

static void
out_span_of(
    struct out *o, const struct published *p, const char *key, struct view_span span)
{
	struct str text = published_text(p, span);

	if (text.len > 0)
		out_text(o, key, key, text.p, text.len);
	else
		out_null(o, key, key);
}

static void
out_figures(struct out *o, const char *key, const struct view_event_figures *f)
{
	if (!(f->marks & FIGURES_KNOWN)) {
		out_null(o, key, NULL);
		return;
	}
	out_group(o, key, NULL);
	out_int(o, "usage_day", NULL, f->usage[0]);
	out_int(o, "usage_month", NULL, f->usage[1]);
	out_int(o, "usage_total", NULL, f->usage[2]);
	out_int(o, "workers", NULL, f->workers);
	out_int(o, "risk_score", NULL, __builtin_popcount(f->flags));
	out_list(o, "flags", NULL);
	for (int i = 0; i < RISK_FLAG_MAX; i++)
		if (f->flags & RISK_BIT(i))
			out_item(o, flag_name((enum risk_flag)i));
	out_list_end(o);
	out_group_end(o);
}

/* The flag, the name before, the number: each kind has one of them, or none. */
static void
put_what(struct buf *b, const struct published *p, const struct view_event *e)
{
	struct str former = published_text(p, e->former);

	if (e->flag < RISK_FLAG_MAX)
		buf_puts(b, flag_name((enum risk_flag)e->flag));
	if (former.len > 0) {
		buf_puts(b, "was ");
		buf_add(b, former.p, former.len);
	}
	if (e->count != 0)
		buf_printf(b, "%" PRIu64 " more", e->count);
}

/* "412 > 3"; n: of usage[], or 3 for workers. */
static void
put_pair(struct buf *b, const struct view_event *e, int n)
{
	const struct view_event_figures *sides[] = { &e->before, &e->after };

	for (int i = 0; i < 2; i++) {
		if (i > 0)
			buf_puts(b, " > ");
		if (sides[i]->marks & FIGURES_KNOWN)
			buf_printf(b, "%" PRId64,
			    n < 3 ? sides[i]->usage[n] : sides[i]->workers);
		else
			buf_puts(b, "-");
	}
}

static bool
has_figures(const struct view_event *e)
{
	return ((e->before.marks | e->after.marks) & FIGURES_KNOWN) != 0;
}

static void
out_cell(struct out *o, const char *key, struct buf *b)
{
	if (b->len > 0)
		out_text(o, key, key, b->data, b->len);
	else
		out_null(o, key, key);
	buf_reset(b);
}

static void
out_cells(struct out *o, const struct published *p, const struct view_event *e)
{
	struct buf b = { 0 };

	put_what(&b, p, e);
	out_cell(o, "what", &b);
	if (has_figures(e))
		put_pair(&b, e, 1);
	out_cell(o, "months", &b);
	if (has_figures(e))
		put_pair(&b, e, 3);
	out_cell(o, "workers", &b);
	buf_free(&b);
}

static enum out_mark
event_mark(enum event_kind kind)
{
	switch (kind) {
	case EVENT_CRITICAL:
	case EVENT_DISAPPEARED:
		return OUT_BAD;
	case EVENT_AT_RISK:
	case EVENT_FLAG_SET:
		return OUT_WARN;
	case EVENT_RECOVERED:
		return OUT_GOOD;
	default:
		return OUT_PLAIN;
	}
}

void
changes_out_event(struct out *o, enum out_format format, const struct published *p,
    const struct view_event *e)
{
	enum event_kind kind = (enum event_kind)e->kind;

	out_int(o, "id", "id", (int64_t)e->id);
	if (format != OUT_TABLE)
		out_time(o, "at", NULL, published_wall(e->at));
	out_time(o, "since", "since", published_wall(e->since));
	out_mark(o, event_mark(kind));
	out_string(o, "kind", "kind", event_kind_name(kind));
	out_span_of(o, p, "model", e->model);
	if (format == OUT_TABLE) {
		out_cells(o, p, e);
		return;
	}
	out_string(o, "flag", NULL,
	    e->flag < RISK_FLAG_MAX ? flag_name((enum risk_flag)e->flag) : NULL);
	out_span_of(o, p, "former", e->former);
	if (e->count != 0)
		out_int(o, "count", NULL, (int64_t)e->count);
	else
		out_null(o, "count", NULL);
	out_figures(o, "before", &e->before);
	out_figures(o, "after", &e->after);
}

void
changes_out_line(struct buf *b, const struct published *p, const struct view_event *e)
{
	struct str model = published_text(p, e->model);
	size_t from;

	out_put_time(b, published_wall(e->since));
	buf_printf(b, " %-12s ", event_kind_name((enum event_kind)e->kind));
	if (model.len > 0)
		buf_add(b, model.p, model.len);
	else
		buf_puts(b, "-");
	buf_putc(b, ' ');
	from = b->len;
	put_what(b, p, e);
	if (b->len > from)
		buf_putc(b, ' ');
	if (has_figures(e)) {
		buf_puts(b, "month ");
		put_pair(b, e, 1);
		buf_puts(b, ", workers ");
		put_pair(b, e, 3);
		buf_putc(b, ' ');
	}
	buf_printf(b, "(%" PRIu64 ")", e->id);
}
