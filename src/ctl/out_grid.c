/* Tables: by libsmartcols, or off a terminal a tab behind each cell. */
#include <libsmartcols.h>

#include <err.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/mem.h"
#include "ctl/out_node.h"
#include "ctl/out_screen.h"

#define CUT_WIDTH 32 /* of columns that may be cut, before others are left out */

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
	size_t most = out_screen_width(c->title), width;
	const struct out_node *row, *cell;

	for (row = table->first; row != NULL; row = row->next)
		if ((cell = row_cell(row, c->key)) != NULL &&
		    (width = out_screen_width(cell->screen)) > most)
			most = width;
	return most;
}

/* Which columns there is room for: of those that can be spared the last goes first. A
 * column that may be cut is counted with CUT_WIDTH at most. */
static void
columns_choose(const struct out_screen *s, const struct out_node *table, bool *shown)
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
		if ((c->flags & OUT_CUT) != 0 && width > CUT_WIDTH)
			width = CUT_WIDTH;
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
put_tabbed(const struct out_screen *s, const struct out_node *table, const bool *shown)
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

/* The most that a column may have that may be cut. */
static size_t
cut_share(const struct out_screen *s, const struct out_node *table, const bool *shown)
{
	size_t *needs = xcalloc(table->ncolumns, sizeof(*needs)), n = 0,
	       room = s->width + 1; /* nothing is behind the last one */
	size_t width, share;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (!shown[i])
			continue;
		width = column_width(table, &table->column[i]);
		if ((table->column[i].flags & OUT_CUT) != 0) {
			needs[n++] = width;
			width = 0;
		}
		room = room > width + 1 ? room - width - 1 : 0;
	}
	share = out_share(needs, n, room);
	free(needs);
	return share;
}

static void
grid_add_columns(struct libscols_table *grid, const struct out_screen *s,
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
		column = scols_have(scols_table_new_column(grid, c->title, 0, flags));
		if (s->out->ctl->colour)
			scols_need(scols_cell_set_color(
			    scols_column_get_header(column), OUT_SGR_BOLD));
	}
}

/* What stands in a cell; share: of a column that may be cut, which has room for its
 * heading all the same. b is for a text that is cut. */
static const char *
cell_text(const struct out_column *c, const struct out_node *cell, size_t share,
    struct buf *b)
{
	size_t heading = out_screen_width(c->title);

	if (cell == NULL)
		return "-";
	if ((c->flags & OUT_CUT) == 0)
		return cell->screen;
	b->len = 0;
	out_screen_cut(cell->screen, share > heading ? share : heading, b);
	buf_putc(b, '\0');
	return b->data;
}

static void
grid_add_row(struct libscols_table *grid, const struct out_screen *s,
    const struct out_node *table, const struct out_node *row, const bool *shown,
    size_t share)
{
	struct libscols_line *line = scols_have(scols_table_new_line(grid, NULL));
	const struct out_node *cell;
	struct buf b = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (!shown[i])
			continue;
		cell = row_cell(row, table->column[i].key);
		scols_need(scols_line_set_data(
		    line, at, cell_text(&table->column[i], cell, share, &b)));
		if (cell != NULL && out_screen_sgr(cell->mark) != NULL &&
		    s->out->ctl->colour)
			scols_need(scols_cell_set_color(
			    scols_line_get_cell(line, at), out_screen_sgr(cell->mark)));
		at++;
	}
	buf_free(&b);
}

static void
put_grid(const struct out_screen *s, const struct out_node *table, const bool *shown)
{
	struct libscols_table *grid = scols_have(scols_new_table());
	size_t share = cut_share(s, table, shown);
	const struct out_node *row;
	char *text = NULL;

	scols_need(scols_table_enable_colors(grid, s->out->ctl->colour));
	scols_need(scols_table_set_termforce(grid, SCOLS_TERMFORCE_ALWAYS));
	scols_need(scols_table_set_termwidth(grid, s->width));
	grid_add_columns(grid, s, table, shown);
	for (row = table->first; row != NULL; row = row->next)
		grid_add_row(grid, s, table, row, shown, share);
	scols_need(scols_print_table_to_string(grid, &text));
	buf_puts(s->buf, text);
	if (s->buf->len > 0 && s->buf->data[s->buf->len - 1] != '\n')
		buf_putc(s->buf, '\n');
	free(text);
	scols_unref_table(grid);
}

void
out_grid(const struct out_screen *s, const struct out_node *table)
{
	bool *shown = xcalloc(table->ncolumns, sizeof(*shown));

	columns_choose(s, table, shown);
	if (s->padded)
		put_grid(s, table, shown);
	else
		put_tabbed(s, table, shown);
	free(shown);
}
