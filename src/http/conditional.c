/* Conditional requests: a field that is malformed must match nothing, never everything;
 * and a clock that is, or was, wrong must not make what has changed look unchanged. */
#include "http/conditional.h"

#include <string.h>

#include "http/date.h"

/* The hexadecimal digits between the quotes. */
static void
etag_digits(uint64_t etag, char digits[16])
{
	int i;

	for (i = 15; i >= 0; i--, etag >>= 4)
		digits[i] = "0123456789abcdef"[etag & 15];
}

void
conditional_put_etag(struct buf *b, uint64_t etag)
{
	char digits[16];

	etag_digits(etag, digits);
	buf_puts(b, "ETag: W/\"");
	buf_add(b, digits, sizeof(digits));
	buf_puts(b, "\"\r\n");
}

static struct str
skip_separators(struct str s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == ','))
		s = str_from(s, 1);
	return s;
}

/* Cuts the next tag, without W/ and quotes, off the list. */
static bool
next_tag(struct str *list, struct str *tag)
{
	const char *end;

	*list = skip_separators(*list);
	if (str_starts(*list, STR("W/")))
		*list = str_from(*list, 2);
	if (list->len < 2 || list->p[0] != '"')
		return false;
	*list = str_from(*list, 1);
	if ((end = memchr(list->p, '"', list->len)) == NULL)
		return false;
	*tag = (struct str){ list->p, (size_t)(end - list->p) };
	*list = str_from(*list, tag->len + 1);
	return true;
}

/* Whether one of the fields of that name has this tag, or `*`: weak comparison. */
static bool
has_tag(const struct http_request *r, struct str name, uint64_t etag)
{
	const struct http_field *f;
	struct str list, tag;
	char digits[16];
	size_t at = 0;

	etag_digits(etag, digits);
	while ((f = http_field_next(r, name, &at)) != NULL) {
		if (str_eq(f->value, STR("*")))
			return true;
		list = f->value;
		while (next_tag(&list, &tag))
			if (str_eq(tag, (struct str){ digits, sizeof(digits) }))
				return true;
	}
	return false;
}

static bool
has_field(const struct http_request *r, struct str name)
{
	size_t at = 0;

	return http_field_next(r, name, &at) != NULL;
}

static bool
any_is_asterisk(const struct http_request *r, struct str name)
{
	const struct http_field *f;
	size_t at = 0;

	while ((f = http_field_next(r, name, &at)) != NULL)
		if (str_eq(f->value, STR("*")))
			return true;
	return false;
}

/* Whether there is exactly one field of that name, and it is a date. */
static bool
has_date(const struct http_request *r, struct str name, int64_t now, int64_t *date)
{
	const struct http_field *f;
	size_t at = 0;

	return (f = http_field_next(r, name, &at)) != NULL &&
	       http_field_next(r, name, &at) == NULL &&
	       http_date_parse(f->value, now, date);
}

static bool
has_failed(const struct http_request *r, const struct http_validators *v, int64_t now)
{
	int64_t since;

	if (has_field(r, STR("if-match")))
		return !any_is_asterisk(r, STR("if-match"));
	return v->dated && has_date(r, STR("if-unmodified-since"), now, &since) &&
	       v->modified > since;
}

static bool
is_not_modified(
    const struct http_request *r, const struct http_validators *v, int64_t now)
{
	int64_t since;

	if (has_field(r, STR("if-none-match")))
		return has_tag(r, STR("if-none-match"), v->etag);
	return v->dated && has_date(r, STR("if-modified-since"), now, &since) &&
	       since <= now && v->modified <= since;
}

enum http_condition
conditional_judge(
    const struct http_request *r, const struct http_validators *v, int64_t now)
{
	if (r->method != HTTP_GET && r->method != HTTP_HEAD)
		return HTTP_GO_ON;
	if (has_failed(r, v, now))
		return HTTP_FAILED;
	return is_not_modified(r, v, now) ? HTTP_NOT_MODIFIED : HTTP_GO_ON;
}
