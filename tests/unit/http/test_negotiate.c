/* Accept-Encoding: a table. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "http/negotiate.h"
#include "unit.h"

/* Parses a whole request with these field lines. b, z, g, i: the order. */
static void
assert_order(const char *fields, const char *want)
{
	static const char letters[ENCODING_MAX] = { 'i', 'g', 'b', 'z' };
	struct http_limits limits = { 10000, 10000 };
	struct http_request request;
	struct negotiation n;
	struct buf text = { 0 };
	char got[ENCODING_MAX + 1] = "";
	size_t scanned = 0;
	unsigned i;

	buf_printf(&text, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
	assert_int_equal(http_parse(text.data, text.len, &limits, &scanned, &request),
	    HTTP_PARSE_OK);
	negotiate(&request, &n);
	for (i = 0; i < n.n; i++)
		got[i] = letters[n.order[i]];
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", fields, got, want);
	buf_free(&text);
}

TEST(one_field)
{
	static const struct {
		const char *value, *order;
	} table[] = {
		{ "", "i" },
		{ "gzip", "gi" },
		{ "x-gzip", "gi" },
		{ "X-GZip;Q=0.5", "gi" },
		{ "br", "bi" },
		{ "zstd", "zi" },
		{ "identity", "i" },
		{ "gzip, deflate, br, zstd", "bzgi" },
		{ "gzip, zstd", "zgi" },
		{ "*", "bzgi" },
		{ "*;q=0", "" },
		{ "*;q=0.0, identity;q=0.1", "i" },
		{ "identity;q=0", "" },
		{ "identity;q=0, deflate", "" },
		{ "identity;q=0, gzip", "g" },
		{ "gzip;q=0, *", "bzi" },
		{ "*;q=0, gzip;q=0.001", "g" },
		{ "br;q=0.1, gzip;q=0.2, zstd;q=0.15", "gzbi" },
		{ "gzip;q=0.5, identity;q=0.5", "gi" },
		{ "gzip;q=0.5, identity", "ig" },
		{ "gzip;q=1.000, br;q=0.999", "gbi" },
		{ "gzip;q=0.", "i" },
		{ "gzip;q=1., br;q=0.5", "gbi" },
		{ "gzip, gzip;q=0", "i" },
		{ "gzip \t;\t q=0.5\t,br;q=0.4", "gbi" },
		{ ",, gzip ,,", "gi" },
		{ "snappy;q=1, gzip;q=0.1", "gi" },
		/* Malformed: only identity. */
		{ "gzip;q=1.001", "i" },
		{ "gzip;q=0.1234", "i" },
		{ "gzip;q=-1", "i" },
		{ "gzip;q=", "i" },
		{ "gzip;q = 1", "i" },
		{ "gzip;level=9", "i" },
		{ "gzip;", "i" },
		{ "gzip;q=1;q=1", "i" },
		{ "gzip br", "i" },
		{ ";q=1", "i" },
		{ "gzip, (br)", "i" },
		{ "gzip, \"br\"", "i" },
		{ "identity;q=0, gzip;q=2", "i" },
	};
	char fields[200];
	size_t i;

	for (i = 0; i < NELEM(table); i++) {
		snprintf(
		    fields, sizeof(fields), "Accept-Encoding: %s\r\n", table[i].value);
		assert_order(fields, table[i].order);
	}
}

TEST(no_field_or_several)
{
	assert_order("", "i");
	assert_order("Accept: gzip\r\n", "i");
	assert_order("accept-encoding: gzip;q=0.5\r\nACCEPT-ENCODING: zstd\r\n", "zgi");
	assert_order("Accept-Encoding: gzip\r\nAccept-Encoding: ;\r\n", "i");
}

static const struct {
	const char *accept;
	unsigned best;
} ranges[] = {
	{ "", 0 },
	{ "a/x", 0 },
	{ "b/y", 1 },
	{ "B/Y", 1 },
	{ "b/z", 2 },
	{ "*/*", 0 },
	{ "b/*", 1 },
	{ "b/*, b/y;q=0.5", 2 },
	{ "b/y;q=0.5, b/*", 2 },
	{ "b/*;q=0.3, */*;q=0.2", 1 },
	{ "a/x;q=0.2, b/z;q=0.3, b/y;q=0.25", 2 },
	{ "a/x;q=0, */*", 1 },
	{ "a/x;q=0.5, */*;q=0.5", 0 },
	{ "b/y;charset=utf-8;q=0.7, a/x;q=0.6", 1 },
	{ "b/y ; charset=\"a,b;\\\"c\" ; q=0.7 , a/x;q=0.6", 1 },
	{ "b/y;q=0.7;level=1, a/x;q=0.6", 1 },
	{ "b/y;q=0.7;level, a/x;q=0.6", 1 },
	{ "b/y;;q=0.7;, a/x;q=0.6", 1 },
	{ ",, b/y ,,", 1 },
	{ "text/html, */*;q=0.8", 0 },
	{ "a/x;q=0, b/y;q=0, b/z;q=0", 0 },
	/* Malformed: the first. */
	{ "b/y;q=2", 0 },
	{ "b/y;q=", 0 },
	{ "b/y, b", 0 },
	{ "b/y, /", 0 },
	{ "b/y;x=\"", 0 },
	{ "b/y;x=\"\\", 0 },
	{ "b/y a/x", 0 },
	{ "b/y, (", 0 },
};

TEST(types_by_weight_and_precision)
{
	static const struct str types[] = { STR("a/x"), STR("b/y"), STR("b/z") };
	struct http_request request = { .nfields = 1 };

	for (size_t i = 0; i < NELEM(ranges); i++) {
		request.fields[0] = (struct http_field){ STR("Accept"),
			{ ranges[i].accept, strlen(ranges[i].accept) } };
		if (negotiate_type(&request, types, 3) != ranges[i].best)
			fail_msg("%s", ranges[i].accept);
	}
	request.nfields = 0;
	assert_int_equal(negotiate_type(&request, types, 3), 0);
}
