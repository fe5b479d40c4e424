/* Conditional requests: a field that is malformed must match nothing, never everything.
 */
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
skip_blanks(struct str s)
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

	*list = skip_blanks(*list);
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

bool
conditional_none_match(const struct http_request *r, uint64_t etag)
{
	const struct http_field *f;
	struct str list, tag;
	char digits[16];
	size_t at = 0;

	etag_digits(etag, digits);
	while ((f = http_field_next(r, STR("if-none-match"), &at)) != NULL) {
		if (str_eq(f->value, STR("*")))
			return true;
		list = f->value;
		while (next_tag(&list, &tag))
			if (str_eq(tag, (struct str){ digits, sizeof(digits) }))
				return true;
	}
	return false;
}

bool
conditional_not_modified_since(
    const struct http_request *q, int64_t modified, int64_t now)
{
	const struct http_field *f;
	size_t at = 0, again;
	int64_t since;

	if (q->method != HTTP_GET && q->method != HTTP_HEAD)
		return false;
	if ((f = http_field_next(q, STR("if-modified-since"), &at)) == NULL)
		return false;
	again = 0;
	if (http_field_next(q, STR("if-none-match"), &again) != NULL ||
	    http_field_next(q, STR("if-modified-since"), &at) != NULL)
		return false;
	return http_date_parse(f->value, now, &since) && modified <= since;
}
