/* The document for people: running lines, aligned lines, tables. Off a terminal a cell
 * ends at a tab instead, and nothing is cut. */
#include <stdlib.h>
#include <wchar.h>

#include "base/mem.h"
#include "ctl/out_node.h"
#include "ctl/out_screen.h"

#define INDENT 2

static const char *const mark_sgr[] = {
	[OUT_PLAIN] = NULL,
	[OUT_GOOD] = "\033[32m",
	[OUT_WARN] = "\033[33m",
	[OUT_BAD] = "\033[1;31m",
	[OUT_DIM] = "\033[2m",
};
#define SGR_END "\033[0m"

const char *
out_screen_sgr(enum out_mark mark)
{
	return mark_sgr[mark];
}

static void
put_in(const struct out_screen *s, const char *sgr, const char *text)
{
	bool coloured = sgr != NULL && s->out->ctl->colour;

	if (coloured)
		buf_puts(s->buf, sgr);
	buf_puts(s->buf, text);
	if (coloured)
		buf_puts(s->buf, SGR_END);
}

static void
put_marked(const struct out_screen *s, const struct out_node *n)
{
	put_in(s, mark_sgr[n->mark], n->screen);
}

static void
put_blanks(const struct out_screen *s, size_t n)
{
	memset(buf_reserve(s->buf, n), ' ', n);
	s->buf->len += n;
}

size_t
out_screen_width(const char *text)
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

void
out_screen_cut(const char *text, size_t columns, struct buf *b)
{
	mbstate_t state = { 0 };
	size_t used = 1, len;
	int width;
	wchar_t c;

	if (out_screen_width(text) <= columns) {
		buf_puts(b, text);
		return;
	}
	for (; *text != '\0'; text += len) {
		len = mbrtowc(&c, text, MB_CUR_MAX, &state);
		width = 1;
		if (len == (size_t)-1 || len == (size_t)-2) {
			memset(&state, 0, sizeof(state));
			len = 1;
		} else if (wcwidth(c) >= 0)
			width = wcwidth(c);
		if (used + (size_t)width > columns)
			break;
		buf_add(b, text, len);
		used += (size_t)width;
	}
	buf_puts(b, out_is_unicode() ? "…" : "~");
}

static bool
is_shown(const struct out_node *n)
{
	return n->kind != OUT_VALUE || n->title != NULL;
}

/* A text whose lines end at blanks, from column `at` on; they begin at `lead`. Returns
 * the column behind it. */
static size_t
put_wrapped(const struct out_screen *s, const char *text, size_t at, size_t lead)
{
	size_t len, width;
	char word[256];

	for (bool first = true; *text != '\0'; first = false) {
		len = strcspn(text, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		width = out_screen_width(word);
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
line_room(const struct out_screen *s, size_t lead)
{
	return s->width > lead ? s->width - lead : 0;
}

/* One of many on a line: not broken unless it takes more than one. */
static size_t
put_item(const struct out_screen *s, const struct out_node *n, size_t at, size_t lead,
    bool first)
{
	size_t width = out_screen_width(n->title) + (n->title[0] != '\0') +
		       out_screen_width(n->screen);

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
put_running(const struct out_screen *s, const struct out_node *group, size_t lead)
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
		    child->title != NULL &&
		    (width = out_screen_width(child->title)) > lead)
			lead = width;
	return lead + INDENT;
}

/* Returns the column behind it. */
static size_t
put_heading(const struct out_screen *s, const struct out_node *n)
{
	size_t lead = heading_lead(n->parent);

	put_in(s, n->mark != OUT_PLAIN ? mark_sgr[n->mark] : OUT_SGR_BOLD, n->title);
	if (!s->padded) {
		buf_putc(s->buf, '\t');
		return 0;
	}
	put_blanks(s, lead - out_screen_width(n->title));
	return lead;
}

static void
put_line(const struct out_screen *s, const struct out_node *n)
{
	if (n->title != NULL)
		put_running(s, n, put_heading(s, n));
}

static void
put_said(const struct out_screen *s, const struct out_node *n)
{
	size_t lead = put_heading(s, n);

	(void)put_wrapped(s, n->screen, lead, lead);
	buf_putc(s->buf, '\n');
}

/* What follows something is set apart from it. */
static void
put_gap(const struct out_screen *s)
{
	if (s->padded && s->buf->len > 0)
		buf_putc(s->buf, '\n');
}

static void
put_table(const struct out_screen *s, const struct out_node *table)
{
	if (table->title == NULL || table->first == NULL)
		return;
	put_gap(s);
	if (table->title[0] != '\0') {
		put_in(s, OUT_SGR_BOLD, table->title);
		buf_putc(s->buf, '\n');
	}
	out_grid(s, table);
}

static void
put_texts(const struct out_screen *s, const struct out_node *list)
{
	const struct out_node *n;

	if (list->title == NULL || list->first == NULL)
		return;
	put_gap(s);
	put_in(s, OUT_SGR_BOLD, list->title);
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
		    (width = out_screen_width(n->title)) > lead)
			lead = width;
	return lead + INDENT;
}

static void
put_value(
    const struct out_screen *s, const struct out_node *n, size_t lead, size_t indent)
{
	if (!is_shown(n))
		return;
	put_blanks(s, s->padded ? indent : 0);
	if (n->title[0] != '\0') {
		buf_puts(s->buf, n->title);
		if (s->padded)
			put_blanks(s, lead - out_screen_width(n->title));
		else
			buf_putc(s->buf, '\t');
	}
	put_marked(s, n);
	buf_putc(s->buf, '\n');
}

static void
put_group(const struct out_screen *s, const struct out_node *group, size_t indent)
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
				put_in(s, OUT_SGR_BOLD, n->title);
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
	const struct out_screen s = { o, width,
		o->ctl->terminal || getenv("COLUMNS") != NULL, buf };

	put_group(&s, o->root, 0);
}
