/* Request heads: what is accepted, what is refused, and that both do not depend on how
 * the bytes arrive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/date.h"
#include "http/parse.h"
#include "http/response.h"
#include "unit.h"

static const struct http_limits limits = { .max_head = 512, .max_target = 100 };

#define LINE "GET /a?b=c HTTP/1.1\r\n"
#define HOST "Host: x\r\n"
#define CASE(text, status)                                                             \
	{                                                                              \
		text, sizeof(text) - 1, status                                         \
	}

static const struct {
	const char *text;
	size_t len;
	int status; /* 0: accepted */
} cases[] = {
	CASE(LINE HOST "\r\n", 0),
	CASE("\r\n" LINE HOST "\r\n", 0),
	CASE("GET / HTTP/1.0\r\n\r\n", 0),
	CASE("GET / HTTP/1.2\r\n" HOST "\r\n", 0),
	CASE("GET / HTTP/1.9\r\n" HOST "\r\n", 0),
	CASE("GET http://h:80/a HTTP/1.1\r\nHost: x\r\n\r\n", 0),
	CASE("GET HTTPS://h?q HTTP/1.1\r\nHost: x\r\n\r\n", 0),
	CASE("GET http://[::1]:80/?q HTTP/1.1\r\nHost: x:80\r\n\r\n", 0),
	CASE("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", 0),
	CASE("BREW / HTTP/1.1\r\nHost: [::1]:8\r\n\r\n", 0),
	CASE(LINE HOST "Content-Length: 0\r\n\r\n", 0),
	CASE(LINE HOST "Content-Length: 10\r\n\r\n", 0),
	CASE(LINE HOST "Transfer-Encoding: Chunked\r\n\r\n", 0),
	CASE(LINE HOST "A:\tb\xff \r\nB:\r\n\r\n", 0),
	CASE("GET /\"<>[]{}|^`\\ HTTP/1.1\r\nHost: x\r\n\r\n", 0),
	/* Line ends and white space that are not the standard's. */
	CASE("GET / HTTP/1.1\nHost: x\n\n", 400),
	CASE(LINE "Host: x\n\r\n", 400),
	CASE(LINE HOST "A: b\rc\r\n\r\n", 400),
	CASE(LINE HOST "A: b\r\r\n\r\n", 400),
	CASE("GET /\r HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE(LINE HOST "A: b\r\n c\r\n\r\n", 400),
	CASE(LINE " A: b\r\n" HOST "\r\n", 400),
	CASE(LINE HOST "A : b\r\n\r\n", 400),
	CASE(LINE HOST ": b\r\n\r\n", 400),
	CASE(LINE HOST "A\r\n\r\n", 400),
	CASE(LINE HOST "A: \0\r\n\r\n", 400),
	CASE(LINE HOST "A: \x7f\r\n\r\n", 400),
	CASE(LINE HOST "A\xe9: b\r\n\r\n", 400),
	CASE("\r\n\r\n" LINE HOST "\r\n", 400),
	/* The request line. */
	CASE("GET  / HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET / HTTP/1.1 \r\n" HOST "\r\n", 400),
	CASE(" GET / HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET / \r\n" HOST "\r\n", 400),
	CASE("GET /\r\n" HOST "\r\n", 400),
	CASE("GET / http/1.1\r\n" HOST "\r\n", 400),
	CASE("GET / HTTP/1.10\r\n" HOST "\r\n", 400),
	CASE("GET / HTTP/1.2\r\n\r\n", 400),
	CASE("GET / HTTP/2.0\r\n" HOST "\r\n", 505),
	CASE("GET / HTTP/0.9\r\n" HOST "\r\n", 505),
	CASE("GET a HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET * HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET ?a HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET http:// HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET http://u@h/ HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("G(T / HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("\x16\x03\x01\x02\x00\x01", 400),
	CASE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400),
	/* Host. */
	CASE(LINE "\r\n", 400),
	CASE(LINE HOST HOST "\r\n", 400),
	CASE(LINE "Host: a b\r\n\r\n", 400),
	CASE(LINE "Host: a/b\r\n\r\n", 400),
	CASE(LINE "Host: u@h\r\n\r\n", 400),
	CASE(LINE "Host: a:b:c\r\n\r\n", 400),
	CASE("GET / HTTP/1.0\r\nHost: [::1\r\n\r\n", 400),
	CASE("GET http://h/ HTTP/1.1\r\nHost: %zz\r\n\r\n", 400),
	CASE("GET http://a:b:c/ HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET http://[::1?q HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET http://:80 HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET https://?q HTTP/1.1\r\n" HOST "\r\n", 400),
	CASE("GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n", 400),
	CASE("GET http://h/ HTTP/1.1\r\n\r\n", 400),
	/* Where the message ends must be beyond doubt. */
	CASE(LINE HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length: 1, 1\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length: +1\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length: -1\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length:\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length: 0x1\r\n\r\n", 400),
	CASE(LINE HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
	CASE(LINE HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
	CASE(LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
	CASE(LINE HOST "Transfer-Encoding: identity\r\n\r\n", 400),
	CASE(LINE HOST
	    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	    400),
	CASE("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
};

/* In memory of exactly that size, so that a sanitizer sees one byte too many. */
static enum http_verdict
parse(const char *text, size_t len, size_t *scanned, struct http_request *r)
{
	char *copy = malloc(len ? len : 1);
	enum http_verdict v;

	memcpy(copy, text, len);
	v = http_parse(copy, len, &limits, scanned, r);
	free(copy);
	return v;
}

TEST(heads_are_judged)
{
	struct http_request r;
	size_t i, scanned;
	enum http_verdict v;

	for (i = 0; i < NELEM(cases); i++) {
		scanned = 0;
		v = parse(cases[i].text, cases[i].len, &scanned, &r);
		if (v != (cases[i].status ? HTTP_PARSE_BAD : HTTP_PARSE_OK) ||
		    (v == HTTP_PARSE_BAD && r.status != cases[i].status))
			fail_msg("case %zu: %s", i, cases[i].text);
		if (v == HTTP_PARSE_OK)
			assert_int_equal(r.head_len, cases[i].len);
	}
}

/* Byte by byte the verdict is the same; nothing incomplete is accepted. */
TEST(arrival_does_not_matter)
{
	struct http_request r;
	size_t i, len, scanned;
	enum http_verdict v = HTTP_PARSE_MORE;

	for (i = 0; i < NELEM(cases); i++) {
		scanned = 0;
		for (len = 1; len <= cases[i].len; len++) {
			v = parse(cases[i].text, len, &scanned, &r);
			if (v != HTTP_PARSE_MORE)
				break;
		}
		if (cases[i].status) {
			assert_int_equal(v, HTTP_PARSE_BAD);
			assert_int_equal(r.status, cases[i].status);
		} else {
			assert_int_equal(v, HTTP_PARSE_OK);
			assert_int_equal(len, cases[i].len);
		}
	}
}

/* Whatever it is refused for, and wherever the bytes end. */
TEST(a_head_that_is_refused_is_one)
{
	static const struct {
		const char *text;
		bool head;
	} heads[] = {
		{ "HEAD / HTTP/1.1\r\n\r\n", true },
		{ "\r\nHEAD / HTTP/1.1\r\nHost: a:b:c\r\n\r\n", true },
		{ "HEAD / HTTP/2.0\r\n" HOST "\r\n", true },
		{ "HEAD / HTTP/1.1\n", true },
		{ "HEAD  / HTTP/1.1\r\n" HOST "\r\n", true },
		{ "HEAD * HTTP/1.1\r\n" HOST "\r\n", true },
		{ "HEAD\t/ HTTP/1.1\r\n" HOST "\r\n", false },
		{ "HEADS / HTTP/1.1\r\n\r\n", false },
		{ "head / HTTP/1.1\r\n\r\n", false },
		{ "\r\n\r\nHEAD / HTTP/1.1\r\n" HOST "\r\n", false },
		{ "GET / HTTP/1.1\r\n\r\n", false },
	};
	struct http_request r;
	size_t i, len, scanned;
	enum http_verdict v;

	for (i = 0; i < NELEM(heads); i++) {
		len = strlen(heads[i].text);
		scanned = 0;
		v = parse(heads[i].text, len, &scanned, &r);
		assert_int_equal(v, HTTP_PARSE_BAD);
		assert_int_equal(r.method == HTTP_HEAD, heads[i].head);
		for (len = 1, v = HTTP_PARSE_MORE, scanned = 0; v == HTTP_PARSE_MORE;)
			v = parse(heads[i].text, len++, &scanned, &r);
		assert_int_equal(r.method == HTTP_HEAD, heads[i].head);
	}
}

static struct http_request
accepted(const char *text)
{
	struct http_request r;
	size_t scanned = 0;

	assert_int_equal(
	    http_parse(text, strlen(text), &limits, &scanned, &r), HTTP_PARSE_OK);
	return r;
}

#define assert_str(s, text) assert_true(str_eq((s), STR(text)))

TEST(targets_are_taken_apart)
{
	struct http_request r;

	r = accepted(LINE HOST "\r\n");
	assert_int_equal(r.method, HTTP_GET);
	assert_str(r.path, "/a");
	assert_str(r.query, "b=c");
	r = accepted("HEAD http://h:80?q=?#f HTTP/1.1\r\nhOsT: other\r\n\r\n");
	assert_int_equal(r.method, HTTP_HEAD);
	assert_str(r.path, "/");
	assert_str(r.query, "q=?");
	r = accepted("POST /p#f?x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(r.method, HTTP_POST);
	r = accepted("PUT /p#f?x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(r.method, HTTP_OTHER);
	r = accepted("PATCHY /p HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(r.method, HTTP_UNKNOWN);
	r = accepted("get /p HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(r.method, HTTP_UNKNOWN);
	assert_str(r.path, "/p");
	assert_int_equal(r.query.len, 0);
	r = accepted("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(r.method, HTTP_OPTIONS);
	assert_str(r.path, "*");
}

TEST(connection_follows_version_and_tokens)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} heads[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: a, close ,b\r\n\r\n",
		    false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: a\r\nConnection: "
		  "close\r\n\r\n",
		    false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n",
		    false },
		{ "GET / HTTP/1.9\r\nHost: x\r\n\r\n", true },
		{ "GET / HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
	};
	size_t i;

	for (i = 0; i < NELEM(heads); i++)
		assert_int_equal(
		    accepted(heads[i].text).keep_alive, heads[i].keep_alive);
}

TEST(bodies_are_noticed)
{
	assert_false(accepted(LINE HOST "Content-Length: 000\r\n\r\n").has_body);
	assert_true(accepted(LINE HOST "Content-Length: 010\r\n\r\n").has_body);
	assert_true(
	    accepted(LINE HOST "Content-Length: 99999999999999999999999\r\n\r\n")
		.has_body);
	assert_true(accepted(LINE HOST "Transfer-Encoding: chunked\r\n\r\n").has_body);
	assert_false(accepted(LINE HOST "\r\n").has_body);
}

TEST(fields_are_found)
{
	struct http_request r =
	    accepted(LINE HOST "ETAG: 1\r\nA: x\r\netag: \t2 3 \r\n\r\n");
	const struct http_field *f;
	size_t at = 0;

	f = http_field_next(&r, STR("etag"), &at);
	assert_str(f->value, "1");
	f = http_field_next(&r, STR("etag"), &at);
	assert_str(f->value, "2 3");
	assert_null(http_field_next(&r, STR("etag"), &at));
}

TEST(only_the_first_head_is_taken)
{
	static const char one[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char two[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTT";
	size_t len = sizeof(one) - 1;
	struct http_request r;
	size_t scanned = 0;

	assert_int_equal(parse(two, sizeof(two) - 1, &scanned, &r), HTTP_PARSE_OK);
	assert_int_equal(r.head_len, len);
	scanned = 0;
	assert_int_equal(
	    parse(two + len, sizeof(two) - 1 - len, &scanned, &r), HTTP_PARSE_MORE);
}

/* prefix, then 'x' up to n bytes in all less the suffix, then the suffix. */
static void
pad(char *text, const char *prefix, size_t n, const char *suffix)
{
	size_t head = strlen(prefix), tail = strlen(suffix);

	memcpy(text, prefix, head);
	memset(text + head, 'x', n - head - tail);
	memcpy(text + n - tail, suffix, tail + 1);
}

static int
status_of(const char *text, size_t len)
{
	struct http_request r;
	size_t scanned = 0;

	switch (parse(text, len, &scanned, &r)) {
	case HTTP_PARSE_OK:
		return 0;
	case HTTP_PARSE_MORE:
		return 1;
	case HTTP_PARSE_BAD:
		break;
	}
	return r.status;
}

/* A target of 100 bytes is the longest, whether its end is in sight or not. */
TEST(targets_are_limited)
{
	static const char end[] = " HTTP/1.1\r\nHost: x\r\n\r\n";
	char text[512];

	pad(text, "GET /", 104 + strlen(end), end);
	assert_int_equal(status_of(text, strlen(text)), 0);
	assert_int_equal(status_of(text, 104), 1);
	pad(text, "GET /", 105 + strlen(end), end);
	assert_int_equal(status_of(text, strlen(text)), 414);
	assert_int_equal(status_of(text, 105), 414);
}

TEST(heads_are_limited)
{
	char text[1024];
	size_t i, n, len;

	pad(text, "GET / HTTP/1.1\r\nHost: ", 512, "\r\n\r\n");
	assert_int_equal(status_of(text, 512), 0);
	assert_int_equal(status_of(text, 511), 1);
	pad(text, "GET / HTTP/1.1\r\nHost: ", 513, "\r\n\r\n");
	assert_int_equal(status_of(text, 513), 431);
	assert_int_equal(status_of(text, 512), 431);
	for (n = HTTP_FIELDS_MAX - 1; n <= HTTP_FIELDS_MAX; n++) {
		len = (size_t)snprintf(
		    text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n");
		for (i = 0; i < n; i++, len += 4)
			memcpy(text + len, "A:\r\n", 4);
		memcpy(text + len, "\r\n", 2);
		assert_int_equal(
		    status_of(text, len + 2), n == HTTP_FIELDS_MAX ? 431 : 0);
	}
}

TEST(dates_are_fixed_format)
{
	char date[HTTP_DATE_SIZE];

	http_date(784111777, date); /* the example of RFC 9110 section 5.6.7 */
	assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date(0, date);
	assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date(INT64_C(4102444799), date);
	assert_string_equal(date, "Thu, 31 Dec 2099 23:59:59 GMT");
}
