/* Entity tags. */
#include "etag.h"

#include <string.h>

#include <xxhash.h>

/* The hexadecimal digits between the quotes. */
static void
etag_digits(uint64_t etag, char digits[16])
{
	int i;

	for (i = 15; i >= 0; i--, etag >>= 4)
		digits[i] = "0123456789abcdef"[etag & 15];
}

uint64_t
etag_mix(uint64_t content, const struct query *q)
{
	uint64_t h = content;

	if (q->preset.len > 0)
		h = XXH3_64bits_withSeed(q->preset.p, q->preset.len, h);
	if (query_paged(q)) {
		h = XXH3_64bits_withSeed(q->offset_text.p, q->offset_text.len, h);
		h = XXH3_64bits_withSeed(q->limit_text.p, q->limit_text.len, ~h);
	}
	return h;
}

uint64_t
etag_of(struct str body)
{
	return XXH3_64bits(body.p, body.len);
}

void
etag_put(struct buf *b, uint64_t etag)
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
etag_matches(const struct http_request *r, uint64_t etag)
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
