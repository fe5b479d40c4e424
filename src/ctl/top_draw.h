/* The terminal of top, by ncurses: text in cells, tables, keys. One a process. */
#ifndef CTL_TOP_DRAW_H
#define CTL_TOP_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "ctl/out.h"
#include "ctl/top_view.h"

/* The first ones are those of enum out_mark. */
enum top_style {
	TOP_PLAIN = OUT_PLAIN,
	TOP_GOOD = OUT_GOOD,
	TOP_WARN = OUT_WARN,
	TOP_BAD = OUT_BAD,
	TOP_DIM = OUT_DIM,
	TOP_BOLD,
	TOP_BAR, /* reversed */
	TOP_STYLES
};

/* Takes the terminal over. Returns false with a line on standard error: it is none, or
 * is not known (TERM). */
bool top_draw_open(bool colour) MUST_CHECK;
/* Gives it back as it was; a second time is fine. */
void top_draw_close(void);

#define TOP_NO_KEY (-1)
/* The next key that was pressed, as for top_view_press(), or TOP_NO_KEY. */
int top_draw_key(void);

/* Characters of the screen now, at least one. */
int top_draw_rows(void);
int top_draw_columns(void);

/* What is drawn between these is shown at the second. */
void top_draw_begin(void);
void top_draw_end(void);

/* Puts a text of any bytes at a place, cut at the end of the screen; width > 0: and cut
 * or padded to so many columns. Returns the column behind it. */
int top_draw_text(int y, int x, int width, enum top_style, const char *text);

struct top_column {
	const char *title;
	int width; /* columns; 0: of the last one, the rest of the screen */
	bool right;
	int from; /* it is there on screens of so many columns */
};

struct top_cell {
	enum top_style style;
	char text[512]; /* "": nothing */
};

/* A line of n columns, each as wide as it says, from the left end on; columns for which
 * the screen is too narrow are left out. The head has their titles, a row has a cell
 * for each of the n, left out or not. */
void top_draw_head(int y, const struct top_column *, size_t n);
void top_draw_row(int y, const struct top_column *, size_t n, const struct top_cell *);

#endif
