/* Locations: no byte of a path may end the field. */
#include "reader/location.h"

#include <string.h>

/* What Python's urllib.parse.quote() does with this set of safe characters. */
static void
put_encoded(struct buf *b, struct str s)
{
	static const char safe[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_.-~:/%#?=@[]!$&'()*+,;";
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] != '\0' && strchr(safe, s.p[i]) != NULL)
			buf_putc(b, s.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
}

void
location_put(struct buf *b, struct str path, struct str query)
{
	buf_puts(b, "Location: ");
	put_encoded(b, path);
	if (query.len > 0) {
		buf_putc(b, '?');
		put_encoded(b, query);
	}
	buf_puts(b, "\r\n");
}
