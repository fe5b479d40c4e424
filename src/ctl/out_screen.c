/* The document for people: running lines, aligned lines, tables. Off a terminal a cell
 * ends at a tab instead, and nothing is cut. */
#include <libsmartcols.h>

#include <err.h>
#include <stdlib.h>
#include <sysexits.h>
#include <wchar.h>

#include "base/mem.h"
#include "ctl/out_node.h"

#define INDENT 2

struct screen {
	const struct out *out;
	size_t width;
	bool padded; /* for people; else for programs that read lines */
	struct buf *buf;
};

static const char *const mark_sgr[] = {
	[OUT_PLAIN] = NULL,
	[OUT_GOOD] = "\033[32m",
	[OUT_WARN] = "\033[33m",
	[OUT_BAD] = "\033[1;31m",
	[OUT_DIM] = "\033[2m",
};
#define SGR_BOLD "\033[1m"
#define SGR_END "\033[0m"

static void
put_in(const struct screen *s, const char *sgr, const char *text)
{
	bool coloured = sgr != NULL && s->out->ctl->colour;

	if (coloured)
		buf_puts(s->buf, sgr);
	buf_puts(s->buf, text);
	if (coloured)
		buf_puts(s->buf, SGR_END);
}

static void
put_marked(const struct screen *s, const struct out_node *n)
{
	put_in(s, mark_sgr[n->mark], n->screen);
}

static void
put_blanks(const struct screen *s, size_t n)
{
	memset(buf_reserve(s->buf, n), ' ', n);
	s->buf->len += n;
}

/* Columns that a text takes; of one that the locale cannot say, its bytes. */
static size_t
text_width(const char *text)
{
	size_t len = strlen(text), n;
	wchar_t *wide = xreallocarray(NULL, len + 1, sizeof(*wide));
	int width = -1;

	n = mbstowcs(wide, text, len + 1);
	if (n != (size_t)-1)
		width = wcswidth(wide, n);
	free(wide);
	return width == -1 ? len : (size_t)width;
}

static bool
is_shown(const struct out_node *n)
{
	return n->kind != OUT_VALUE || n->title != NULL;
}

/* A text whose lines end at blanks, from column `at` on; they begin at `lead`. Returns
 * the column behind it. */
static size_t
put_wrapped(const struct screen *s, const char *text, size_t at, size_t lead)
{
	size_t len, width;
	char word[256];

	for (bool first = true; *text != '\0'; first = false) {
		len = strcspn(text, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		width = text_width(word);
		if (!first && at + 1 + width > s->width) {
			buf_putc(s->buf, '\n');
			put_blanks(s, lead);
			at = lead;
		} else if (!first) {
			buf_putc(s->buf, ' ');
			at++;
		}
		buf_add(s->buf, text, len);
		at += width;
		text += len + (text[len] == ' ');
	}
	return at;
}

/* Room between `lead` and the end of a line. */
static size_t
line_room(const struct screen *s, size_t lead)
{
	return s->width > lead ? s->width - lead : 0;
}

/* One of many on a line: not broken unless it takes more than one. */
static size_t
put_item(const struct screen *s, const struct out_node *n, size_t at, size_t lead,
    bool first)
{
	size_t width =
	    text_width(n->title) + (n->title[0] != '\0') + text_width(n->screen);

	if (!first)
		buf_putc(s->buf, ',');
	if (!first && at + 2 + width + 1 > s->width) {
		buf_putc(s->buf, '\n');
		put_blanks(s, lead);
		at = lead;
	} else if (!first) {
		buf_putc(s->buf, ' ');
		at += 2;
	}
	buf_puts(s->buf, n->title);
	if (n->title[0] != '\0')
		buf_putc(s->buf, ' ');
	if (width > line_room(s, lead))
		return put_wrapped(s, n->screen, at, lead);
	put_marked(s, n);
	return at + width;
}

/* Items with commas between them, as many on a line as it takes; those that follow
 * begin below the first one. */
static void
put_running(const struct screen *s, const struct out_node *group, size_t lead)
{
	const struct out_node *n;
	size_t at = lead;
	bool first = true;

	for (n = group->first; n != NULL; n = n->next) {
		if (n->kind != OUT_VALUE || !is_shown(n))
			continue;
		at = put_item(s, n, at, lead, first);
		first = false;
	}
	buf_putc(s->buf, '\n');
}

/* The widest heading of the lines among the children of n. */
static size_t
heading_lead(const struct out_node *n)
{
	const struct out_node *child;
	size_t lead = 0, width;

	for (child = n->first; child != NULL; child = child->next)
		if ((child->kind == OUT_LINE || child->kind == OUT_SAID) &&
		    child->title != NULL && (width = text_width(child->title)) > lead)
			lead = width;
	return lead + INDENT;
}

/* Returns the column behind it. */
static size_t
put_heading(const struct screen *s, const struct out_node *n)
{
	size_t lead = heading_lead(n->parent);

	put_in(s, n->mark != OUT_PLAIN ? mark_sgr[n->mark] : SGR_BOLD, n->title);
	if (!s->padded) {
		buf_putc(s->buf, '\t');
		return 0;
	}
	put_blanks(s, lead - text_width(n->title));
	return lead;
}

static void
put_line(const struct screen *s, const struct out_node *n)
{
	if (n->title != NULL)
		put_running(s, n, put_heading(s, n));
}

static void
put_said(const struct screen *s, const struct out_node *n)
{
	size_t lead = put_heading(s, n);

	(void)put_wrapped(s, n->screen, lead, lead);
	buf_putc(s->buf, '\n');
}

static const struct out_node *
row_cell(const struct out_node *row, const char *key)
{
	const struct out_node *n;

	for (n = row->first; n != NULL; n = n->next)
		if (n->kind == OUT_VALUE && strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

static size_t
column_width(const struct out_node *table, const struct out_column *c)
{
	size_t most = text_width(c->title), width;
	const struct out_node *row, *cell;

	for (row = table->first; row != NULL; row = row->next)
		if ((cell = row_cell(row, c->key)) != NULL &&
		    (width = text_width(cell->screen)) > most)
			most = width;
	return most;
}

/* Which columns there is room for: of those that can be spared the last goes first. A
 * column that may be cut is counted with its heading and little more. */
static void
columns_choose(const struct screen *s, const struct out_node *table, bool *shown)
{
	size_t i, total = 0, width;
	size_t *widths = xcalloc(table->ncolumns, sizeof(*widths));
	const struct out_column *c;

	for (i = 0; i < table->ncolumns; i++) {
		c = &table->column[i];
		shown[i] = (c->flags & OUT_HIDDEN) == 0;
		if (!shown[i] || !s->padded)
			continue;
		width = column_width(table, c);
		if ((c->flags & OUT_CUT) != 0 && width > 16)
			width = 16;
		widths[i] = width + 1;
		total += widths[i];
	}
	for (i = table->ncolumns; i > 0 && total > s->width + 1; i--)
		if (shown[i - 1] && (table->column[i - 1].flags & OUT_SPARE) != 0) {
			shown[i - 1] = false;
			total -= widths[i - 1];
		}
	free(widths);
}

static void
put_tabbed(const struct screen *s, const struct out_node *table, const bool *shown)
{
	const struct out_node *row, *cell;
	const char *lead = "";
	size_t i;

	for (i = 0; i < table->ncolumns; i++)
		if (shown[i]) {
			buf_printf(s->buf, "%s%s", lead, table->column[i].title);
			lead = "\t";
		}
	buf_putc(s->buf, '\n');
	for (row = table->first; row != NULL; row = row->next) {
		lead = "";
		for (i = 0; i < table->ncolumns; i++)
			if (shown[i]) {
				cell = row_cell(row, table->column[i].key);
				buf_printf(s->buf, "%s%s", lead,
				    cell != NULL ? cell->screen : "-");
				lead = "\t";
			}
		buf_putc(s->buf, '\n');
	}
}

/* scols: ends the program when a call of libsmartcols fails, which is for memory. */
static void *
scols_have(void *made)
{
	if (made == NULL)
		err(EX_OSERR, "cannot make a table");
	return made;
}

static void
scols_need(int rc)
{
	if (rc != 0)
		errc(EX_OSERR, -rc, "cannot make a table");
}

static void
grid_add_columns(struct libscols_table *grid, const struct screen *s,
    const struct out_node *table, const bool *shown)
{
	struct libscols_column *column;
	const struct out_column *c;
	int flags;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (!shown[i])
			continue;
		c = &table->column[i];
		flags = (c->flags & OUT_RIGHT ? SCOLS_FL_RIGHT : 0) |
			(c->flags & OUT_CUT ? SCOLS_FL_TRUNC : 0);
		column = scols_have(scols_table_new_column(
		    grid, c->title, (double)column_width(table, c), flags));
		if (s->out->ctl->colour)
			scols_need(scols_cell_set_color(
			    scols_column_get_header(column), SGR_BOLD));
	}
}

static void
grid_add_row(struct libscols_table *grid, const struct screen *s,
    const struct out_node *table, const struct out_node *row, const bool *shown)
{
	struct libscols_line *line = scols_have(scols_table_new_line(grid, NULL));
	const struct out_node *cell;
	size_t at = 0;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (!shown[i])
			continue;
		cell = row_cell(row, table->column[i].key);
		scols_need(
		    scols_line_set_data(line, at, cell != NULL ? cell->screen : "-"));
		if (cell != NULL && mark_sgr[cell->mark] != NULL && s->out->ctl->colour)
			scols_need(scols_cell_set_color(
			    scols_line_get_cell(line, at), mark_sgr[cell->mark]));
		at++;
	}
}

static void
put_grid(const struct screen *s, const struct out_node *table, const bool *shown)
{
	struct libscols_table *grid = scols_have(scols_new_table());
	const struct out_node *row;
	char *text = NULL;

	scols_need(scols_table_enable_colors(grid, s->out->ctl->colour));
	scols_need(scols_table_set_termforce(grid, SCOLS_TERMFORCE_ALWAYS));
	scols_need(scols_table_set_termwidth(grid, s->width));
	grid_add_columns(grid, s, table, shown);
	for (row = table->first; row != NULL; row = row->next)
		grid_add_row(grid, s, table, row, shown);
	scols_need(scols_print_table_to_string(grid, &text));
	buf_puts(s->buf, text);
	if (s->buf->len > 0 && s->buf->data[s->buf->len - 1] != '\n')
		buf_putc(s->buf, '\n');
	free(text);
	scols_unref_table(grid);
}

/* What follows something is set apart from it. */
static void
put_gap(const struct screen *s)
{
	if (s->padded && s->buf->len > 0)
		buf_putc(s->buf, '\n');
}

static void
put_table(const struct screen *s, const struct out_node *table)
{
	bool *shown;

	if (table->title == NULL || table->first == NULL)
		return;
	shown = xcalloc(table->ncolumns, sizeof(*shown));
	columns_choose(s, table, shown);
	put_gap(s);
	if (table->title[0] != '\0') {
		put_in(s, SGR_BOLD, table->title);
		buf_putc(s->buf, '\n');
	}
	if (s->padded)
		put_grid(s, table, shown);
	else
		put_tabbed(s, table, shown);
	free(shown);
}

static void
put_texts(const struct screen *s, const struct out_node *list)
{
	const struct out_node *n;

	if (list->title == NULL || list->first == NULL)
		return;
	put_gap(s);
	put_in(s, SGR_BOLD, list->title);
	buf_putc(s->buf, '\n');
	for (n = list->first; n != NULL; n = n->next) {
		put_blanks(s, INDENT);
		put_marked(s, n);
		buf_putc(s->buf, '\n');
	}
}

/* The widest title of the values of a group. */
static size_t
title_lead(const struct out_node *group)
{
	const struct out_node *n;
	size_t lead = 0, width;

	for (n = group->first; n != NULL; n = n->next)
		if (n->kind == OUT_VALUE && is_shown(n) &&
		    (width = text_width(n->title)) > lead)
			lead = width;
	return lead + INDENT;
}

static void
put_value(const struct screen *s, const struct out_node *n, size_t lead, size_t indent)
{
	if (!is_shown(n))
		return;
	put_blanks(s, s->padded ? indent : 0);
	if (n->title[0] != '\0') {
		buf_puts(s->buf, n->title);
		if (s->padded)
			put_blanks(s, lead - text_width(n->title));
		else
			buf_putc(s->buf, '\t');
	}
	put_marked(s, n);
	buf_putc(s->buf, '\n');
}

static void
put_group(const struct screen *s, const struct out_node *group, size_t indent)
{
	size_t lead = title_lead(group);
	const struct out_node *n;

	for (n = group->first; n != NULL; n = n->next)
		switch (n->kind) {
		case OUT_VALUE:
			put_value(s, n, lead, indent);
			break;
		case OUT_NOTE:
			put_marked(s, n);
			buf_putc(s->buf, '\n');
			break;
		case OUT_SAID:
			put_said(s, n);
			break;
		case OUT_LINE:
			put_line(s, n);
			break;
		case OUT_ROWS:
			put_table(s, n);
			break;
		case OUT_TEXTS:
			put_texts(s, n);
			break;
		case OUT_GROUP:
			if (n->title != NULL) {
				put_gap(s);
				put_in(s, SGR_BOLD, n->title);
				buf_putc(s->buf, '\n');
			}
			put_group(s, n, n->title != NULL ? indent + INDENT : indent);
			break;
		case OUT_ROW:
			break;
		}
}

void
out_screen(const struct out *o, size_t width, struct buf *buf)
{
	const struct screen s = { o, width,
		o->ctl->terminal || getenv("COLUMNS") != NULL, buf };

	put_group(&s, o->root, 0);
}
