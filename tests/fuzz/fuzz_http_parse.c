/* Fuzzes request heads: the verdict must not depend on how the bytes arrive. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = { .max_head = 2048, .max_target = 512 };

static void
require(int holds)
{
	if (!holds)
		abort();
}

/* Every string of an accepted head lies in it. */
static void
check_within(const char *text, const struct http_request *r, struct str s)
{
	if (s.len > 0 && !str_eq(s, STR("/")))
		require(s.p >= text && s.p + s.len <= text + r->head_len);
}

static void
check_accepted(const char *text, size_t len, const struct http_request *r)
{
	size_t i;

	require(r->head_len <= len && r->head_len >= 4);
	require(memcmp(text + r->head_len - 4, "\r\n\r\n", 4) == 0);
	require(r->path.len > 0 && memchr(r->path.p, ' ', r->path.len) == NULL);
	check_within(text, r, r->path);
	check_within(text, r, r->query);
	for (i = 0; i < r->nfields; i++) {
		require(r->fields[i].name.len > 0);
		check_within(text, r, r->fields[i].name);
		check_within(text, r, r->fields[i].value);
	}
}

/* What is known of a refused one is its beginning, and fields that lie in it. */
static void
check_refused(const char *text, size_t len, const struct http_request *r)
{
	size_t i;

	require(r->status == 400 || r->status == 414 || r->status == 431 ||
		r->status == 505);
	require((r->method == HTTP_HEAD) <= http_is_head((struct str){ text, len }));
	require((r->line.len > 0) == (r->status != 400));
	if (r->line.len > 0)
		require(r->line.p >= text && r->line.p + r->line.len <= text + len);
	for (i = 0; i < r->nfields; i++)
		require(r->fields[i].value.p >= text &&
			r->fields[i].value.p + r->fields[i].value.len <= text + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request whole, pieces;
	char *text = malloc(size + 1);
	enum http_verdict at_once, bit_by_bit = HTTP_PARSE_MORE;
	size_t scanned = 0, len;

	memcpy(text, data, size);
	at_once = http_parse(text, size, &limits, &scanned, &whole);
	if (at_once == HTTP_PARSE_OK)
		check_accepted(text, size, &whole);
	else if (at_once == HTTP_PARSE_BAD)
		check_refused(text, size, &whole);
	scanned = 0;
	for (len = 1; len <= size && bit_by_bit == HTTP_PARSE_MORE; len++)
		bit_by_bit = http_parse(text, len, &limits, &scanned, &pieces);
	/* In pieces it may be refused sooner, for another reason, but never accepted
	 * where it is refused at once. */
	if (size > 0)
		require((at_once == HTTP_PARSE_OK) == (bit_by_bit == HTTP_PARSE_OK));
	if (at_once == HTTP_PARSE_OK)
		require(whole.head_len == pieces.head_len);
	free(text);
	return 0;
}
