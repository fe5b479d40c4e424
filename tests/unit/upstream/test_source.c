/* Documents and their places: order, reasons, side by side, and being interrupted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/http_stub.h"
#include "upstream/fetch.h"
#include "upstream/source.h"
#include "unit.h"

/* Addresses that live as long as a test. */
static char urls[8][64];

static const char *
url(int i, const char *path)
{
	snprintf(urls[i], sizeof(urls[i]), "%s", http_stub_url(&group_stub, path));
	return urls[i];
}

static int
setup(void **state)
{
	struct fetch_settings set = {
		.connect_timeout = 5,
		.stall_timeout = 30,
		.max_bytes = 1000,
		.user_agent = "hydratord-test",
		.proxy = "",
	};
	struct fetcher *f;
	char err[256];

	if (fetcher_open(&set, &f, err, sizeof(err)) == -1)
		return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fetcher *f = *state;

	fetcher_close(&f);
	return 0;
}

static bool
go_on(void *arg)
{
	(void)arg;
	return true;
}

static const struct source_wait patient = { .fd = -1, .attend = go_on };

static struct source
source(const char *name, const char *const *list, size_t n)
{
	return (struct source){ .name = name, .urls = list, .nurls = n, .timeout = 30 };
}

static void
assert_body(const struct source *s, const char *text)
{
	assert_true(s->done);
	assert_int_equal(s->body.len, strlen(text));
	assert_memory_equal(s->body.data, text, s->body.len);
}

TEST(test_first_place_that_has_it)
{
	const char *list[] = { url(0, "/500"), url(1, "/cut"), url(2, "/ok"),
		url(3, "/404") };
	struct source s = source("reference", list, 4);
	int64_t before = clock_boot();

	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FETCHED);
	assert_body(&s, HTTP_STUB_OK);
	assert_ptr_equal(s.url, list[2]);
	assert_int_equal(s.unfetched, 2);
	assert_int_equal(s.refused, 0);
	assert_in_range(s.fetched_boot, before, clock_boot());
	source_free_all(&s, 1);
	assert_null(s.body.data);
}

TEST(test_every_reason_is_told)
{
	const char *list[] = { url(0, "/500"), "file:///nonexistent/x.json",
		url(1, "/404") };
	struct source s = source("reference", list, 3);

	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FAILED);
	assert_false(s.done);
	assert_int_equal(s.unfetched, 3);
	assert_non_null(strstr(s.error, "/500: HTTP status 500; file:///nonexistent"));
	assert_non_null(strstr(s.error, "No such file or directory; http://"));
	assert_non_null(strstr(s.error, "/404: HTTP status 404"));
	source_free_all(&s, 1);
}

static bool
accept_long(void *arg, const struct buf *body, char *why, size_t whylen)
{
	size_t *learnt = arg;

	*learnt = body->len;
	if (body->len > 0)
		return true;
	snprintf(why, whylen, "an empty document");
	return false;
}

TEST(test_refused_content_is_no_document)
{
	const char *list[] = { url(0, "/empty"), url(1, "/ok") };
	struct source s = source("reference", list, 2);
	size_t learnt = 0;

	s.accept = accept_long;
	s.arg = &learnt;
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FETCHED);
	assert_body(&s, HTTP_STUB_OK);
	assert_int_equal(learnt, strlen(HTTP_STUB_OK));
	assert_int_equal(s.refused, 1);
	assert_int_equal(s.unfetched, 0);
	source_free_all(&s, 1);
	s = source("reference", list, 1);
	s.accept = accept_long;
	s.arg = &learnt;
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FAILED);
	assert_non_null(strstr(s.error, "/empty: an empty document"));
	source_free_all(&s, 1);
}

/* The one that fails does not stop the others: their state is news as well. */
TEST(test_all_are_settled)
{
	const char *ok = url(0, "/ok"), *gzip = url(1, "/gzip"), *bad = url(2, "/500");
	struct source s[3] = { source("reference", &bad, 1), source("status", &ok, 1),
		source("stats", &gzip, 1) };

	assert_int_equal(source_fetch_all(*state, s, 3, &patient), SOURCE_FAILED);
	assert_false(s[0].done);
	assert_body(&s[1], HTTP_STUB_OK);
	assert_body(&s[2], HTTP_STUB_OK);
	source_free_all(s, 3);
}

struct watch {
	int calls;
	int fd;
};

static bool
four_times(void *arg)
{
	struct watch *w = arg;

	return ++w->calls < 4;
}

/* Without anything on the descriptor it is called every second: the heartbeat. */
TEST(test_attended_to_while_an_upstream_hangs)
{
	const char *list[] = { url(0, "/hang") };
	struct source s = source("status", list, 1);
	struct watch w = { .calls = 0 };
	struct source_wait wait = { .fd = -1, .attend = four_times, .arg = &w };
	int64_t begin = clock_boot();

	assert_int_equal(source_fetch_all(*state, &s, 1, &wait), SOURCE_STOPPED);
	assert_in_range(clock_boot() - begin, 3 * NSEC_PER_SEC / 2, 20 * NSEC_PER_SEC);
	source_free_all(&s, 1);
}

static bool
stop_when_told(void *arg)
{
	struct watch *w = arg;
	char c;

	return read(w->fd, &c, 1) != 1;
}

TEST(test_descriptor_stops_at_once)
{
	const char *list[] = { url(0, "/drip") };
	struct source s = source("status", list, 1);
	int fds[2], i;
	struct watch w;
	struct source_wait wait;
	int64_t begin = clock_boot();

	assert_int_equal(pipe(fds), 0);
	w.fd = fds[0];
	wait =
	    (struct source_wait){ .fd = fds[0], .attend = stop_when_told, .arg = &w };
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(source_fetch_all(*state, &s, 1, &wait), SOURCE_STOPPED);
	assert_true(clock_boot() - begin < 20 * NSEC_PER_SEC);
	source_free_all(&s, 1);
	/* The fetcher is as good as before. */
	list[0] = url(0, "/ok");
	for (i = 0; i < 2; i++) {
		s = source("status", list, 1);
		assert_int_equal(
		    source_fetch_all(*state, &s, 1, &patient), SOURCE_FETCHED);
		assert_body(&s, HTTP_STUB_OK);
		source_free_all(&s, 1);
	}
	close(fds[0]);
	close(fds[1]);
}

/* Only a file that is not there: everything else that is wrong stays wrong. */
TEST(test_an_optional_file_may_be_missing)
{
	const char *missing[] = { "file:///nowhere/workers.json" };
	const char *directory[] = { "file:///" };
	const char *remote[] = { url(0, "/404") };
	struct source s;

	s = source("workers", missing, 1);
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FAILED);
	s = source("workers", missing, 1);
	s.optional = true;
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FETCHED);
	assert_true(s.done && s.missing);
	assert_int_equal(s.body.len, 0);
	assert_int_equal(s.unfetched, 0);
	assert_true(s.fetched_boot > 0);
	source_free_all(&s, 1);
	s = source("workers", directory, 1);
	s.optional = true;
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FAILED);
	s = source("workers", remote, 1);
	s.optional = true;
	assert_int_equal(source_fetch_all(*state, &s, 1, &patient), SOURCE_FAILED);
	assert_false(s.missing);
}

static void
assert_url(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

TEST_WITH(test_horde_addresses, NULL, NULL)
{
	static const char base[] = "https://h.example/api", dir[] = "file:///d/e";

	assert_url(source_status_url(base, true),
	    "https://h.example/api/v2/status/models?type=image&model_state=known");
	assert_url(source_status_url(base, false),
	    "https://h.example/api/v2/status/models?type=text&model_state=known");
	assert_url(source_stats_url(base, true),
	    "https://h.example/api/v2/stats/img/models?model_state=known");
	assert_url(source_stats_url(base, false),
	    "https://h.example/api/v2/stats/text/models?model_state=known");
	assert_url(source_status_url(dir, true), "file:///d/e/status_image.json");
	assert_url(source_status_url(dir, false), "file:///d/e/status_text.json");
	assert_url(source_stats_url(dir, true), "file:///d/e/stats_image.json");
	assert_url(source_stats_url(dir, false), "file:///d/e/stats_text.json");
	assert_url(source_workers_url(base, true),
	    "https://h.example/api/v2/workers?type=image");
	assert_url(source_workers_url(base, false),
	    "https://h.example/api/v2/workers?type=text");
	assert_url(source_workers_url(dir, true), "file:///d/e/workers.json");
	assert_url(source_workers_url(dir, false), "file:///d/e/workers.json");
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = http_stub_group_setup,
    .group_teardown = http_stub_group_teardown);
