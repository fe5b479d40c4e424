/* Percent-decoding. */
#include "http/percent.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Whether every octet stands for itself. */
static bool
is_plain(struct str s, bool plus)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '%' || (plus && s.p[i] == '+') || (s.p[i] & 0x80))
			return false;
	return true;
}

static struct str
unescape(struct str s, bool plus, struct arena *a)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s.len; i++) {
		out[n] = s.p[i];
		if (plus && s.p[i] == '+') {
			out[n] = ' ';
		} else if (s.p[i] == '%' && s.len - i > 2) {
			high = hex_value(s.p[i + 1]);
			low = hex_value(s.p[i + 2]);
			if (high >= 0 && low >= 0) {
				out[n] = (char)(high * 16 + low);
				i += 2;
			}
		}
		n++;
	}
	return (struct str){ out, n };
}

/* Well-formed sequences of two bytes and more: Unicode 15, table 3-7. The bytes after
 * the second are all 80..BF. */
static const struct {
	unsigned char first, last; /* of the lead byte */
	unsigned char low, high;   /* of the second byte */
	unsigned char length;
} sequences[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* Bytes of the sequence at the start of s, or of the part of one that is there; *whole
 * tells which. s is not empty. */
static size_t
sequence_length(struct str s, bool *whole)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i, n;

	*whole = p[0] < 0x80;
	for (i = 0; i < NELEM(sequences); i++)
		if (p[0] >= sequences[i].first && p[0] <= sequences[i].last)
			break;
	if (i == NELEM(sequences) || s.len < 2 || p[1] < sequences[i].low ||
	    p[1] > sequences[i].high)
		return 1;
	for (n = 2; n < sequences[i].length && n < s.len; n++)
		if (p[n] < 0x80 || p[n] > 0xbf)
			break;
	*whole = n == sequences[i].length;
	return n;
}

static struct str
replace_invalid(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.len * 3 + 1);
	size_t i, n = 0, length;
	bool whole;

	for (i = 0; i < s.len; i += length) {
		length = sequence_length(str_from(s, i), &whole);
		memcpy(out + n, whole ? s.p + i : "\xef\xbf\xbd", whole ? length : 3);
		n += whole ? length : 3;
	}
	return (struct str){ out, n };
}

struct str
percent_decode(struct str s, bool plus, struct arena *a)
{
	if (is_plain(s, plus))
		return s;
	return replace_invalid(unescape(s, plus, a), a);
}
