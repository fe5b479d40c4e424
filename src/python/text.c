/* Case mapping and character classes on libunistring. */
#include "python/text.h"

#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/attr.h"
#include "base/log.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/*
 * What Unicode 15.0 and 15.1 added (DerivedAge.txt, categories L and N): Debian 12's
 * libunistring knows Unicode 14, the reference's Python 15.1. Neither version added a
 * case pair, but combining marks, which the final sigma's rule does not know here. Drop
 * this when libunistring 1.2 is the oldest one supported.
 */
static const struct range new_alnum[] = {
	{ 0x1123F, 0x11240 }, /* Khojki */
	{ 0x11F02, 0x11F02 }, /* Kawi */
	{ 0x11F04, 0x11F10 }, /* Kawi */
	{ 0x11F12, 0x11F33 }, /* Kawi */
	{ 0x11F50, 0x11F59 }, /* Kawi digits */
	{ 0x1342F, 0x1342F }, /* Egyptian hieroglyphs */
	{ 0x13441, 0x13446 }, /* Egyptian hieroglyphs */
	{ 0x1B132, 0x1B132 }, /* Hiragana */
	{ 0x1B155, 0x1B155 }, /* Katakana */
	{ 0x1D2C0, 0x1D2D3 }, /* Kaktovik numerals */
	{ 0x1DF25, 0x1DF2A }, /* Latin extended G */
	{ 0x1E030, 0x1E06D }, /* Cyrillic extended D */
	{ 0x1E4D0, 0x1E4EB }, /* Nag Mundari */
	{ 0x1E4F0, 0x1E4F9 }, /* Nag Mundari digits */
	{ 0x2B739, 0x2B739 }, /* CJK extension C */
	{ 0x2EBF0, 0x2EE5D }, /* CJK extension I (15.1) */
	{ 0x31350, 0x323AF }, /* CJK extension H */
};

static const struct range new_digits[] = {
	{ 0x11F50, 0x11F59 }, /* Kawi */
	{ 0x1E4F0, 0x1E4F9 }, /* Nag Mundari */
};

static bool
in_ranges(const struct range *ranges, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n && cp >= ranges[i].first; i++)
		if (cp <= ranges[i].last)
			return true;
	return false;
}

bool
text_is_digit(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= '0' && cp <= '9';
	return uc_is_general_category(cp, UC_DECIMAL_DIGIT_NUMBER) ||
	       in_ranges(new_digits, NELEM(new_digits), cp);
}

/* Python asks for a letter or for a Numeric_Type. Outside the letters that property
 * holds for just the categories Nd, Nl and No. */
bool
text_is_alnum(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') ||
		       ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z');
	return uc_is_general_category(cp, UC_LETTER) ||
	       uc_is_general_category(cp, UC_NUMBER) ||
	       in_ranges(new_alnum, NELEM(new_alnum), cp);
}

uint32_t
text_at(struct str s, size_t at, unsigned *bytes)
{
	const uint8_t *p = (const uint8_t *)s.p + at;
	ucs4_t cp;
	int n;

	*bytes = 1;
	if (*p < 0x80)
		return *p;
	n = u8_mbtoucr(&cp, p, s.len - at);
	if (n > 0) {
		*bytes = (unsigned)n;
		return cp;
	}
	if (s.len - at >= 3 && p[0] == 0xED && p[1] >= 0xA0 && p[1] <= 0xBF &&
	    (p[2] & 0xC0) == 0x80) {
		*bytes = 3;
		return 0xD000u | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
	}
	return 0xDC00u + *p;
}

bool
text_valid(struct str s)
{
	return s.len == 0 || u8_check((const uint8_t *)s.p, s.len) == NULL;
}

static bool
is_space(uint32_t cp)
{
	if (cp <= 0x20)
		return (cp >= 0x09 && cp <= 0x0D) || cp >= 0x1C;
	return cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
	       (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 ||
	       cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

/* The last character of s, which is not empty. */
static uint32_t
last_char(struct str s, unsigned *bytes)
{
	size_t at = s.len - 1;
	uint32_t cp;

	while (at > 0 && s.len - at < 4 && ((unsigned char)s.p[at] & 0xC0) == 0x80)
		at--;
	cp = text_at(s, at, bytes);
	return at + *bytes == s.len ? cp : text_at(s, s.len - 1, bytes);
}

struct str
text_strip(struct str s)
{
	unsigned bytes;

	while (s.len > 0 && is_space(text_at(s, 0, &bytes)))
		s = str_from(s, bytes);
	while (s.len > 0 && is_space(last_char(s, &bytes)))
		s.len -= bytes;
	return s;
}

bool
text_blank(struct str s)
{
	return text_strip(s).len == 0;
}

/*
 * Whether the capital sigma at s.p[at] ends a word: the nearest character before it
 * that is not case-ignorable is cased, the nearest after it is not (Unicode
 * section 3.13, Final_Sigma; as Python reads it, which libunistring's u8_tolower() does
 * not).
 */
static bool
is_final_sigma(struct str s, size_t at)
{
	struct str head = { s.p, at }, tail = str_from(s, at + 2);
	unsigned bytes;

	while (head.len > 0 && uc_is_property_case_ignorable(last_char(head, &bytes)))
		head.len -= bytes;
	if (head.len == 0 || !uc_is_property_cased(last_char(head, &bytes)))
		return false;
	while (tail.len > 0 && uc_is_property_case_ignorable(text_at(tail, 0, &bytes)))
		tail = str_from(tail, bytes);
	return tail.len == 0 || !uc_is_property_cased(text_at(tail, 0, &bytes));
}

/* A case mapping writes what the valid character cp at s.p[at] becomes, and returns its
 * length: at most MAP_GROWTH times what it was. */
#define MAP_GROWTH 3
typedef size_t map_fn(struct str s, size_t at, uint32_t cp, uint8_t *out);

static size_t
lower_char(struct str s, size_t at, uint32_t cp, uint8_t *out)
{
	if (cp == 0x130) {
		memcpy(out, "i\xCC\x87", 3);
		return 3;
	}
	if (cp == 0x3A3)
		cp = is_final_sigma(s, at) ? 0x3C2 : 0x3C3;
	else
		cp = uc_tolower(cp);
	return (size_t)u8_uctomb(out, cp, 4);
}

static size_t
upper_char(struct str s UNUSED, size_t at UNUSED, uint32_t cp, uint8_t *out)
{
	uint8_t c[4];
	size_t n = (size_t)u8_uctomb(c, cp, sizeof(c)), len = MAP_GROWTH * n;

	if (u8_toupper(c, n, NULL, NULL, out, &len) != out)
		fatal("cannot map the case of U+%04X", (unsigned)cp);
	return len;
}

static struct str
map_wide(struct str s, struct arena *arena, map_fn *map)
{
	uint8_t *out = arena_alloc(arena, MAP_GROWTH * s.len);
	struct str mapped = { (char *)out, 0 };
	unsigned bytes;

	for (size_t at = 0; at < s.len; at += bytes) {
		uint32_t cp = text_at(s, at, &bytes);

		if (cp >= 0xD800 && cp <= 0xDFFF) {
			memcpy(out + mapped.len, s.p + at, bytes);
			mapped.len += bytes;
		} else {
			mapped.len += map(s, at, cp, out + mapped.len);
		}
	}
	return str_eq(mapped, s) ? s : mapped;
}

/* Flips the case of the ASCII letters from first to first + 25. */
static struct str
map_ascii(struct str s, struct arena *arena, char first)
{
	char *p = arena_strndup(arena, s.p, s.len);

	for (size_t i = 0; i < s.len; i++)
		p[i] ^= (unsigned char)(p[i] - first) < 26 ? 0x20 : 0;
	return (struct str){ p, s.len };
}

/* Whether s has bytes outside ASCII, and whether letters from first to first + 25. */
static void
survey(struct str s, char first, bool *wide, bool *letters)
{
	unsigned char high = 0, found = 0;

	for (size_t i = 0; i < s.len; i++) {
		high |= (unsigned char)s.p[i];
		found |= (unsigned char)(s.p[i] - first) < 26;
	}
	*wide = high >= 0x80;
	*letters = found;
}

struct str
text_lower(struct str s, struct arena *arena)
{
	bool wide, capitals;

	survey(s, 'A', &wide, &capitals);
	if (wide)
		return map_wide(s, arena, lower_char);
	return capitals ? map_ascii(s, arena, 'A') : s;
}

struct str
text_upper(struct str s, struct arena *arena)
{
	bool wide, smalls;

	survey(s, 'a', &wide, &smalls);
	if (wide)
		return map_wide(s, arena, upper_char);
	return smalls ? map_ascii(s, arena, 'a') : s;
}
