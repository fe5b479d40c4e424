/* Fetching: what counts as success, every limit, and that nothing can hold it up. */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "upstream/fetch.h"
#include "unit.h"

#define MAX_BYTES 1000000
#define PATIENCE 60 /* seconds: machines are shared */

static struct http_stub stub;

static int
setup_group(void **state UNUSED)
{
	http_stub_start(&stub);
	return directory_make();
}

static int
teardown_group(void **state UNUSED)
{
	http_stub_stop(&stub);
	return directory_remove(NULL, NULL);
}

static int
setup_with(void **state, int stall_timeout, const char *proxy)
{
	struct fetch_settings set = {
		.connect_timeout = PATIENCE,
		.stall_timeout = stall_timeout,
		.max_bytes = MAX_BYTES,
		.user_agent = "hydratord-test",
		.proxy = proxy,
	};
	struct fetcher *f;
	char err[256] = "";

	if (fetcher_open(&set, &f, err, sizeof(err)) == -1) {
		print_error("%s\n", err);
		return -1;
	}
	*state = f;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, PATIENCE, "");
}

static int
teardown(void **state)
{
	struct fetcher *f = *state;

	fetcher_close(&f);
	assert_null(f);
	fetcher_close(&f);
	return 0;
}

/* Begins what is not to end by its timeout. */
static void
start(struct fetcher *f, unsigned slot, const char *url)
{
	struct fetch_request q = { .url = url, .timeout = PATIENCE };

	fetcher_start(f, slot, &q);
}

/* Fetches one document. */
static struct fetch_result
fetch_within(struct fetcher *f, const char *url, int64_t timeout)
{
	struct fetch_request q = { .url = url, .timeout = timeout };
	struct fetch_result r;

	fetcher_start(f, 0, &q);
	if (fetcher_wait(f, -1, 2 * PATIENCE * 1000, &r) != 1)
		fail_msg("%s: no result", url);
	assert_int_equal(r.slot, 0);
	return r;
}

static struct fetch_result
fetch(struct fetcher *f, const char *url)
{
	return fetch_within(f, url, PATIENCE);
}

static void
assert_document(const struct fetch_result *r, const char *text)
{
	if (r->error != NULL)
		fail_msg("%s", r->error);
	assert_int_equal(r->body->len, strlen(text));
	if (r->body->len > 0)
		assert_memory_equal(r->body->data, text, r->body->len);
}

static void
assert_fails(const struct fetch_result *r, const char *why)
{
	if (r->error == NULL)
		fail_msg("fetched, instead of \"%s\"", why);
	if (strstr(r->error, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", r->error, why);
}

TEST(test_status_200)
{
	int64_t before = clock_boot(), before_wall = clock_wall();
	struct fetch_result r = fetch(*state, http_stub_url(&stub, "/ok"));

	assert_document(&r, HTTP_STUB_OK);
	assert_in_range(r.fetched_boot, before, clock_boot());
	assert_in_range(r.fetched_wall, before_wall, clock_wall());
	r = fetch(*state, http_stub_url(&stub, "/empty"));
	assert_document(&r, "");
}

/* What is long on its way is that much older. */
TEST(test_the_time_is_that_of_the_request)
{
	struct fetch_request q = { .url = http_stub_url(&stub, "/ok"), .timeout = 60 };
	int64_t begun, before = clock_boot(), before_wall = clock_wall();
	struct fetch_result r;

	fetcher_start(*state, 0, &q);
	begun = clock_boot();
	assert_int_equal(
	    nanosleep(&(struct timespec){ .tv_nsec = 5 * NSEC_PER_MSEC }, NULL), 0);
	assert_int_equal(fetcher_wait(*state, -1, 10000, &r), 1);
	assert_in_range(r.fetched_boot, before, begun);
	assert_in_range(r.fetched_wall, before_wall, clock_wall() - 5 * NSEC_PER_MSEC);
}

TEST(test_gzip_is_decoded)
{
	struct fetch_result r = fetch(*state, http_stub_url(&stub, "/gzip"));

	assert_document(&r, HTTP_STUB_OK);
}

TEST(test_other_status)
{
	struct fetch_result r;

	r = fetch(*state, http_stub_url(&stub, "/404"));
	assert_fails(&r, "HTTP status 404");
	r = fetch(*state, http_stub_url(&stub, "/500"));
	assert_fails(&r, "HTTP status 500");
}

TEST(test_cut_short)
{
	struct fetch_result r = fetch(*state, http_stub_url(&stub, "/cut"));

	assert_fails(&r, "8 bytes remaining");
	r = fetch(*state, http_stub_url(&stub, "/reset"));
	assert_non_null(r.error);
}

TEST(test_limit_counts_decoded_bytes)
{
	struct fetch_result r;

	r = fetch(*state, http_stub_url(&stub, "/endless"));
	assert_fails(&r, "larger than upstream.max_bytes (1000000)");
	assert_true(r.body->len <= MAX_BYTES);
	r = fetch(*state, http_stub_url(&stub, "/bomb"));
	assert_fails(&r, "larger than upstream.max_bytes (1000000)");
	assert_true(r.body->len <= MAX_BYTES);
	r = fetch(*state, http_stub_url(&stub, "/lying-bomb"));
	assert_fails(&r, "gzip is damaged or cut");
	assert_true(r.body->len <= MAX_BYTES);
}

static int
setup_stall(void **state)
{
	return setup_with(state, 2, "");
}

TEST_WITH(test_stall_ends_before_the_timeout, setup_stall, teardown)
{
	struct fetch_result r;

	r = fetch(*state, http_stub_url(&stub, "/stall"));
	assert_fails(&r, "not a byte for upstream.stall_timeout, after 6");
	r = fetch(*state, http_stub_url(&stub, "/hang"));
	assert_fails(&r, "not a byte for upstream.stall_timeout, after 0");
	r = fetch(*state, http_stub_url(&stub, "/error-stall"));
	assert_fails(&r, "HTTP status 503");
}

TEST(test_total_timeout)
{
	struct fetch_result r = fetch_within(*state, http_stub_url(&stub, "/drip"), 2);

	assert_fails(&r, "timed out");
}

TEST(test_refused_connection_and_bad_urls)
{
	struct http_stub gone = stub;
	struct fetch_result r;

	gone.port = 1;
	r = fetch(*state, http_stub_url(&gone, "/ok"));
	assert_non_null(r.error);
	r = fetch(*state, "ftp://127.0.0.1/x");
	assert_fails(&r, "rotocol");
	r = fetch(*state, "no url");
	assert_non_null(r.error);
	r = fetch(*state, "");
	assert_non_null(r.error);
}

TEST(test_connection_is_kept)
{
	unsigned connections = stub.counts->connections;
	struct fetch_result r;
	int i;

	for (i = 0; i < 5; i++) {
		r = fetch(*state, http_stub_url(&stub, "/ok"));
		assert_document(&r, HTTP_STUB_OK);
	}
	assert_int_equal(stub.counts->connections, connections + 1);
}

/* Two that hang do not keep the third from arriving, nor the caller from leaving. */
TEST(test_slots_are_independent)
{
	struct fetcher *f = *state;
	struct fetch_result r;

	start(f, 0, http_stub_url(&stub, "/hang"));
	start(f, 1, http_stub_url(&stub, "/stall"));
	start(f, 2, http_stub_url(&stub, "/ok"));
	assert_int_equal(fetcher_wait(f, -1, PATIENCE * 1000 / 2, &r), 1);
	assert_int_equal(r.slot, 2);
	assert_document(&r, HTTP_STUB_OK);
	assert_int_equal(fetcher_wait(f, -1, 100, &r), 0);
	fetcher_cancel(f);
	r = fetch(f, http_stub_url(&stub, "/ok"));
	assert_document(&r, HTTP_STUB_OK);
}

TEST(test_descriptor_interrupts)
{
	struct fetcher *f = *state;
	int64_t begin = clock_boot();
	struct fetch_result r;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	start(f, 0, http_stub_url(&stub, "/hang"));
	assert_int_equal(fetcher_wait(f, fds[0], 200, &r), 0);
	assert_true(clock_boot() - begin >= 200 * NSEC_PER_MSEC);
	fetcher_cancel(f);
	start(f, 0, http_stub_url(&stub, "/drip"));
	assert_int_equal(write(fds[1], "x", 1), 1);
	begin = clock_boot();
	assert_int_equal(fetcher_wait(f, fds[0], PATIENCE * 1000 / 2, &r), 0);
	assert_true(clock_boot() - begin < PATIENCE * NSEC_PER_SEC / 4);
	close(fds[0]);
	close(fds[1]);
}

static void
write_file(const char *path, size_t size)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	for (; size > 0; size--)
		putc('x', fp);
	assert_int_equal(fclose(fp), 0);
}

TEST(test_files)
{
	char path[128], url[160];
	struct fetch_result r;

	snprintf(path, sizeof(path), "%s/a file", directory);
	snprintf(url, sizeof(url), "file://%s/a%%20file", directory);
	write_file(path, 5);
	r = fetch(*state, url);
	assert_document(&r, "xxxxx");
	write_file(path, MAX_BYTES);
	r = fetch(*state, url);
	assert_null(r.error);
	write_file(path, MAX_BYTES + 1);
	r = fetch(*state, url);
	assert_fails(&r, "upstream.max_bytes");
	unlink(path);
	r = fetch(*state, url);
	assert_fails(&r, "No such file");
	/* Nobody will ever write to it: opening it would block for ever. */
	assert_int_equal(mkfifo(path, 0600), 0);
	r = fetch(*state, url);
	assert_fails(&r, "not a regular file");
	unlink(path);
	snprintf(url, sizeof(url), "file://%s", directory);
	r = fetch(*state, url);
	assert_fails(&r, "not a regular file");
}

static int
setup_environment(void **state)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	return setup(state);
}

TEST_WITH(test_proxy_only_as_configured, setup_environment, teardown)
{
	struct fetch_result r = fetch(*state, http_stub_url(&stub, "/ok"));

	assert_document(&r, HTTP_STUB_OK);
	unsetenv("http_proxy");
}

static int
setup_proxy(void **state)
{
	setenv("no_proxy", "*", 1);
	return setup_with(state, PATIENCE, "http://127.0.0.1:1");
}

TEST_WITH(test_configured_proxy_is_used, setup_proxy, teardown)
{
	struct fetch_result r = fetch(*state, http_stub_url(&stub, "/ok"));

	assert_non_null(r.error);
	unsetenv("no_proxy");
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = setup_group,
    .group_teardown = teardown_group);
