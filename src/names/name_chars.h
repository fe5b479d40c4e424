/*
 * A model name character by character, in the classes that the matching rules speak of
 * (doc/reference.md 3.1). Pure.
 */
#ifndef NAMES_NAME_CHARS_H
#define NAMES_NAME_CHARS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/str.h"

/* A private copy of a name that parts are cut out of; its memory is the arena's. */
struct name_chars {
	char *bytes;
	size_t len;
	unsigned char *kinds;  /* one for each character: ASCII, or a NAME_KIND_ */
	unsigned char *widths; /* bytes of each character; NULL: all are ASCII, and
				* kinds is bytes */
	size_t n;              /* characters */
};

/* Characters [from, to). */
struct name_span {
	size_t from;
	size_t to;
};

/* name: UTF-8; it is copied into the arena. */
void name_chars_init(struct name_chars *, struct str name, struct arena *);
/* The bytes of a part; they last until the next cut. */
struct str name_chars_part(const struct name_chars *, struct name_span);
/* Takes the part out and joins its neighbours. */
void name_chars_cut(struct name_chars *, struct name_span);

/* What a character outside ASCII is to the rules. */
enum {
	NAME_KIND_I = 0x80, /* U+0130, U+0131: match i */
	NAME_KIND_S,        /* U+017F: matches s */
	NAME_KIND_K,        /* U+212A: matches k */
	NAME_KIND_DIGIT,
	NAME_KIND_WORD,
	NAME_KIND_OTHER,
};

/* Classes, by bit. */
#define NAME_LETTER 1u      /* L */
#define NAME_ALNUM 2u       /* A */
#define NAME_ASCII_ALNUM 4u /* A0 */
#define NAME_DIGIT 8u       /* D */
#define NAME_WORD 16u       /* W */

extern const unsigned char name_chars_classes[256]; /* of each kind */

/* Whether there is a character at i, and of that class. */
static inline bool
name_chars_is(const struct name_chars *t, size_t i, unsigned class)
{
	return i < t->n && name_chars_classes[t->kinds[i]] & class;
}

static inline bool
name_chars_is_before(const struct name_chars *t, size_t i, unsigned class)
{
	return i > 0 && name_chars_is(t, i - 1, class);
}

/* The first place from i on where there is no character of that class. */
static inline size_t
name_chars_skip(const struct name_chars *t, size_t i, unsigned class)
{
	while (name_chars_is(t, i, class))
		i++;
	return i;
}

/* The character at i as case-insensitive literals see it; 0 past the end. */
static inline unsigned char
name_chars_fold(const struct name_chars *t, size_t i)
{
	unsigned char c = i < t->n ? t->kinds[i] : 0;

	switch (c) {
	case 'A' ... 'Z':
		return c | 0x20;
	case NAME_KIND_I:
		return 'i';
	case NAME_KIND_S:
		return 's';
	case NAME_KIND_K:
		return 'k';
	default:
		return c;
	}
}

#endif
