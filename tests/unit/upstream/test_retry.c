/* The policy of retries, and which host a URL speaks to. */
#include <stdio.h>
#include <string.h>

#include "shm/origin.h"
#include "upstream/retry.h"
#include "unit.h"

TEST(three_tries_and_no_more)
{
	assert_true(retry_wait(1, true, 0) >= 0);
	assert_true(retry_wait(2, true, 0) >= 0);
	assert_int_equal(retry_wait(3, true, 0), -1);
	assert_int_equal(retry_wait(4, true, UINT32_MAX), -1);
}

TEST(what_will_not_change_is_not_tried_again)
{
	assert_int_equal(retry_wait(1, false, 0), -1);
	assert_int_equal(retry_wait(2, false, 77), -1);
}

/* Full jitter: from nothing to all of it, in proportion. */
TEST(the_wait_is_anything_up_to_a_second)
{
	unsigned tried;

	for (tried = 1; tried < RETRY_TRIES; tried++) {
		assert_int_equal(retry_wait(tried, true, 0), 0);
		assert_int_equal(retry_wait(tried, true, UINT32_MAX), NSEC_PER_SEC);
		assert_in_range(retry_wait(tried, true, UINT32_MAX / 2),
		    NSEC_PER_SEC / 2 - 1, NSEC_PER_SEC / 2 + 1);
	}
}

TEST(the_host_of_a_url)
{
	static const struct {
		const char *url, *origin;
	} cases[] = {
		{ "https://h.example/api", "https://h.example:443" },
		{ "http://h.example", "http://h.example:80" },
		{ "HTTP://H.Example:8080?q", "http://h.example:8080" },
		{ "https://h.example:/x", "https://h.example:443" },
		{ "https://user:p@ss@h.example/a@b:1", "https://h.example:443" },
		{ "https://h.example:443/x:9", "https://h.example:443" },
		{ "http://[::1]/x", "http://[::1]:80" },
		{ "http://[FE80::1]:81#f", "http://[fe80::1]:81" },
	};
	char origin[ORIGIN_SIZE];
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		assert_true(origin_of_url(cases[i].url, origin));
		assert_string_equal(origin, cases[i].origin);
	}
}

TEST(what_has_no_host)
{
	static const char *const urls[] = { "file:///x", "file://h/x", "", "http:/x",
		"http://", "https:///x", "https://:443/", "http://h:123456/",
		"ftp://h/" };
	char origin[ORIGIN_SIZE], url[300];
	size_t i;

	for (i = 0; i < NELEM(urls); i++)
		assert_false(origin_of_url(urls[i], origin));
	snprintf(url, sizeof(url), "https://%0200d:65535/", 0);
	assert_true(origin_of_url(url, origin));
	assert_int_equal(strlen(origin), ORIGIN_SIZE - 2);
	snprintf(url, sizeof(url), "https://%0201d/", 0);
	assert_false(origin_of_url(url, origin));
}
