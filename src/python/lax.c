/* Lax scalars: what the reference takes for a string, integer, number or boolean. */
#include "python/lax.h"

#include <math.h>
#include <strings.h>
#include <unictype.h>
#include <unistr.h>

#include "json/double_in.h"
#include "json/walk.h"

#define TWO_63 0x1p63
#define LAX_INT_DIGITS_MAX 4300

/* The part of s between characters of Unicode's White_Space, which lacks U+001C to
 * U+001F: this is not str.strip(). */
static struct str
trim_white_space(struct str s)
{
	const uint8_t *last;
	ucs4_t c;
	int n;

	while (s.len > 0) {
		n = u8_mbtouc(&c, (const uint8_t *)s.p, s.len);
		if (!uc_is_property_white_space(c))
			break;
		s = str_from(s, (size_t)n);
	}
	while (s.len > 0) {
		last = u8_prev(&c, (const uint8_t *)s.p + s.len, (const uint8_t *)s.p);
		if (last == NULL || !uc_is_property_white_space(c))
			break;
		s.len = (size_t)(last - (const uint8_t *)s.p);
	}
	return s;
}

static size_t
count_digits(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* Whether s is -?(0|[1-9][0-9]*). */
static bool
is_canonical(struct str s)
{
	if (s.len > 0 && *s.p == '-')
		s = str_from(s, 1);
	return s.len > 0 && count_digits(s) == s.len && (*s.p != '0' || s.len == 1);
}

/* Rule 3 from its leading zero on: what is left of s (which begins with '0') or false.
 */
static bool
skip_leading_zeros(struct str *s)
{
	size_t i = 1;

	while (i < s->len && (s->p[i] == '0' || s->p[i] == '_'))
		i++;
	if (i == s->len || s->p[i] == '.')
		i--;
	else if (s->p[i] != '-' && (s->p[i] < '1' || s->p[i] > '9'))
		return false;
	*s = str_from(*s, i);
	return true;
}

/* Rule 4. */
static bool
cut_zero_fraction(struct str *s)
{
	const char *point = memchr(s->p, '.', s->len);
	struct str zeros;

	if (point == NULL)
		return true;
	zeros = str_from(*s, (size_t)(point + 1 - s->p));
	s->len = (size_t)(point - s->p);
	if (zeros.len == 0)
		return false;
	while (zeros.len > 0 && *zeros.p == '0')
		zeros = str_from(zeros, 1);
	return zeros.len == 0;
}

/* Appends s without its underscores; false if one is at an end or beside another. */
static bool
drop_underscores(struct str s, char *to, size_t *len)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] != '_')
			to[(*len)++] = s.p[i];
		else if (i == 0 || i + 1 == s.len || s.p[i + 1] == '_')
			return false;
	}
	return true;
}

/* Rules 3 to 6. */
static bool
clean_int(struct str s, struct arena *arena, struct str *out)
{
	char *to = arena_alloc(arena, s.len + 1);
	size_t len = 0;

	if (s.len > 0 && *s.p == '+') {
		s = str_from(s, 1);
		if (s.len > 0 && *s.p == '-')
			return false;
	}
	if (s.len > 0 && *s.p == '-') {
		to[len++] = '-';
		s = str_from(s, 1);
	}
	if (s.len == 0 || (*s.p != '-' && (*s.p < '0' || *s.p > '9')))
		return false;
	if (*s.p == '0' && !skip_leading_zeros(&s))
		return false;
	if (!cut_zero_fraction(&s) || !drop_underscores(s, to, &len))
		return false;
	*out = (struct str){ to, len };
	return is_canonical(*out);
}

/* The whole grammar; *out is canonical. */
static enum lax_int_result
int_text(struct str s, struct arena *arena, struct str *out)
{
	s = trim_white_space(s);
	if (is_canonical(s)) {
		if (s.len > LAX_INT_DIGITS_MAX)
			return LAX_INT_TOO_LONG;
		*out = s;
	} else if (!clean_int(s, arena, out) || out->len > LAX_INT_DIGITS_MAX) {
		return LAX_INT_INVALID;
	}
	if (str_eq(*out, STR("-0")))
		*out = STR("0");
	return LAX_INT_OK;
}

static bool
canonical_int64(struct str s, int64_t *out)
{
	struct json_value v = { s.p, s.len, JSON_T_INTEGER, false };

	return json_int64(&v, out);
}

enum lax_int_result
lax_int_text(struct str s, struct arena *arena, struct str *text, int64_t *value)
{
	enum lax_int_result result = int_text(s, arena, text);

	if (result == LAX_INT_OK && !canonical_int64(*text, value))
		*value = *text->p == '-' ? INT64_MIN : INT64_MAX;
	return result;
}

bool
lax_str(const struct json_value *v, struct arena *arena, struct str *out)
{
	if (v->type != JSON_T_STRING)
		return false;
	*out = json_str(v, arena);
	return true;
}

bool
lax_int(const struct json_value *v, struct arena *arena, int64_t *out)
{
	struct str text;
	double x;

	switch (v->type) {
	case JSON_T_FALSE:
	case JSON_T_TRUE:
		*out = v->type == JSON_T_TRUE;
		return true;
	case JSON_T_INTEGER:
		return json_int64(v, out);
	case JSON_T_REAL:
		x = json_double(v);
		if (!(x > -TWO_63 && x < TWO_63) || x != trunc(x))
			return false;
		*out = (int64_t)x;
		return true;
	case JSON_T_STRING:
		return int_text(json_str(v, arena), arena, &text) == LAX_INT_OK &&
		       canonical_int64(text, out);
	default:
		return false;
	}
}

static bool
equals_ignoring_case(struct str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* Whether s is a number as Rust's f64::from_str reads it: with digits on one side of
 * the point at least, no hexadecimal; or inf, infinity, nan. */
static bool
is_float_text(struct str s)
{
	size_t n, digits;

	if (s.len > 0 && (*s.p == '+' || *s.p == '-'))
		s = str_from(s, 1);
	if (equals_ignoring_case(s, "inf") || equals_ignoring_case(s, "infinity") ||
	    equals_ignoring_case(s, "nan"))
		return true;
	digits = count_digits(s);
	s = str_from(s, digits);
	if (s.len > 0 && *s.p == '.') {
		n = count_digits(str_from(s, 1));
		digits += n;
		s = str_from(s, n + 1);
	}
	if (digits > 0 && s.len > 0 && (*s.p == 'e' || *s.p == 'E')) {
		s = str_from(s, 1);
		if (s.len > 0 && (*s.p == '+' || *s.p == '-'))
			s = str_from(s, 1);
		digits = count_digits(s);
		s = str_from(s, digits);
	}
	return digits > 0 && s.len == 0;
}

/* The reference tries the trimmed text, then the text as it was without its
 * underscores: " 1 " and "1_0" are numbers, " 1_0 " is not. */
static bool
float_text(struct str s, struct arena *arena, double *out)
{
	struct str number = trim_white_space(s);
	size_t len = 0;
	char *to;

	if (!is_float_text(number)) {
		to = arena_alloc(arena, s.len);
		if (!drop_underscores(s, to, &len))
			return false;
		number = (struct str){ to, len };
		if (!is_float_text(number))
			return false;
	}
	*out = json_read_double(number);
	return true;
}

bool
lax_float(const struct json_value *v, struct arena *arena, double *out)
{
	double x;

	switch (v->type) {
	case JSON_T_FALSE:
	case JSON_T_TRUE:
		*out = v->type == JSON_T_TRUE;
		return true;
	case JSON_T_INTEGER:
		x = json_double(v);
		if (!isfinite(x))
			return false;
		*out = x;
		return true;
	case JSON_T_REAL:
		*out = json_double(v);
		return true;
	case JSON_T_STRING:
		return float_text(json_str(v, arena), arena, out);
	default:
		return false;
	}
}

bool
lax_bool_text(struct str s, bool *out)
{
	static const char *const words[] = { "0", "false", "f", "no", "n", "off", "1",
		"true", "t", "yes", "y", "on" };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (equals_ignoring_case(s, words[i])) {
			*out = i >= NELEM(words) / 2;
			return true;
		}
	return false;
}

bool
lax_bool(const struct json_value *v, struct arena *arena, bool *out)
{
	double x;

	switch (v->type) {
	case JSON_T_FALSE:
	case JSON_T_TRUE:
		*out = v->type == JSON_T_TRUE;
		return true;
	case JSON_T_INTEGER:
	case JSON_T_REAL:
		x = json_double(v);
		if (x != 0 && x != 1)
			return false;
		*out = x == 1;
		return true;
	case JSON_T_STRING:
		return lax_bool_text(json_str(v, arena), out);
	default:
		return false;
	}
}
