/* One table of columns, and one way to print each kind of value in each format.
 */
#include "ctl/models_cell.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json/write.h"
#include "lists/csv.h"
#include "lists/day.h"
#include "lists/markdown.h"
#include "payload/name_order.h"
#include "terms/flag.h"

static const struct out_column models_columns[MODELS_COLUMN_MAX] = {
	[MODELS_NAME] = { "name", "NAME", OUT_CUT },
	[MODELS_BASELINE] = { "baseline", "BASELINE", OUT_CUT | OUT_SPARE },
	[MODELS_USAGE_DAY] = { "usage_day", "DAY", OUT_RIGHT | OUT_SPARE },
	[MODELS_USAGE_MONTH] = { "usage_month", "MONTH", OUT_RIGHT },
	[MODELS_USAGE_TOTAL] = { "usage_total", "TOTAL", OUT_RIGHT | OUT_SPARE },
	[MODELS_PERCENTAGE] = { "usage_percentage_of_category", "%",
	    OUT_RIGHT | OUT_SPARE },
	[MODELS_WORKERS] = { "worker_count", "WORKERS", OUT_RIGHT },
	[MODELS_COST_BENEFIT] = { "cost_benefit_score", "PER GB",
	    OUT_RIGHT | OUT_SPARE },
	[MODELS_SIZE] = { "size_gb", "GB", OUT_RIGHT | OUT_SPARE },
	[MODELS_NSFW] = { "nsfw", "NSFW", OUT_HIDDEN },
	[MODELS_SCORE] = { "risk_score", "SCORE", OUT_RIGHT | OUT_HIDDEN },
	[MODELS_CRITICAL] = { "critical", "CRITICAL", OUT_HIDDEN },
	[MODELS_WARNING] = { "warning", "WARNING", OUT_HIDDEN },
	[MODELS_SINCE] = { "at_risk_since", "SINCE", 0 },
	[MODELS_FLAGS] = { "flags", "FLAGS", OUT_CUT },
};

const struct out_column *
models_column(enum models_column column)
{
	return &models_columns[column];
}

int
models_column_find(struct str name)
{
	int found = -1;

	if (name.len == 0)
		return -1;
	for (int i = 0; i < MODELS_COLUMN_MAX; i++) {
		size_t len = strlen(models_columns[i].key);

		if (len < name.len ||
		    memcmp(models_columns[i].key, name.p, name.len) != 0)
			continue;
		if (len == name.len)
			return i;
		if (found != -1)
			return -1;
		found = i;
	}
	return found;
}

static struct models_cell
of_text(struct str text)
{
	return (struct models_cell){ .kind = text.len > 0 ? MODELS_TEXT : MODELS_NULL,
		.text = text };
}

static struct models_cell
of_int(int64_t n)
{
	return (struct models_cell){ .kind = MODELS_INT, .n = n };
}

static struct models_cell
of_number(double d)
{
	return (struct models_cell){ .kind = isfinite(d) ? MODELS_NUMBER : MODELS_NULL,
		.d = d };
}

static struct models_cell
of_bool(bool is)
{
	return (struct models_cell){ .kind = MODELS_BOOL, .n = is };
}

static struct models_cell
of_time(int64_t at)
{
	return (
	    struct models_cell){ .kind = at != 0 ? MODELS_TIME : MODELS_NULL, .n = at };
}

struct models_cell
models_cell(const struct published *p, uint32_t row, enum models_column column)
{
	const struct view_figures *f = &published_figures(p, VIEW_RISK)[row];

	switch (column) {
	case MODELS_NAME:
		return (struct models_cell){ .kind = MODELS_TEXT,
			.text = published_text(p, f->name) };
	case MODELS_BASELINE:
		return of_text(published_text(p, f->baseline));
	case MODELS_USAGE_DAY:
	case MODELS_USAGE_MONTH:
	case MODELS_USAGE_TOTAL:
		return of_int(f->usage[column - MODELS_USAGE_DAY]);
	case MODELS_PERCENTAGE:
		return of_number(f->percentage);
	case MODELS_WORKERS:
		return of_int(f->workers);
	case MODELS_COST_BENEFIT:
		return of_number(f->cost_benefit);
	case MODELS_SIZE:
		return of_number(f->size_gb);
	case MODELS_NSFW:
		return of_bool(f->marks & FIGURES_NSFW);
	case MODELS_SCORE:
		return of_int(__builtin_popcount(f->flags));
	case MODELS_CRITICAL:
		return of_bool(f->marks & FIGURES_CRITICAL);
	case MODELS_WARNING:
		return of_bool(f->marks & FIGURES_WARNING);
	case MODELS_SINCE:
		return of_time(published_at_risk_since(p, row));
	case MODELS_FLAGS:
		return (struct models_cell){ .kind = MODELS_FLAG_SET,
			.n = f->flags,
			.critical = (f->marks & FIGURES_CRITICAL) != 0 };
	case MODELS_COLUMN_MAX:
		break;
	}
	return (struct models_cell){ .kind = MODELS_NULL };
}

int
models_cell_compare(const struct models_cell *a, const struct models_cell *b)
{
	int64_t x = a->n, y = b->n;

	if (a->kind == MODELS_TEXT)
		return name_order_compare(a->text, b->text);
	if (a->kind == MODELS_NUMBER)
		return a->d < b->d ? -1 : a->d > b->d;
	if (a->kind == MODELS_FLAG_SET) {
		x = __builtin_popcountll((uint64_t)x);
		y = __builtin_popcountll((uint64_t)y);
	}
	return x < y ? -1 : x > y;
}

/* name: of a flag, for programs or for people. */
static void
put_flags(struct buf *b, int64_t flags, const char *separator,
    const char *(*name)(enum risk_flag))
{
	const char *lead = "";

	for (int f = 0; f < RISK_FLAG_MAX; f++)
		if (flags & RISK_BIT(f)) {
			buf_puts(b, lead);
			buf_puts(b, name((enum risk_flag)f));
			lead = separator;
		}
}

/* What is shorter on a screen than out.h would have it, or longer where digits count.
 */
static void
out_screen_words(struct out *o, const char *key, const struct models_cell *c)
{
	struct buf b = { 0 };

	if (c->kind == MODELS_TIME)
		day_put(&b, c->n);
	else if (c->kind == MODELS_NUMBER)
		json_put_double(&b, c->d);
	else {
		if (c->critical)
			buf_puts(&b, c->n != 0 ? "critical," : "critical");
		put_flags(&b, c->n, ",", flag_name);
		out_mark(o, c->critical ? OUT_BAD : OUT_PLAIN);
	}
	if (b.len > 0)
		out_text(o, key, key, b.data, b.len);
	else
		out_null(o, key, key);
	buf_free(&b);
}

static void
out_flags(struct out *o, const char *key, int64_t flags)
{
	out_list(o, key, NULL);
	for (int f = 0; f < RISK_FLAG_MAX; f++)
		if (flags & RISK_BIT(f))
			out_item(o, flag_name((enum risk_flag)f));
	out_list_end(o);
}

static void
out_bool_marked(struct out *o, enum models_column column, bool is)
{
	const char *key = models_columns[column].key;

	if (is && column == MODELS_CRITICAL)
		out_mark(o, OUT_BAD);
	else if (is && column == MODELS_WARNING)
		out_mark(o, OUT_WARN);
	out_bool(o, key, key, is);
}

void
models_cell_out(struct out *o, enum out_format format, enum models_column column,
    const struct models_cell *c)
{
	const char *key = models_columns[column].key;

	switch (c->kind) {
	case MODELS_NULL:
		out_null(o, key, key);
		break;
	case MODELS_TEXT:
		out_text(o, key, key, c->text.p, c->text.len);
		break;
	case MODELS_INT:
		out_int(o, key, key, c->n);
		break;
	case MODELS_BOOL:
		out_bool_marked(o, column, c->n);
		break;
	case MODELS_NUMBER:
	case MODELS_TIME:
	case MODELS_FLAG_SET:
		if (format == OUT_TABLE)
			out_screen_words(o, key, c);
		else if (c->kind == MODELS_NUMBER)
			out_number(o, key, key, c->d);
		else if (c->kind == MODELS_TIME)
			out_time(o, key, key, published_wall(c->n));
		else
			out_flags(o, key, c->n);
		break;
	}
}

void
models_cell_csv(struct buf *b, const struct models_cell *c)
{
	switch (c->kind) {
	case MODELS_NULL:
		break;
	case MODELS_TEXT:
		csv_put_text(b, c->text);
		break;
	case MODELS_INT:
		csv_put_int(b, c->n);
		break;
	case MODELS_NUMBER:
		csv_put_double(b, c->d);
		break;
	case MODELS_BOOL:
		csv_put_bool(b, c->n);
		break;
	case MODELS_TIME:
		csv_put_time(b, c->n);
		break;
	case MODELS_FLAG_SET: /* no comma: the cell needs no quotes */
		put_flags(b, c->n, " ", flag_name);
		break;
	}
}

void
models_cell_markdown(struct buf *b, const struct models_cell *c)
{
	size_t from = b->len;

	switch (c->kind) {
	case MODELS_NULL:
		break;
	case MODELS_TEXT:
		markdown_put_name(b, c->text);
		break;
	case MODELS_INT:
		json_put_int(b, c->n);
		break;
	case MODELS_NUMBER:
		json_put_double(b, c->d);
		break;
	case MODELS_BOOL:
		buf_puts(b, c->n ? "yes" : "no");
		break;
	case MODELS_TIME:
		markdown_put_day(b, c->n);
		break;
	case MODELS_FLAG_SET:
		put_flags(b, c->n, ", ", flag_words);
		break;
	}
	if (b->len == from)
		buf_puts(b, "–");
}
