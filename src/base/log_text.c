/* What upstreams and clients wrote, before it reaches a terminal. */
#include "base/log_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

/* RFC 3629 section 4. Returns the bytes of the character at p, of which len are there,
 * and what it is; 0: it is none. */
static size_t
utf8_decode(const unsigned char *p, size_t len, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80             ? 1
		   : (*p & 0xe0) == 0xc0 ? 2
		   : (*p & 0xf0) == 0xe0 ? 3
		   : (*p & 0xf8) == 0xf0 ? 4
					 : 0;
	uint32_t c = n < 2 ? *p : *p & (0x7fU >> n);
	size_t i;

	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*out = c;
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : n;
}

static bool
is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e ||
	       c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

void
log_defuse(char *text, size_t len)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < len; i += n) {
		n = utf8_decode((const unsigned char *)text + i, len - i, &c);
		if (n == 0 || is_harmful(c)) {
			n = n == 0 ? 1 : n;
			memset(text + i, '?', n);
		}
	}
}

void
log_escape(struct buf *b, const char *text, size_t len)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < len; i += n) {
		n = utf8_decode((const unsigned char *)text + i, len - i, &c);
		if (n == 0) {
			n = 1;
			buf_puts(b, "\\ufffd");
		} else if (is_harmful(c)) {
			buf_printf(b, "\\u%04x", (unsigned)c);
		} else {
			if (c == '"' || c == '\\')
				buf_putc(b, '\\');
			buf_add(b, text + i, n);
		}
	}
}
