/* Walking a checked JSON document and decoding its strings and integers. */
#include "json/walk.h"

#include "json/bytes.h"
#include "json/double_in.h"
#include "json/skip.h"
#include "json/value.h"

/* p is at an opening bracket; returns the byte after the one that closes it. */
static const char *
skip_container(const char *p, const char *end)
{
	unsigned depth = 0;
	bool escaped;

	for (;;) {
		switch (*p) {
		case '"':
			p = skip_string(p, end, &escaped);
			break;
		case '[':
		case '{':
			depth++;
			p++;
			break;
		case ']':
		case '}':
			p++;
			if (--depth == 0)
				return p;
			break;
		default:
			p++;
		}
		p = skip_to_structure(p, end);
	}
}

/* A number; also NaN and the infinities. */
static void
number_at(const char *p, const char *end, struct json_value *out)
{
	out->type = JSON_T_INTEGER;
	for (; p < end; p++) {
		if ((*p >= '0' && *p <= '9') || *p == '-')
			continue;
		if (*p == ',' || *p == ']' || *p == '}' || *p == ' ' || *p == '\n' ||
		    *p == '\r' || *p == '\t')
			break;
		out->type = JSON_T_REAL;
	}
	out->len = (size_t)(p - out->p);
}

/* It fills *out in place: copying a struct that was just put together costs more than
 * all the rest for a short value. */
void
json_value_at(const char *p, const char *end, struct json_value *out)
{
	out->p = p;
	out->escaped = false;
	switch (*p) {
	case '"':
		out->type = JSON_T_STRING;
		out->len = (size_t)(skip_string(p, end, &out->escaped) - p);
		break;
	case '{':
	case '[':
		out->type = *p == '{' ? JSON_T_OBJECT : JSON_T_ARRAY;
		out->len = (size_t)(skip_container(p, end) - p);
		break;
	case 't':
		out->type = JSON_T_TRUE;
		out->len = 4;
		break;
	case 'f':
		out->type = JSON_T_FALSE;
		out->len = 5;
		break;
	case 'n':
		out->type = JSON_T_NULL;
		out->len = 4;
		break;
	default:
		number_at(p, end, out);
	}
}

struct json_walk
json_walk(const struct json_value *v)
{
	if (v->type != JSON_T_OBJECT && v->type != JSON_T_ARRAY)
		return (struct json_walk){ NULL, NULL };
	return (struct json_walk){ v->p + 1, v->p + v->len - 1 };
}

/* The walk stands before a value: takes it, and the comma after it. */
static void
take_value(struct json_walk *w, struct json_value *value)
{
	const char *p = bytes_skip_space(w->p, w->end);

	json_value_at(p, w->end, value);
	p = bytes_skip_space(p + value->len, w->end);
	w->p = p < w->end ? p + 1 : p;
}

bool
json_member(struct json_walk *w, struct json_value *key, struct json_value *value)
{
	const char *p = bytes_skip_space(w->p, w->end);

	if (p == w->end)
		return false;
	json_value_at(p, w->end, key);
	w->p = bytes_skip_space(p + key->len, w->end) + 1; /* the colon */
	take_value(w, value);
	return true;
}

size_t
json_members(struct json_walk *w, struct json_value *keys, struct json_value *values,
    size_t most)
{
	size_t n = 0;

	while (n < most && json_member(w, &keys[n], &values[n]))
		n++;
	return n;
}

bool
json_element(struct json_walk *w, struct json_value *value)
{
	w->p = bytes_skip_space(w->p, w->end);
	if (w->p == w->end)
		return false;
	take_value(w, value);
	return true;
}

size_t
json_count(const struct json_value *v)
{
	struct json_walk w = json_walk(v);
	struct json_value key, value;
	size_t n = 0;

	while (v->type == JSON_T_OBJECT ? json_member(&w, &key, &value)
					: json_element(&w, &value))
		n++;
	return n;
}

static unsigned
hex4(const char *p)
{
	unsigned n = 0;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		n = n << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n;
}

/* UTF-8 of any code point, surrogates too. */
static char *
put_utf8(char *to, unsigned cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
		return to;
	}
	if (cp < 0x800) {
		*to++ = (char)(0xc0 | cp >> 6);
	} else {
		if (cp < 0x10000) {
			*to++ = (char)(0xe0 | cp >> 12);
		} else {
			*to++ = (char)(0xf0 | cp >> 18);
			*to++ = (char)(0x80 | (cp >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

/* *p is at a \u; a high surrogate takes the \u of a low one with it. */
static char *
unescape_unicode(char *to, const char **p, const char *end)
{
	unsigned low, cp = hex4(*p + 2);

	*p += 6;
	if (cp >= 0xd800 && cp < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' &&
	    (*p)[1] == 'u') {
		low = hex4(*p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			*p += 6;
		}
	}
	return put_utf8(to, cp);
}

/* *p is at a backslash. */
static char *
unescape(char *to, const char **p, const char *end)
{
	static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
	const char *c;

	if ((*p)[1] == 'u')
		return unescape_unicode(to, p, end);
	c = strchr(from, (*p)[1]);
	*to++ = c != NULL ? into[c - from] : (*p)[1];
	*p += 2;
	return to;
}

struct str
json_str(const struct json_value *v, struct arena *arena)
{
	const char *p = v->p + 1, *end = v->p + v->len - 1, *stop;
	char *text, *to;

	if (!v->escaped)
		return (struct str){ p, (size_t)(end - p) };
	text = to = arena_alloc(arena, (size_t)(end - p)); /* an escape only shrinks */
	while (p < end) {
		stop = memchr(p, '\\', (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		memcpy(to, p, (size_t)(stop - p));
		to += stop - p;
		p = stop;
		if (p < end)
			to = unescape(to, &p, end);
	}
	return (struct str){ text, (size_t)(to - text) };
}

bool
json_int64(const struct json_value *v, int64_t *out)
{
	bool negative = *v->p == '-';
	int64_t n = 0;
	size_t i;

	for (i = negative; i < v->len; i++) {
		int digit = v->p[i] - '0';

		if (__builtin_mul_overflow(n, 10, &n) ||
		    (negative ? __builtin_sub_overflow(n, digit, &n)
			      : __builtin_add_overflow(n, digit, &n)))
			return false;
	}
	*out = n;
	return true;
}

double
json_double(const struct json_value *v)
{
	double x = json_read_double((struct str){ v->p, v->len });

	/* Python's integers know no negative zero. */
	return x == 0 && v->type == JSON_T_INTEGER ? 0.0 : x;
}
