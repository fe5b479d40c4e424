/* Characters of a model name: their kinds, and cutting parts out. */
#include "names/name_chars.h"

#include <stdint.h>

#include "python/text.h"

const unsigned char name_chars_classes[256] = {
	['0' ... '9'] = NAME_ALNUM | NAME_ASCII_ALNUM | NAME_DIGIT | NAME_WORD,
	['A' ... 'Z'] = NAME_LETTER | NAME_ALNUM | NAME_ASCII_ALNUM | NAME_WORD,
	['a' ... 'z'] = NAME_LETTER | NAME_ALNUM | NAME_ASCII_ALNUM | NAME_WORD,
	['_'] = NAME_WORD,
	[NAME_KIND_I] = NAME_LETTER | NAME_ALNUM | NAME_WORD,
	[NAME_KIND_S] = NAME_LETTER | NAME_ALNUM | NAME_WORD,
	[NAME_KIND_K] = NAME_LETTER | NAME_ALNUM | NAME_WORD,
	[NAME_KIND_DIGIT] = NAME_DIGIT | NAME_WORD,
	[NAME_KIND_WORD] = NAME_WORD,
};

static unsigned char
kind_of(uint32_t cp)
{
	if (cp < 0x80)
		return (unsigned char)cp;
	if (cp == 0x130 || cp == 0x131)
		return NAME_KIND_I;
	if (cp == 0x17F)
		return NAME_KIND_S;
	if (cp == 0x212A)
		return NAME_KIND_K;
	if (text_is_digit(cp))
		return NAME_KIND_DIGIT;
	return text_is_alnum(cp) ? NAME_KIND_WORD : NAME_KIND_OTHER;
}

static bool
is_ascii(struct str s)
{
	unsigned char high = 0;

	for (size_t i = 0; i < s.len; i++)
		high |= (unsigned char)s.p[i];
	return high < 0x80;
}

void
name_chars_init(struct name_chars *t, struct str name, struct arena *arena)
{
	unsigned width;

	t->bytes = arena_strndup(arena, name.len ? name.p : "", name.len);
	t->len = name.len;
	t->kinds = (unsigned char *)t->bytes;
	t->widths = NULL;
	t->n = name.len;
	if (is_ascii(name))
		return;
	t->kinds = arena_alloc(arena, name.len);
	t->widths = arena_alloc(arena, name.len);
	t->n = 0;
	for (size_t at = 0; at < name.len; at += width) {
		t->kinds[t->n] = kind_of(text_at(name, at, &width));
		t->widths[t->n++] = (unsigned char)width;
	}
}

/* The byte at which character i starts. */
static size_t
byte_at(const struct name_chars *t, size_t i)
{
	size_t at = 0;

	if (t->widths == NULL)
		return i;
	while (i > 0)
		at += t->widths[--i];
	return at;
}

struct str
name_chars_part(const struct name_chars *t, struct name_span span)
{
	size_t from = byte_at(t, span.from);

	return (struct str){ t->bytes + from, byte_at(t, span.to) - from };
}

void
name_chars_cut(struct name_chars *t, struct name_span span)
{
	size_t from = byte_at(t, span.from), to = byte_at(t, span.to);

	memmove(t->bytes + from, t->bytes + to, t->len - to);
	t->len -= to - from;
	if (t->widths != NULL) {
		memmove(t->kinds + span.from, t->kinds + span.to, t->n - span.to);
		memmove(t->widths + span.from, t->widths + span.to, t->n - span.to);
	}
	t->n -= span.to - span.from;
}
