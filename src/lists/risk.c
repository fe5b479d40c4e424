/* Columns of CSV are for programs: every figure, by the names that JSON has. Columns of
 * Markdown are for the people who decide: what it is, why it should go, since when. */
#include "lists/risk.h"

#include <inttypes.h>

#include "lists/csv.h"
#include "lists/markdown.h"
#include "lists/text.h"
#include "payload/write.h"
#include "terms/flag.h"

struct list_risk {
	const struct view_directory *d; /* of the payload, while it does not grow */
	const struct view *view;
	const struct view_figures *figures;
	enum view_kind kind;
	const int64_t *at_risk; /* since when, by rows of VIEW_RISK; NULL: not known */
};

static struct list_risk
list_risk_of(struct buf *payload, enum view_kind kind)
{
	const struct view_directory *d = payload_directory(payload);
	const char *data = payload->data;
	struct list_risk r = { .d = d, .view = &d->views[kind], .kind = kind };

	r.figures = (const void *)(data + r.view->figures);
	if (kind != VIEW_RISK_GROUPED && d->past.at_risk != 0)
		r.at_risk = (const void *)(data + d->past.at_risk);
	return r;
}

static struct str
list_risk_text(const struct list_risk *r, struct view_span span)
{
	return (struct str){ (const char *)r->d + span.off, span.len };
}

/* 0: it is not, or it is not known. Another view of the same models has them in another
 * order. */
static int64_t
list_risk_since(const struct list_risk *r, uint32_t i)
{
	int64_t row = i;

	if (r->at_risk == NULL || r->figures[i].flags == 0)
		return 0;
	if (r->kind != VIEW_RISK)
		row = view_find(r->d, list_risk_text(r, r->figures[i].name));
	return row >= 0 ? r->at_risk[row] : 0;
}

static void
list_risk_csv_head(struct buf *b)
{
	int f;

	buf_puts(b, "name,baseline,nsfw,at_risk,critical,risk_score");
	for (f = 0; f < RISK_FLAG_MAX; f++) {
		buf_putc(b, ',');
		buf_puts(b, flag_name((enum risk_flag)f));
	}
	buf_puts(b, ",at_risk_since,usage_day,usage_month,usage_total,active_workers,"
		    "usage_percentage_of_category,cost_benefit_score,size_gb" CSV_END);
}

static void
list_risk_csv_row(struct buf *b, const struct list_risk *r, uint32_t i)
{
	const struct view_figures *m = &r->figures[i];
	int k;

	csv_put_text(b, list_risk_text(r, m->name));
	buf_putc(b, ',');
	csv_put_text(b, list_risk_text(r, m->baseline));
	buf_putc(b, ',');
	csv_put_bool(b, m->marks & FIGURES_NSFW);
	buf_putc(b, ',');
	csv_put_bool(b, m->flags != 0);
	buf_putc(b, ',');
	csv_put_bool(b, m->marks & FIGURES_CRITICAL);
	buf_putc(b, ',');
	csv_put_int(b, __builtin_popcount(m->flags));
	for (k = 0; k < RISK_FLAG_MAX; k++) {
		buf_putc(b, ',');
		csv_put_bool(b, m->flags & RISK_BIT(k));
	}
	buf_putc(b, ',');
	csv_put_time(b, list_risk_since(r, i));
	for (k = 0; k < 3; k++) {
		buf_putc(b, ',');
		csv_put_int(b, m->usage[k]);
	}
	buf_putc(b, ',');
	csv_put_int(b, m->workers);
	buf_putc(b, ',');
	csv_put_double(b, m->percentage);
	buf_putc(b, ',');
	csv_put_double(b, m->cost_benefit);
	buf_putc(b, ',');
	csv_put_double(b, m->size_gb);
	buf_puts(b, CSV_END);
}

static void
list_risk_markdown_head(struct buf *b)
{
	buf_puts(b,
	    "| Model | Baseline | Why | At risk since | Usage month | Usage total "
	    "| Workers |\n"
	    "|---|---|---|---|--:|--:|--:|\n");
}

static void
list_risk_reasons(struct buf *b, const struct view_figures *m)
{
	const char *separator = "";
	int f;

	if (m->marks & FIGURES_CRITICAL) {
		buf_puts(b, "**critical**");
		separator = ", ";
	}
	for (f = 0; f < RISK_FLAG_MAX; f++)
		if (m->flags & RISK_BIT(f)) {
			buf_puts(b, separator);
			buf_puts(b, flag_words((enum risk_flag)f));
			separator = ", ";
		}
	if (m->flags == 0)
		buf_puts(b, "–");
}

static void
list_risk_markdown_row(struct buf *b, const struct list_risk *r, uint32_t i)
{
	const struct view_figures *m = &r->figures[i];

	buf_puts(b, "| ");
	markdown_put_name(b, list_risk_text(r, m->name));
	buf_puts(b, " | ");
	if (m->baseline.len > 0)
		markdown_put_name(b, list_risk_text(r, m->baseline));
	else
		buf_puts(b, "–");
	buf_puts(b, " | ");
	list_risk_reasons(b, m);
	buf_puts(b, " | ");
	markdown_put_day(b, list_risk_since(r, i));
	buf_printf(b, " | %" PRId64 " | %" PRId64 " | %" PRId64 " |\n", m->usage[1],
	    m->usage[2], m->workers);
}

typedef void list_risk_row_fn(struct buf *, const struct list_risk *, uint32_t i);

static bool
list_risk_rows(struct list_text *t, const struct list_risk *r, list_risk_row_fn *put,
    struct pace *pace)
{
	uint32_t i;

	for (i = 0; i < r->view->nrows; i++) {
		if (!pace_step(pace))
			return false;
		list_text_row(t);
		put(&t->out, r, i);
	}
	list_text_end(t);
	return true;
}

bool
lists_risk(struct buf *payload, enum view_kind kind, struct pace *pace)
{
	struct list_risk r = list_risk_of(payload, kind);
	struct list_text csv, markdown;
	bool done;

	list_text_begin(&csv, r.view->nrows);
	list_text_begin(&markdown, r.view->nrows);
	list_risk_csv_head(&csv.out);
	list_risk_markdown_head(&markdown.out);
	done = list_risk_rows(&csv, &r, list_risk_csv_row, pace) &&
	       list_risk_rows(&markdown, &r, list_risk_markdown_row, pace);
	if (!done) {
		list_text_drop(&csv);
		list_text_drop(&markdown);
		return false;
	}
	list_text_foot(&markdown, payload);
	list_text_enter(&csv, payload, kind, FORMAT_CSV);
	list_text_enter(&markdown, payload, kind, FORMAT_MARKDOWN);
	return true;
}
