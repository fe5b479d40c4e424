/* Columns of CSV are for programs: every figure, by the names that JSON has. Columns of
 * Markdown are for the people who decide: what it is, why it should go, since when. */
#include "lists/risk.h"

#include <inttypes.h>

#include "lists/csv.h"
#include "lists/markdown.h"
#include "lists/model_rows.h"
#include "lists/text.h"
#include "terms/flag.h"

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
list_risk_csv_row(struct buf *b, const struct model_rows *r, uint32_t i)
{
	const struct view_figures *m = &r->figures[i];
	int k;

	csv_put_text(b, model_rows_text(r, m->name));
	buf_putc(b, ',');
	csv_put_text(b, model_rows_text(r, m->baseline));
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
	csv_put_time(b, model_rows_since(r, i));
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
list_risk_markdown_row(struct buf *b, const struct model_rows *r, uint32_t i)
{
	const struct view_figures *m = &r->figures[i];

	buf_puts(b, "| ");
	markdown_put_name(b, model_rows_text(r, m->name));
	buf_puts(b, " | ");
	if (m->baseline.len > 0)
		markdown_put_name(b, model_rows_text(r, m->baseline));
	else
		buf_puts(b, "–");
	buf_puts(b, " | ");
	list_risk_reasons(b, m);
	buf_puts(b, " | ");
	markdown_put_day(b, model_rows_since(r, i));
	buf_printf(b, " | %" PRId64 " | %" PRId64 " | %" PRId64 " |\n", m->usage[1],
	    m->usage[2], m->workers);
}

typedef void list_risk_row_fn(struct buf *, const struct model_rows *, uint32_t i);

static bool
list_risk_rows(struct list_text *t, const struct model_rows *r, list_risk_row_fn *put,
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
	struct model_rows r = model_rows_of(payload, kind);
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
