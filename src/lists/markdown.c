/*
 * Most names are code between backticks, which is readable before it is rendered, too.
 * A name in which backticks or the escapes of a table would count is HTML's code, every
 * character of punctuation by its number: what renders it sees nothing but letters.
 */
#include "lists/markdown.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lists/day.h"

/* A renderer looks for addresses of mail in what the numbers have become, and in HTML's
 * code as well; not beyond a tag. */
#define MARKDOWN_NOTHING "<!-- -->"

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool
is_punctuation(char c)
{
	return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
	       (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/* Backticks strip a blank at either end where both have one, and are none around
 * nothing. */
static bool
markdown_is_plain(struct str s)
{
	size_t i;

	if (s.len == 0 || s.p[0] == ' ' || s.p[s.len - 1] == ' ')
		return false;
	for (i = 0; i < s.len; i++)
		if (s.p[i] == '`' || s.p[i] == '|' || s.p[i] == '\\' ||
		    is_control(s.p[i]))
			return false;
	return true;
}

static void
markdown_put_html(struct buf *b, struct str s)
{
	size_t i;

	buf_puts(b, "<code>");
	for (i = 0; i < s.len; i++) {
		if (is_control(s.p[i]))
			buf_putc(b, ' ');
		else if (is_punctuation(s.p[i]))
			buf_printf(b, "&#%d;%s", s.p[i],
			    s.p[i] == '@' ? MARKDOWN_NOTHING : "");
		else
			buf_putc(b, s.p[i]);
	}
	buf_puts(b, "</code>");
}

/* No character is cut through. */
static struct str
markdown_cut(struct str s)
{
	s.len = MARKDOWN_NAME_MAX;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

void
markdown_put_name(struct buf *b, struct str s)
{
	bool cut = s.len > MARKDOWN_NAME_MAX;

	if (cut)
		s = markdown_cut(s);
	if (markdown_is_plain(s)) {
		buf_putc(b, '`');
		buf_add(b, s.p, s.len);
		buf_putc(b, '`');
	} else
		markdown_put_html(b, s);
	if (cut)
		buf_puts(b, "…");
}

void
markdown_put_day(struct buf *b, int64_t at)
{
	if (at == 0)
		buf_puts(b, "–");
	else
		day_put(b, at);
}
