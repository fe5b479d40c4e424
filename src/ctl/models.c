/* The models of a category: which, in which order, in which columns, as what. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ctl/commands.h"
#include "ctl/models_cell.h"
#include "ctl/print.h"
#include "ctl/published.h"
#include "lists/csv.h"
#include "terms/preset.h"

/* What is asked for. */
struct models {
	const char *category;
	int preset;              /* -1: none */
	enum view_format format; /* FORMAT_JSON: that of struct ctl */
	int sort;                /* a column; -1: the answer's order */
	bool descending;
	uint32_t limit;
	enum models_column column[MODELS_COLUMN_MAX];
	size_t ncolumns;
	bool chosen; /* columns were asked for */
};

/* A row to be sorted. */
struct models_row {
	uint32_t row;
	struct models_cell key;
};

enum {
	OPTION_PRESET = 256,
	OPTION_SORT,
	OPTION_LIMIT,
	OPTION_COLUMNS,
	OPTION_CSV,
	OPTION_MARKDOWN,
};

static const struct option models_options[] = {
	{ "preset", required_argument, NULL, OPTION_PRESET },
	{ "sort", required_argument, NULL, OPTION_SORT },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "columns", required_argument, NULL, OPTION_COLUMNS },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "markdown", no_argument, NULL, OPTION_MARKDOWN },
	{ 0 },
};

static void
say_columns(const char *option, struct str name)
{
	fprintf(stderr, "hydratorctl: --%s %.*s: no column, or several; there are",
	    option, (int)name.len, name.p);
	for (int i = 0; i < MODELS_COLUMN_MAX; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",",
		    models_column((enum models_column)i)->key);
	fputc('\n', stderr);
}

static bool
take_preset(struct models *m, const char *arg)
{
	m->preset = preset_find(arg, strlen(arg));
	if (m->preset != -1)
		return true;
	fprintf(stderr, "hydratorctl: --preset %s: there are", arg);
	for (int i = 0; i < PRESET_MAX; i++)
		fprintf(
		    stderr, "%s %s", i == 0 ? "" : ",", preset_name((enum preset)i));
	fputc('\n', stderr);
	return false;
}

/* "-usage_month": the largest first. */
static bool
take_sort(struct models *m, const char *arg)
{
	m->descending = arg[0] == '-';
	if (m->descending)
		arg++;
	m->sort = models_column_find((struct str){ arg, strlen(arg) });
	if (m->sort == -1)
		say_columns("sort", (struct str){ arg, strlen(arg) });
	return m->sort != -1;
}

static bool
take_columns(struct models *m, const char *arg)
{
	size_t len;
	int column;

	m->ncolumns = 0;
	m->chosen = true;
	for (;; arg += len + 1) {
		len = strcspn(arg, ",");
		column = models_column_find((struct str){ arg, len });
		if (column == -1) {
			say_columns("columns", (struct str){ arg, len });
			return false;
		}
		if (m->ncolumns == MODELS_COLUMN_MAX)
			errx(EX_USAGE, "--columns: more than there are");
		m->column[m->ncolumns++] = (enum models_column)column;
		if (arg[len] == '\0')
			return true;
	}
}

static bool
take_limit(struct models *m, const char *arg)
{
	const char *bad;

	m->limit = (uint32_t)strtonum(arg, 1, UINT32_MAX, &bad);
	if (bad != NULL)
		fprintf(stderr, "hydratorctl: --limit %s: %s\n", arg, bad);
	return bad == NULL;
}

static bool
models_take_option(struct models *m, int c)
{
	switch (c) {
	case OPTION_PRESET:
		return take_preset(m, optarg);
	case OPTION_SORT:
		return take_sort(m, optarg);
	case OPTION_LIMIT:
		return take_limit(m, optarg);
	case OPTION_COLUMNS:
		return take_columns(m, optarg);
	case OPTION_CSV:
		m->format = FORMAT_CSV;
		return true;
	case OPTION_MARKDOWN:
		m->format = FORMAT_MARKDOWN;
		return true;
	default:
		return false;
	}
}

static int
models_take_options(const struct ctl *ctl, struct models *m, int argc, char *argv[])
{
	int c;

	*m = (struct models){ .preset = -1, .sort = -1, .limit = UINT32_MAX };
	for (; m->ncolumns < MODELS_COLUMN_MAX; m->ncolumns++)
		m->column[m->ncolumns] = (enum models_column)m->ncolumns;
	while ((c = getopt_long(argc, argv, "", models_options, NULL)) != -1)
		if (!models_take_option(m, c))
			return ctl_usage(argv[0], NULL);
	if (argc - optind != 1)
		return ctl_usage(argv[0], "needs one category");
	if (m->format != FORMAT_JSON && ctl->format != OUT_TABLE)
		return ctl_usage(argv[0], "one format at a time");
	m->category = argv[optind];
	return 0;
}

/* Null stands last in either direction; equal ones keep the order of the answer. */
static int
compare_rows(const struct models_row *x, const struct models_row *y, int direction)
{
	bool none_x = x->key.kind == MODELS_NULL, none_y = y->key.kind == MODELS_NULL;
	int way;

	if (none_x != none_y)
		return none_x ? 1 : -1;
	way = none_x ? 0 : direction * models_cell_compare(&x->key, &y->key);
	if (way == 0)
		way = x->row < y->row ? -1 : x->row > y->row;
	return way;
}

static int
compare_up(const void *x, const void *y)
{
	return compare_rows(x, y, 1);
}

static int
compare_down(const void *x, const void *y)
{
	return compare_rows(x, y, -1);
}

/* The rows that are asked for; *n: how many match, of which the limit leaves some. To
 * be freed. */
static struct models_row *
choose_rows(const struct published *p, const struct models *m, uint32_t *n)
{
	const struct view *v = &p->directory->views[VIEW_RISK];
	const struct view_row *rows = (const void *)(p->snapshot->data + v->rows);
	struct models_row *chosen =
	    xcalloc(v->nrows > 0 ? v->nrows : 1, sizeof(*chosen));

	*n = 0;
	for (uint32_t i = 0; i < v->nrows; i++) {
		if (m->preset != -1 && !(rows[i].presets >> m->preset & 1))
			continue;
		chosen[*n].row = i;
		if (m->sort != -1)
			chosen[*n].key = models_cell(p, i, (enum models_column)m->sort);
		++*n;
	}
	if (m->sort != -1)
		qsort(chosen, *n, sizeof(*chosen),
		    m->descending ? compare_down : compare_up);
	return chosen;
}

static uint32_t
shown(const struct models *m, uint32_t n)
{
	return n < m->limit ? n : m->limit;
}

static void
print_rows(const struct ctl *ctl, const struct published *p, const struct models *m,
    const struct models_row *rows, uint32_t n)
{
	struct out_column columns[MODELS_COLUMN_MAX];
	struct out *o = out_open(ctl, stdout, "models", 1);
	struct models_cell cell;
	size_t k;

	for (k = 0; k < m->ncolumns; k++) {
		columns[k] = *models_column(m->column[k]);
		if (m->chosen)
			columns[k].flags &= ~(OUT_SPARE | OUT_HIDDEN);
	}
	out_string(o, "category", NULL, m->category);
	out_int(o, "generation", NULL, (int64_t)p->snapshot->generation);
	out_span(o, "age", NULL, published_age(p, PART_DELETION_RISK));
	out_int(o, "total", NULL, p->directory->views[VIEW_RISK].nrows);
	out_int(o, "matching", NULL, n);
	out_table(o, "models", "", columns, m->ncolumns);
	for (uint32_t i = 0; i < shown(m, n); i++) {
		out_row(o);
		for (k = 0; k < m->ncolumns; k++) {
			cell = models_cell(p, rows[i].row, m->column[k]);
			models_cell_out(o, ctl->format, m->column[k], &cell);
		}
	}
	out_table_end(o);
	if (ctl->terminal && n == 0)
		out_note(o, "none");
	out_close(&o);
}

static void
put_csv(struct buf *b, const struct published *p, const struct models *m,
    const struct models_row *rows, uint32_t n)
{
	struct models_cell cell;
	size_t k;

	for (k = 0; k < m->ncolumns; k++)
		buf_printf(
		    b, "%s%s", k > 0 ? "," : "", models_column(m->column[k])->key);
	buf_puts(b, CSV_END);
	for (uint32_t i = 0; i < shown(m, n); i++) {
		for (k = 0; k < m->ncolumns; k++) {
			cell = models_cell(p, rows[i].row, m->column[k]);
			if (k > 0)
				buf_putc(b, ',');
			models_cell_csv(b, &cell);
		}
		buf_puts(b, CSV_END);
	}
}

static void
put_markdown(struct buf *b, const struct published *p, const struct models *m,
    const struct models_row *rows, uint32_t n)
{
	const struct out_column *column;
	struct models_cell cell;
	size_t k;

	for (k = 0; k < m->ncolumns; k++)
		buf_printf(b, "| %s ", models_column(m->column[k])->key);
	buf_puts(b, "|\n");
	for (k = 0; k < m->ncolumns; k++) {
		column = models_column(m->column[k]);
		buf_puts(b, column->flags & OUT_RIGHT ? "|--:" : "|---");
	}
	buf_puts(b, "|\n");
	for (uint32_t i = 0; i < shown(m, n); i++) {
		for (k = 0; k < m->ncolumns; k++) {
			cell = models_cell(p, rows[i].row, m->column[k]);
			buf_puts(b, "| ");
			models_cell_markdown(b, &cell);
			buf_putc(b, ' ');
		}
		buf_puts(b, "|\n");
	}
}

/* What is printed in the payload already: its head, these rows of it, its foot. */
static void
put_ready(struct buf *b, const struct published *p, const struct models *m,
    const struct models_row *rows, uint32_t n)
{
	const struct view *v = &p->directory->views[VIEW_RISK];
	const struct view_text *t = &v->texts[m->format];
	const char *data = p->snapshot->data;
	const uint64_t *at = (const void *)(data + t->rows);
	uint64_t end = t->body.off + t->body.len;

	buf_add(b, data + t->body.off, at[0] - t->body.off);
	for (uint32_t i = 0; i < shown(m, n); i++)
		buf_add(
		    b, data + at[rows[i].row], at[rows[i].row + 1] - at[rows[i].row]);
	buf_add(b, data + at[v->nrows], end - at[v->nrows]);
}

static void
print_list(const struct ctl *ctl, const struct published *p, const struct models *m,
    const struct models_row *rows, uint32_t n)
{
	bool ready = p->directory->views[VIEW_RISK].texts[m->format].body.len > 0;
	struct buf b = { 0 };

	if (ready && !m->chosen)
		put_ready(&b, p, m, rows, n);
	else if (m->format == FORMAT_CSV)
		put_csv(&b, p, m, rows, n);
	else
		put_markdown(&b, p, m, rows, n);
	print_text(ctl, (struct str){ b.data, b.len });
	print_flush();
	buf_free(&b);
}

int
ctl_models(const struct ctl *ctl, int argc, char *argv[])
{
	struct models_row *rows;
	struct published p;
	struct models m;
	int status;
	uint32_t n;

	if ((status = models_take_options(ctl, &m, argc, argv)) != 0 ||
	    (status = published_open(ctl, m.category, &p)) != 0)
		return status;
	if (published_has_models(&p)) {
		rows = choose_rows(&p, &m, &n);
		if (m.format == FORMAT_JSON)
			print_rows(ctl, &p, &m, rows, n);
		else
			print_list(ctl, &p, &m, rows, n);
		free(rows);
	} else
		status = CTL_NOT_SERVING;
	published_close(&p);
	return status;
}
