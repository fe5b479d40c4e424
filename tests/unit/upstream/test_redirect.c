/* Redirects: where they may lead, and that nothing private goes along. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture/client_world.h"
#include "upstream/redirect.h"
#include "unit.h"

#define KEY "sesame-0123"

/* The URL at which from sends its visitors to that one. */
static const char *
redirect_url(const struct http_stub *from, const char *status, const char *location)
{
	char text[300];

	snprintf(text, sizeof(text),
	    "HTTP/1.1 %s\r\nLocation: %s\r\n"
	    "ETag: \"v1\"\r\n"
	    "Content-Length: 3\r\n\r\nno\n",
	    status, location);
	return client_text_url(from, text);
}

TEST(test_redirects_are_followed)
{
	static const char *const statuses[] = { "301 Moved", "302 Found", "303 See",
		"307 There", "308 There" };
	struct fetch_result r;
	size_t i;

	for (i = 0; i < NELEM(statuses); i++) {
		r = client_get(*state, redirect_url(&client_stub, statuses[i], "/ok"));
		assert_fetched(&r, HTTP_STUB_OK);
		assert_null(r.etag);
	}
	r = client_get(*state, redirect_url(&client_stub, "300 Choose", "/ok"));
	assert_fails(&r, "HTTP status 300", false);
	r = client_get(*state, redirect_url(&client_stub, "302 Found", "/404"));
	assert_fails(&r, "HTTP status 404", false);
	r = client_get(*state, redirect_url(&client_stub, "302 Found", "/500"));
	assert_fails(&r, "HTTP status 500", true);
	r = client_get_text(*state, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
	assert_fails(&r, "HTTP status 302", false);
}

TEST(test_redirects_end)
{
	char path[80];
	unsigned before;
	struct fetch_result r;
	const char *url;

	snprintf(path, sizeof(path), "/raw%s", client_answer_file);
	url = redirect_url(&client_stub, "302 Found", path);
	before = client_stub.counts->requests;
	r = client_get(*state, url);
	assert_fails(&r, "more than 3 redirects", false);
	assert_int_equal(client_stub.counts->requests, before + 4);
}

TEST(test_redirects_elsewhere_are_refused)
{
	struct fetch_result r;
	char file[100];

	snprintf(file, sizeof(file), "file://%s", client_answer_file);
	r = client_get(*state, redirect_url(&client_stub, "302 Found", file));
	assert_fails(&r, "neither http nor https", false);
	r = client_get(
	    *state, redirect_url(&client_stub, "302 Found", "ftp://127.0.0.1/"));
	assert_fails(&r, "neither http nor https", false);
	r = client_get(
	    *state, redirect_url(&client_stub, "302 Found", "javascript:alert(1)"));
	assert_non_null(r.error);
}

static void
assert_redirect(const char *from, const char *to, const char *want)
{
	char err[100] = "", *url = redirect_target(from, to, err, sizeof(err));

	if (want == NULL)
		assert_null(url);
	else
		assert_string_equal(url, want);
	free(url);
}

TEST(test_redirects_by_scheme)
{
	assert_redirect("http://a/", "https://b/x?y", "https://b/x?y");
	assert_redirect("http://a/", "HTTP://u:p@b/", "http://b/");
	assert_redirect("https://a/", "https://u@b:444/", "https://b:444/");
	assert_redirect("https://a/", "http://a/", NULL);
	assert_redirect("https://a/", "HTTP://a/", NULL);
	assert_redirect("https://a/", "file:///etc/passwd", NULL);
	assert_redirect("http://a/", "gopher://a/", NULL);
}

TEST(test_origins)
{
	assert_true(redirect_same_origin("https://h/api", "https://H:443/x"));
	assert_true(redirect_same_origin("http://[::1]:8/api", "http://[::1]:8"));
	assert_false(redirect_same_origin("https://h/", "http://h/"));
	assert_false(redirect_same_origin("https://h/", "https://h:444/"));
	assert_false(redirect_same_origin("https://h/", "https://h.example/"));
	assert_false(redirect_same_origin("https://h/", "https://h@evil/"));
	assert_false(redirect_same_origin("file:///a", "file:///a"));
	assert_false(redirect_same_origin("", ""));
}

/* The time of all of it counts, not of each step. */
TEST(test_redirects_do_not_prolong)
{
	struct fetch_request q = { .timeout = 2 };
	struct fetch_result r;

	q.url = redirect_url(&client_stub, "302 Found", "/drip");
	r = client_ask(*state, &q);
	assert_fails(&r, "timed out", true);
}

TEST(test_conditions_stay_behind)
{
	struct fetch_request q = { .timeout = 5, .etag = "\"v1\"" };
	struct fetch_result r;

	q.url = redirect_url(
	    &client_stub, "302 Found", http_stub_url(&client_other, "/ok"));
	r = client_ask(*state, &q);
	assert_fetched(&r, HTTP_STUB_OK);
	assert_true(was_told(&client_stub, "If-None-Match"));
	assert_false(was_told(&client_other, "If-None-Match"));
}

TEST(test_password_stays_behind)
{
	char url[200];
	const char *plain = redirect_url(&client_stub, "302 Found", "/ok");
	struct fetch_result r;

	snprintf(url, sizeof(url), "http://me:secret@%s", plain + strlen("http://"));
	r = client_get(*state, url);
	assert_fetched(&r, HTTP_STUB_OK);
	assert_false(was_told(&client_stub, "Authorization"));
	redirect_url(&client_stub, "302 Found", http_stub_url(&client_other, "/ok"));
	r = client_get(*state, url);
	assert_fetched(&r, HTTP_STUB_OK);
	assert_true(was_told(&client_stub, "Authorization: Basic"));
	assert_false(was_told(&client_other, "Authorization"));
}

static int
setup_key(void **state)
{
	return client_setup_key(state, " " KEY " \n");
}

TEST_WITH(test_key_goes_to_its_host_alone, setup_key, client_teardown)
{
	const char *away = http_stub_url(&client_other, "/ok");
	struct fetch_result r;

	r = client_get(*state, http_stub_url(&client_stub, "/ok"));
	assert_fetched(&r, HTTP_STUB_OK);
	assert_true(was_told(&client_stub, "apikey: " KEY "\r\n"));
	r = client_get(*state, away);
	assert_fetched(&r, HTTP_STUB_OK);
	assert_false(was_told(&client_other, "apikey"));
	r = client_get(*state, redirect_url(&client_stub, "302 Found", away));
	assert_fetched(&r, HTTP_STUB_OK);
	assert_true(was_told(&client_stub, "apikey: " KEY "\r\n"));
	assert_false(was_told(&client_other, "apikey"));
}

static int
setup_bad_key(void **state)
{
	return client_setup_key(state, "bad\x01key\n");
}

TEST_WITH(test_no_key_in_the_file, setup_bad_key, client_teardown)
{
	struct fetch_result r = client_get(*state, http_stub_url(&client_stub, "/ok"));

	assert_fetched(&r, HTTP_STUB_OK);
	assert_false(was_told(&client_stub, "apikey"));
}

UNIT_FIXTURE(.setup = client_setup, .teardown = client_teardown,
    .group_setup = client_setup_group, .group_teardown = client_teardown_group);
