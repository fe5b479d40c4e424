/* Python's grammar of numbers, which is neither that of C nor that of lax floats. */
#include "python/float.h"

#include <strings.h>
#include <unictype.h>

#include "json/double_in.h"
#include "python/text.h"

/* With each digit of whatever script as its ASCII one; anything else is kept. */
static struct str
ascii_digits(struct str s, struct arena *arena)
{
	char *text = arena_alloc(arena, s.len + 1);
	size_t n = 0;
	unsigned bytes;
	int digit;

	for (size_t i = 0; i < s.len; i += bytes) {
		uint32_t cp = text_at(s, i, &bytes);

		digit = cp < 0x80 ? -1 : uc_decimal_value(cp);
		if (digit >= 0) {
			text[n++] = (char)('0' + digit);
		} else {
			memcpy(text + n, s.p + i, bytes);
			n += bytes;
		}
	}
	return (struct str){ text, n };
}

/* Copies digits from the front of *s to *to, leaving out single underscores between
 * two of them, and returns how many. */
static size_t
take_digits(struct str *s, char **to)
{
	size_t n = 0, i = 0;

	for (;;) {
		if (i < s->len && s->p[i] >= '0' && s->p[i] <= '9') {
			(*to)[n++] = s->p[i++];
		} else if (n > 0 && i + 1 < s->len && s->p[i] == '_' &&
			   s->p[i + 1] >= '0' && s->p[i + 1] <= '9') {
			i++;
		} else {
			break;
		}
	}
	*s = str_from(*s, i);
	*to += n;
	return n;
}

/* Copies one byte of set from the front. */
static bool
take_one_of(const char *set, struct str *s, char **to)
{
	if (s->len == 0 || *s->p == '\0' || strchr(set, *s->p) == NULL)
		return false;
	*(*to)++ = *s->p;
	*s = str_from(*s, 1);
	return true;
}

static bool
is_word(struct str s)
{
	return (s.len == 3 && strncasecmp(s.p, "inf", 3) == 0) ||
	       (s.len == 3 && strncasecmp(s.p, "nan", 3) == 0) ||
	       (s.len == 8 && strncasecmp(s.p, "infinity", 8) == 0);
}

static bool
take_number(struct str *s, char **to)
{
	size_t digits = take_digits(s, to);

	if (take_one_of(".", s, to))
		digits += take_digits(s, to);
	if (digits == 0)
		return false;
	if (!take_one_of("eE", s, to))
		return true;
	(void)take_one_of("+-", s, to);
	return take_digits(s, to) > 0;
}

bool
python_float(struct str s, struct arena *arena, double *out)
{
	char *text = arena_alloc(arena, s.len + 1), *to = text;

	s = ascii_digits(s, arena);
	(void)take_one_of("+-", &s, &to);
	if (is_word(s)) {
		memcpy(to, s.p, s.len);
		to += s.len;
	} else if (!take_number(&s, &to) || s.len > 0) {
		return false;
	}
	*out = json_read_double((struct str){ text, (size_t)(to - text) });
	return true;
}
