/* Printing JSON strings and integers; . */
#include "json/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/bytes.h"
#include "json/decimal.h"

/* How many bytes of s need no escape. */
static size_t
plain_length(struct str s)
{
	const char *p = s.p, *end = s.p + s.len;
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		w = bytes_load(p);
		marks =
		    bytes_equal(w, '"') | bytes_equal(w, '\\') | bytes_below(w, 0x20);
		if (marks != 0)
			return (size_t)(p + bytes_first(marks) - s.p);
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return (size_t)(p - s.p);
}

static void
put_escape(struct buf *b, char c)
{
	static const char names[] = "btn?fr"; /* from U+0008 on */

	if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", c);
	else if (c >= '\b' && c <= '\r' && c != '\v')
		buf_printf(b, "\\%c", names[c - '\b']);
	else
		buf_printf(b, "\\u%04x", (unsigned)c);
}

void
json_put_string(struct buf *b, struct str s)
{
	size_t n;

	buf_putc(b, '"');
	while (s.len > 0) {
		n = plain_length(s);
		buf_add(b, s.p, n);
		s = str_from(s, n);
		if (s.len > 0) {
			put_escape(b, *s.p);
			s = str_from(s, 1);
		}
	}
	buf_putc(b, '"');
}

void
json_put_int(struct buf *b, int64_t n)
{
	char text[DECIMAL_MAX + 1], *end = text + sizeof(text), *p;

	p = decimal_before(end, n < 0 ? -(uint64_t)n : (uint64_t)n);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
}

void
json_put_bool(struct buf *b, bool v)
{
	buf_puts(b, v ? "true" : "false");
}
