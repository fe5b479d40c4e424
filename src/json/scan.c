/* Checking a JSON document in one pass, without recursion (RFC 8259,
 * doc/reference.md 1.7). */
#include "json/scan.h"

#include <unistr.h>

#include "base/str.h"
#include "json/bytes.h"
#include "json/value.h"

struct scan {
	const char *end;
	const char *error_at; /* set with error by the first failure */
	const char *error;
	unsigned depth;
	char closer[JSON_DEPTH_MAX]; /* what ends each open container */
};

/* Each scan_* function takes where something begins and returns the byte after it,
 * or NULL after scan_fail(). */
static const char *
scan_fail(struct scan *s, const char *p, const char *text)
{
	s->error_at = p;
	s->error = text;
	return NULL;
}

static bool
at_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static const char *
scan_escape(struct scan *s, const char *p)
{
	int i;

	if (s->end - p < 2)
		return scan_fail(s, s->end, "the string does not end");
	if (p[1] == 'u') {
		for (i = 2; i < 6; i++)
			if (p + i >= s->end || !is_hex(p[i]))
				return scan_fail(s, p, "\\u without four hex digits");
		return p + 6;
	}
	if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL)
		return scan_fail(s, p, "unknown escape in a string");
	return p + 2;
}

/* One character that is not plain ASCII text. */
static const char *
scan_special(struct scan *s, const char *p)
{
	int n;

	if (*p == '\\')
		return scan_escape(s, p);
	if ((unsigned char)*p < 0x20)
		return scan_fail(s, p, "control character in a string");
	n = u8_mblen((const uint8_t *)p, (size_t)(s->end - p));
	return n > 0 ? p + n : scan_fail(s, p, "not UTF-8");
}

static bool
is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' &&
	       c != '\\';
}

static const char *
skip_plain(const char *p, const char *end)
{
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		w = bytes_load(p);
		marks = bytes_equal(w, '"') | bytes_equal(w, '\\') |
			bytes_below(w, 0x20) | (w & BYTES_ALL(0x80));
		if (marks != 0)
			return p + bytes_first(marks);
	}
	while (p < end && is_plain(*p))
		p++;
	return p;
}

static const char *
scan_string(struct scan *s, const char *p)
{
	for (p++;;) {
		p = skip_plain(p, s->end);
		if (p == s->end)
			return scan_fail(s, p, "the string does not end");
		if (*p == '"')
			return p + 1;
		p = scan_special(s, p);
		if (p == NULL)
			return NULL;
	}
}

static const char *
scan_digits(struct scan *s, const char *p)
{
	if (!at_digit(p, s->end))
		return scan_fail(s, p, "a digit is missing");
	while (at_digit(p, s->end))
		p++;
	return p;
}

static const char *
scan_number(struct scan *s, const char *p)
{
	if (*p == '-')
		p++;
	/* After a leading zero no digit may follow: it is then an unexpected byte. */
	p = p < s->end && *p == '0' ? p + 1 : scan_digits(s, p);
	if (p != NULL && p < s->end && *p == '.')
		p = scan_digits(s, p + 1);
	if (p != NULL && p < s->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < s->end && (*p == '+' || *p == '-'))
			p++;
		p = scan_digits(s, p);
	}
	return p;
}

static const char *
scan_word(struct scan *s, const char *p, struct str word)
{
	if ((size_t)(s->end - p) < word.len || memcmp(p, word.p, word.len) != 0)
		return scan_fail(s, p, "unknown word");
	return p + word.len;
}

/* p < end. The three last words are Python's, not RFC 8259's. */
static const char *
scan_scalar(struct scan *s, const char *p)
{
	switch (*p) {
	case '"':
		return scan_string(s, p);
	case 't':
		return scan_word(s, p, STR("true"));
	case 'f':
		return scan_word(s, p, STR("false"));
	case 'n':
		return scan_word(s, p, STR("null"));
	case 'N':
		return scan_word(s, p, STR("NaN"));
	case 'I':
		return scan_word(s, p, STR("Infinity"));
	case '-':
		if (s->end - p > 1 && p[1] == 'I')
			return scan_word(s, p, STR("-Infinity"));
		return scan_number(s, p);
	default:
		if (at_digit(p, s->end))
			return scan_number(s, p);
		return scan_fail(s, p, "a value is expected");
	}
}

/* A key and its colon; p is where the key should begin. */
static const char *
scan_key(struct scan *s, const char *p)
{
	if (p == s->end || *p != '"')
		return scan_fail(s, p, "a key is expected");
	p = scan_string(s, p);
	if (p == NULL)
		return NULL;
	p = bytes_skip_space(p, s->end);
	if (p == s->end || *p != ':')
		return scan_fail(s, p, "':' is expected");
	return p + 1;
}

/* Opens a container and goes up to its first value, or past it if it is empty. */
static const char *
scan_open(struct scan *s, const char *p, bool *empty)
{
	if (s->depth == JSON_DEPTH_MAX)
		return scan_fail(s, p, "nested too deep");
	s->closer[s->depth++] = *p == '{' ? '}' : ']';
	p = bytes_skip_space(p + 1, s->end);
	*empty = p < s->end && *p == s->closer[s->depth - 1];
	if (*empty) {
		s->depth--;
		return p + 1;
	}
	return s->closer[s->depth - 1] == '}' ? scan_key(s, p) : p;
}

/* What follows a value: closes containers, up to the next value or the last byte. */
static const char *
scan_after(struct scan *s, const char *p)
{
	while (s->depth > 0) {
		p = bytes_skip_space(p, s->end);
		if (p < s->end && *p == ',') {
			p = bytes_skip_space(p + 1, s->end);
			return s->closer[s->depth - 1] == '}' ? scan_key(s, p) : p;
		}
		if (p == s->end || *p != s->closer[s->depth - 1])
			return scan_fail(s, p,
			    s->closer[s->depth - 1] == '}' ? "',' or '}' is expected"
							   : "',' or ']' is expected");
		s->depth--;
		p++;
	}
	return p;
}

static const char *
scan_value(struct scan *s, const char *p)
{
	bool empty;

	do {
		empty = true;
		p = bytes_skip_space(p, s->end);
		if (p == s->end)
			return scan_fail(s, p, "a value is expected");
		p = *p == '{' || *p == '[' ? scan_open(s, p, &empty)
					   : scan_scalar(s, p);
		if (p != NULL && empty)
			p = scan_after(s, p);
	} while (p != NULL && s->depth > 0);
	return p;
}

int
json_scan(const char *data, size_t len, struct json_value *out, struct json_error *err)
{
	struct scan s; /* closer[] needs no clearing */
	const char *begin = data, *p;

	s.end = data + len;
	s.depth = 0;
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		begin += 3;
	begin = bytes_skip_space(begin, s.end);
	p = scan_value(&s, begin);
	if (p != NULL && bytes_skip_space(p, s.end) != s.end)
		p = scan_fail(&s, bytes_skip_space(p, s.end), "text after the value");
	if (p == NULL) {
		*err = (struct json_error){ (size_t)(s.error_at - data), s.error };
		return -1;
	}
	if (*begin == '{' || *begin == '[') /* not by json_value_at(), a second pass */
		*out = (struct json_value){ .p = begin,
			.len = (size_t)(p - begin),
			.type = *begin == '{' ? JSON_T_OBJECT : JSON_T_ARRAY };
	else
		json_value_at(begin, p, out);
	return 0;
}
