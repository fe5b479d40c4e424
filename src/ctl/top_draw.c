/* Texts come from the segment, so no byte of them reaches the terminal unless its
 * locale says that it is a character with a width. */
#include "ctl/top_draw.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <ncurses.h>

#define CELLS_MAX 512  /* of a screen's line; what is wider stays empty */
#define ESCAPE_WAIT 25 /* milliseconds for the rest of a key's sequence */

static SCREEN *screen;

static void
use_colours(void)
{
	if (!has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	init_pair(TOP_GOOD, COLOR_GREEN, -1);
	init_pair(TOP_WARN, COLOR_YELLOW, -1);
	init_pair(TOP_BAD, COLOR_RED, -1);
}

/* Whether text can be put at a place: ncurses takes terminals where it cannot. */
static bool
can_be_drawn_on(void)
{
	const char *move_to = tigetstr("cup");

	return move_to != NULL && move_to != (const char *)-1;
}

bool
top_draw_open(bool colour)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		warnx("top needs a terminal; top --batch prints plain samples");
		return false;
	}
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL || !can_be_drawn_on()) {
		top_draw_close();
		warnx("TERM is of no terminal that can be drawn on; top --batch needs "
		      "none");
		return false;
	}
	set_escdelay(ESCAPE_WAIT);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	if (colour)
		use_colours();
	return true;
}

void
top_draw_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

int
top_draw_key(void)
{
	static const struct {
		int code;
		enum top_key key;
	} keys[] = {
		{ KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN },
		{ KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END },
		{ KEY_BTAB, TOP_KEY_BACK_TAB },
	};
	wint_t c;
	int kind = get_wch(&c);
	size_t i;

	if (kind == OK)
		return c == 0x1b ? (int)TOP_KEY_ESCAPE : (int)c;
	if (kind != KEY_CODE_YES)
		return TOP_NO_KEY;
	for (i = 0; i < NELEM(keys); i++)
		if ((int)c == keys[i].code)
			return (int)keys[i].key;
	return 0; /* such as KEY_RESIZE: nothing, but there may be more */
}

int
top_draw_rows(void)
{
	return LINES > 0 ? LINES : 1;
}

int
top_draw_columns(void)
{
	return COLS > 0 ? COLS : 1;
}

void
top_draw_begin(void)
{
	erase();
}

void
top_draw_end(void)
{
	refresh();
}

static void
use_style(enum top_style style)
{
	static const attr_t attributes[TOP_STYLES] = {
		[TOP_BAD] = A_BOLD,
		[TOP_DIM] = A_DIM,
		[TOP_BOLD] = A_BOLD,
		[TOP_BAR] = A_REVERSE,
	};

	attr_set(attributes[style], style <= TOP_BAD ? (short)style : 0, NULL);
}

/* As many characters of a text as room columns show. Returns how many columns. */
static int
take_characters(const char *text, int room, wchar_t out[CELLS_MAX])
{
	const char *end = text + strlen(text);
	mbstate_t state = { 0 };
	int used = 0, width, n = 0;
	size_t len;
	wchar_t c;

	while (text < end && n < CELLS_MAX - 1) {
		len = mbrtowc(&c, text, (size_t)(end - text), &state);
		if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
			memset(&state, 0, sizeof(state));
			len = 1;
			c = L'?';
		}
		if ((width = wcwidth(c)) < 0) {
			c = L'?';
			width = 1;
		}
		if (used + width > room)
			break;
		out[n++] = c;
		used += width;
		text += len;
	}
	out[n] = L'\0';
	return used;
}

static int
draw_aligned(
    int y, int x, int width, bool right, enum top_style style, const char *text)
{
	int room = top_draw_columns() - x, used, blanks;
	wchar_t out[CELLS_MAX];

	if (y < 0 || y >= top_draw_rows() || room <= 0)
		return x;
	if (width > 0 && width < room)
		room = width;
	used = take_characters(text, room, out);
	blanks = width > 0 ? room - used : 0;
	use_style(style);
	mvaddwstr(y, x + (right ? blanks : 0), out);
	for (int i = 0; i < blanks; i++)
		mvaddch(y, x + (right ? 0 : used) + i, ' ');
	use_style(TOP_PLAIN);
	return x + used + blanks;
}

int
top_draw_text(int y, int x, int width, enum top_style style, const char *text)
{
	return draw_aligned(y, x, width, false, style, text);
}

/* One blank stands between columns. */
static int
width_at(const struct top_column *c, int x)
{
	return c->width > 0 ? c->width : top_draw_columns() - x;
}

void
top_draw_head(int y, const struct top_column *columns, size_t n)
{
	int x = 0;
	size_t i;

	top_draw_text(y, 0, top_draw_columns(), TOP_BAR, "");
	for (i = 0; i < n; i++) {
		if (top_draw_columns() < columns[i].from)
			continue;
		x = draw_aligned(y, x, width_at(&columns[i], x), columns[i].right,
			TOP_BAR, columns[i].title) +
		    1;
	}
}

void
top_draw_row(
    int y, const struct top_column *columns, size_t n, const struct top_cell *cells)
{
	int x = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (top_draw_columns() < columns[i].from)
			continue;
		x = draw_aligned(y, x, width_at(&columns[i], x), columns[i].right,
			cells[i].style, cells[i].text) +
		    1;
	}
}
