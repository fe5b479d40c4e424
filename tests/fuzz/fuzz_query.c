/* Fuzzes targets: decoding, routing, query parameters, the printing of errors. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "http/percent.h"
#include "json/walk.h"
#include "python/text.h"
#include "reader/events.h"
#include "reader/query.h"
#include "reader/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
	if (!holds)
		abort();
}

static void
check_query(struct str raw, unsigned endpoint, struct arena *a)
{
	struct buf errors = { 0 };
	struct query q;
	struct json_value list;
	struct json_error err;
	bool good;

	buf_putc(&errors, '[');
	buf_puts(&errors, "0");
	good = query_parse(raw, endpoint, a, &q, &errors);
	buf_putc(&errors, ']');
	require(json_scan(errors.data, errors.len, &list, &err) == 0);
	require(good == (json_count(&list) == 1));
	if (good) {
		require(q.offset >= 0 && q.offset_text.len > 0);
		require(!q.has_limit || (q.limit >= 1 && q.limit_text.len > 0));
		require(text_valid(q.preset));
		require(q.since >= 0 && q.min_days >= 0 && q.format < FORMAT_MAX);
		require(q.kinds < UINT32_C(1) << EVENT_KIND_MAX);
	}
	buf_free(&errors);
}

/* At most one item, whatever is wrong. */
static void
check_events(struct str raw, struct arena *a)
{
	static struct http_request request;
	struct events_wanted wanted = { 0 };
	struct buf errors = { 0 };
	struct json_value list;
	struct json_error err;

	request.query = raw;
	events_parse(&request, a, &wanted, &errors);
	if (errors.len > 0)
		require(json_scan(errors.data, errors.len, &list, &err) == 0);
	require(wanted.categories >> CATEGORY_MAX == 0);
	require(!events_parse_id(raw, &wanted.position) || raw.len > 0);
	buf_free(&errors);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *text = malloc(size + 1);
	struct str s = { text, size }, path;
	struct route_match m;

	memcpy(text, data, size);
	path = percent_decode(s, false, a);
	require(text_valid(path));
	m = route_match(path);
	if (m.route == ROUTE_MODEL)
		require(m.model.len > 0);
	if (route_has_category(m.route))
		require(m.category.len > 0 &&
			memchr(m.category.p, '/', m.category.len) == NULL);
	if (m.route == ROUTE_REDIRECT)
		require(route_match(m.path).route > ROUTE_REDIRECT);
	check_query(s, QUERY_RISK, a);
	check_query(s, QUERY_STATISTICS, a);
	check_query(s, QUERY_CHANGES, a);
	check_events(s, a);
	free(text);
	arena_free(&a);
	return 0;
}
