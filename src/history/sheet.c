/*
 * The same rows as in JSON. CSV has a column for each day, so that a spreadsheet draws
 * the curve: that of usage, which people decide by; workers of each day are in JSON
 * alone. Markdown sums the days up.
 */
#include "history/sheet.h"

#include <inttypes.h>

#include "history/state.h"
#include "json/write.h"
#include "lists/csv.h"
#include "lists/day.h"
#include "lists/markdown.h"
#include "lists/text.h"
#include "payload/view.h"
#include "payload/write.h"

#define SHEET_DAYS 30 /* the shorter of the two sums */

/* Row i: in the order of VIEW_HISTORY. */
struct sheet_row {
	struct str name;
	uint32_t model; /* MAP_NONE: nothing is known */
};

static void
sheet_csv_head(const struct history_printer *p, struct buf *out)
{
	buf_puts(out, "name,present,first_seen,last_seen,at_risk_since,critical_since,"
		      "unused_since,no_workers_since,resets");
	for (size_t i = 0; i < p->ndates; i++) {
		buf_puts(out, ",used_");
		day_put(out, (p->first + (int64_t)i) * HISTORY_DAY);
	}
	buf_puts(out, CSV_END);
}

static void
sheet_csv_times(struct buf *out, const struct history_model_row *r)
{
	const int64_t times[] = { r->first_seen, r->last_seen,
		history_bit_since(r, HISTORY_AT_RISK),
		history_bit_since(r, HISTORY_CRITICAL), history_unused_since(r),
		history_bit_since(r, RISK_NO_ACTIVE_WORKERS) };

	for (size_t i = 0; i < NELEM(times); i++) {
		buf_putc(out, ',');
		csv_put_time(out, times[i]);
	}
}

/* 0: not known, else what was used, plus 1. */
static uint64_t
sheet_used(const struct history_printer *p, size_t date, uint32_t model)
{
	return p->columns[date] != NULL ? p->columns[date]->used[model] : 0;
}

static void
sheet_csv_row(
    const struct history_printer *p, struct buf *out, const struct sheet_row *row)
{
	const struct history_model_row *r;

	csv_put_text(out, row->name);
	if (row->model == MAP_NONE) {
		buf_puts(out, ",true,,,,,,,0");
		for (size_t i = 0; i < p->ndates; i++)
			buf_putc(out, ',');
		buf_puts(out, CSV_END);
		return;
	}
	r = &p->h->models[row->model].row;
	buf_putc(out, ',');
	csv_put_bool(out, !history_is_gone(p->h, row->model));
	sheet_csv_times(out, r);
	buf_putc(out, ',');
	csv_put_int(out, (int64_t)r->resets);
	for (size_t i = 0; i < p->ndates; i++) {
		uint64_t used = sheet_used(p, i, row->model);

		buf_putc(out, ',');
		if (used != 0)
			csv_put_int(out, (int64_t)(used - 1));
	}
	buf_puts(out, CSV_END);
}

static void
sheet_markdown_head(const struct history_printer *p, struct buf *out)
{
	buf_printf(out,
	    "| Model | First seen | Last seen | At risk since | Unused since "
	    "| No workers since | Used in %d days | Used in %" PRId64 " days |\n"
	    "|---|---|---|---|---|---|--:|--:|\n",
	    SHEET_DAYS, p->h->rule.shown);
}

/* sum: -1 for none yet. */
static int64_t
sheet_sum(int64_t sum, int64_t used)
{
	if (sum == -1)
		return used;
	return __builtin_add_overflow(sum, used, &sum) ? INT64_MAX : sum;
}

static void
sheet_markdown_int(struct buf *out, int64_t n)
{
	buf_puts(out, " | ");
	if (n == -1)
		buf_puts(out, "–");
	else
		json_put_int(out, n);
}

/* What is known of the last days; "–": nothing is. */
static void
sheet_markdown_sums(const struct history_printer *p, struct buf *out, uint32_t model)
{
	size_t shorter = p->ndates > SHEET_DAYS ? p->ndates - SHEET_DAYS : 0, i;
	int64_t all = -1, last = -1;

	for (i = 0; i < p->ndates; i++) {
		uint64_t used = sheet_used(p, i, model);

		if (used == 0)
			continue;
		all = sheet_sum(all, (int64_t)(used - 1));
		if (i >= shorter)
			last = sheet_sum(last, (int64_t)(used - 1));
	}
	sheet_markdown_int(out, last);
	sheet_markdown_int(out, all);
}

static void
sheet_markdown_row(
    const struct history_printer *p, struct buf *out, const struct sheet_row *row)
{
	static const struct history_model_row unknown;
	bool known = row->model != MAP_NONE;
	const struct history_model_row *r =
	    known ? &p->h->models[row->model].row : &unknown;
	const int64_t times[] = { r->first_seen,
		known && history_is_gone(p->h, row->model) ? r->last_seen : 0,
		history_bit_since(r, HISTORY_AT_RISK), history_unused_since(r),
		history_bit_since(r, RISK_NO_ACTIVE_WORKERS) };

	buf_puts(out, "| ");
	markdown_put_name(out, row->name);
	for (size_t i = 0; i < NELEM(times); i++) {
		buf_puts(out, " | ");
		markdown_put_day(out, times[i]);
	}
	if (known)
		sheet_markdown_sums(p, out, row->model);
	else
		buf_puts(out, " | – | –");
	buf_puts(out, " |\n");
}

/* Returns nrisk + ngone rows, of the arena. */
static struct sheet_row *
sheet_rows(const struct history_printer *p)
{
	struct sheet_row *rows =
	    arena_array(p->arena, p->nrisk + p->ngone, sizeof(*rows));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->nrisk; i++, n++)
		rows[n] = p->models[i] == MAP_NONE
			      ? (struct sheet_row){ p->names[i], MAP_NONE }
			      : (struct sheet_row){ p->h->models[p->models[i]].row.name,
					p->models[i] };
	for (uint32_t i = 0; i < p->h->n; i++)
		if (history_is_gone(p->h, i))
			rows[n++] = (struct sheet_row){ p->h->models[i].row.name, i };
	return rows;
}

void
sheet_print(const struct history_printer *p, struct buf *payload)
{
	const struct sheet_row *rows = sheet_rows(p);
	uint32_t n = p->nrisk + p->ngone;
	struct list_text csv, markdown;

	list_text_begin(&csv, n);
	list_text_begin(&markdown, n);
	sheet_csv_head(p, &csv.out);
	sheet_markdown_head(p, &markdown.out);
	for (uint32_t i = 0; i < n; i++) {
		list_text_row(&csv);
		sheet_csv_row(p, &csv.out, &rows[i]);
		list_text_row(&markdown);
		sheet_markdown_row(p, &markdown.out, &rows[i]);
	}
	list_text_end(&csv);
	list_text_end(&markdown);
	list_text_foot(&markdown, payload);
	list_text_enter(&csv, payload, VIEW_HISTORY, FORMAT_CSV);
	list_text_enter(&markdown, payload, VIEW_HISTORY, FORMAT_MARKDOWN);
}
