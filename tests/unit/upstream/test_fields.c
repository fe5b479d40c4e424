/* Manners of the client: conditions, Retry-After, and answers that lie. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "autoconf.h"
#include "base/clock.h"
#include "fixture/client_world.h"
#include "upstream/fields.h"
#include "unit.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define VALIDATORS "ETag: \"v1\"\r\nLast-Modified: " DATE "\r\n"

TEST(test_validators_come_back)
{
	struct fetch_request q = { .timeout = 5, .etag = "\"v1\"" };
	struct fetch_result r;

	r = client_get_text(
	    *state, "HTTP/1.1 200 OK\r\n" VALIDATORS "Content-Length: 2\r\n\r\n{}");
	assert_fetched(&r, "{}");
	assert_string_equal(r.etag, "\"v1\"");
	assert_string_equal(r.last_modified, DATE);
	assert_false(was_told(&client_stub, "If-"));
	q.url =
	    client_text_url(&client_stub, "HTTP/1.1 304 Same\r\n" VALIDATORS "\r\n");
	r = client_ask(*state, &q);
	assert_null(r.error);
	assert_true(r.not_modified);
	assert_int_equal(r.status, 304);
	assert_int_equal(r.body->len, 0);
	assert_string_equal(r.etag, "\"v1\"");
	assert_true(was_told(&client_stub, "If-None-Match: \"v1\"\r\n"));
	assert_false(was_told(&client_stub, "If-Modified-Since"));
	q.etag = NULL;
	q.last_modified = DATE;
	r = client_ask(*state, &q);
	assert_true(r.not_modified);
	assert_true(was_told(&client_stub, "If-Modified-Since: " DATE "\r\n"));
	assert_false(was_told(&client_stub, "If-None-Match"));
	/* The next one in the same slot is another request. */
	r = client_get(*state, http_stub_url(&client_stub, "/ok"));
	assert_fetched(&r, HTTP_STUB_OK);
	assert_null(r.etag);
	assert_false(was_told(&client_stub, "If-"));
}

TEST(test_304_to_nobody)
{
	struct fetch_result r;

	r = client_get_text(*state, "HTTP/1.1 304 Same\r\n" VALIDATORS "\r\n");
	assert_fails(&r, "HTTP status 304 without a condition", false);
	assert_int_equal(r.status, 304);
}

TEST(test_doubtful_validators_are_dropped)
{
	char text[1000];
	struct fetch_result r;

	r = client_get_text(*state,
	    "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nETag: \"b\"\r\n"
	    "Last-Modified: \x01\x02\r\nContent-Length: 2\r\n\r\n{}");
	assert_fetched(&r, "{}");
	assert_null(r.etag);
	assert_null(r.last_modified);
	snprintf(text, sizeof(text),
	    "HTTP/1.1 200 OK\r\nETag: \"%0*d\"\r\nContent-Length: 2\r\n\r\n{}",
	    FETCH_VALIDATOR_MAX, 0);
	r = client_get_text(*state, text);
	assert_fetched(&r, "{}");
	assert_null(r.etag);
}

static int64_t
retry_of(struct fetcher *f, const char *status, const char *fields)
{
	char text[300];
	struct fetch_result r;

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n",
	    status, fields);
	r = client_get_text(f, text);
	assert_fails(&r, "HTTP status", true);
	assert_int_equal(r.status, strtol(status, NULL, 10));
	return r.retry_after;
}

TEST(test_retry_after)
{
	char field[100];
	time_t then = time(NULL) + 100;
	struct tm tm;

	assert_int_equal(retry_of(*state, "429 Calm", "Retry-After: 95\r\n"), 95);
	assert_int_equal(retry_of(*state, "503 Busy", "Retry-After: 0\r\n"), 0);
	assert_int_equal(retry_of(*state, "503 Busy", ""), -1);
	assert_int_equal(retry_of(*state, "503 Busy", "Retry-After: soon\r\n"), -1);
	assert_int_equal(retry_of(*state, "500 Oops", "Retry-After: 95\r\n"), -1);
	strftime(field, sizeof(field), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
	    gmtime_r(&then, &tm));
	assert_in_range(retry_of(*state, "503 Busy", field), 80, 101);
}

TEST(test_retry_after_forms)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} table[] = {
		{ "0", 0 },
		{ "86399", 86399 },
		{ "86401", FETCH_RETRY_AFTER_MAX },
		{ "99999999999999999999999999", FETCH_RETRY_AFTER_MAX },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 37 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 37 },
		{ "Sun Nov  6 08:49:37 1994", 37 },
		{ "Sun, 06 Nov 1994 08:48:59 GMT", 0 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", FETCH_RETRY_AFTER_MAX },
		{ "", -1 },
		{ "-1", -1 },
		{ "+1", -1 },
		{ "1.5", -1 },
		{ "12 s", -1 },
		{ "19941106 08:49:37", -1 },
		{ "Sun", -1 },
		{ "never: no", -1 },
	};
	size_t i;
	int64_t got;

	for (i = 0; i < NELEM(table); i++) {
		/* 1994-11-06 08:49:00 */
		got = fields_parse_retry_after(table[i].text, 784111740 * NSEC_PER_SEC);
		if (got != table[i].seconds)
			fail_msg("%s: %jd", table[i].text, (intmax_t)got);
	}
}

TEST(test_what_may_be_tried_again)
{
	struct http_stub gone = { .port = 1 };
	struct fetch_result r;

	r = client_get(*state, http_stub_url(&gone, "/"));
	assert_fails(&r, "onnect", true);
	assert_int_equal(r.status, 0);
	r = client_get(*state, http_stub_url(&client_stub, "/reset"));
	assert_fails(&r, "", true);
	r = client_get(*state, http_stub_url(&client_stub, "/cut"));
	assert_fails(&r, "8 bytes remaining", true);
	r = client_get(*state, http_stub_url(&client_stub, "/500"));
	assert_fails(&r, "HTTP status 500", true);
	r = client_get(*state, http_stub_url(&client_stub, "/hang"));
	assert_fails(&r, "not a byte", true);
	r = client_get(*state, http_stub_url(&client_stub, "/404"));
	assert_fails(&r, "HTTP status 404", false);
	r = client_get(*state, http_stub_url(&client_stub, "/bomb"));
	assert_fails(&r, "larger", false);
	r = client_get(*state, "file:///nowhere/at/all");
	assert_fails(&r, "No such file", false);
}

TEST(test_lying_answers)
{
	/* "{}" by gzip -9n, without its last 6 bytes and whole but with a wrong sum. */
	static const char cut[] =
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 16\r\n\r\n"
	    "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xab\xae\x05\0\x43\xbf";
	static const char wrong[] =
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n"
	    "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xab\xae\x05\0\x44\xbf\xa6\xa3\x02\0\0\0";
	struct fetch_result r;

	r = client_get_text(*state, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
				    "Content-Length: 14\r\n\r\n" HTTP_STUB_OK);
	assert_fails(&r, "gzip is damaged", true);
	r = client_get_text(*state, "HTTP/1.1 200 OK\r\nContent-Encoding: cipher\r\n"
				    "Content-Length: 14\r\n\r\n" HTTP_STUB_OK);
	assert_fails(&r, "Content-Encoding", false);
	r = client_get(*state, client_raw_url(&client_stub, wrong, sizeof(wrong) - 1));
	assert_fails(&r, "gzip is damaged", true);
	r = client_get(*state, client_raw_url(&client_stub, cut, sizeof(cut) - 1));
	assert_fails(&r, "gzip is damaged", true);
	r = client_get_text(*state,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\n{}\r\n");
	assert_fails(&r, "", true);
	r = client_get_text(*state,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "zz\r\n{}\r\n0\r\n\r\n");
	assert_fails(&r, "", true);
	r = client_get_text(*state, "{\"no\": \"head\"}");
	assert_fails(&r, "", false);
	r = client_get_text(
	    *state, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}");
	assert_fails(&r, "", true);
	r = client_get_text(*state, "HTTP/1.1 206 Part\r\nContent-Length: 2\r\n\r\n{}");
	assert_fails(&r, "HTTP status 206", false);
}

TEST(test_agents)
{
	struct fetch_result r = client_get(*state, http_stub_url(&client_stub, "/ok"));

	assert_fetched(&r, HTTP_STUB_OK);
	assert_true(was_told(&client_stub, "User-Agent: hydratord-test\r\n"));
	assert_true(was_told(
	    &client_stub, "Client-Agent: hydratord:" PACKAGE_VERSION ":unknown\r\n"));
	assert_false(was_told(&client_stub, "apikey"));
	assert_true(was_told(&client_stub, "Accept-Encoding: gzip\r\n"));
}

UNIT_FIXTURE(.setup = client_setup, .teardown = client_teardown,
    .group_setup = client_setup_group, .group_teardown = client_teardown_group);
