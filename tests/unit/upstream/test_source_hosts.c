/* Sources as a good client: retries, rest for a host, its breaker, validators. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "fixture/moved_clock.h"
#include "fixture/segment.h"
#include "shm/breaker.h"
#include "shm/hosts.h"
#include "shm/retry_after.h"
#include "shm/segment.h"
#include "upstream/fetch.h"
#include "upstream/permit.h"
#include "upstream/retry.h"
#include "upstream/source.h"
#include "unit.h"

#define CATEGORY "image_generation"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
#define STATUS(status, fields)                                                         \
	"HTTP/1.1 " status " x\r\nContent-Length: 0\r\n" fields "\r\n"

static struct http_stub stub;
static char answer_path[64], floors_path[64];

struct source_world {
	struct fetcher *fetcher;
	struct segment *segment;
	struct permits permits;
	struct source_wait wait;
	char url[160]; /* whose answer is answer() */
	const char *list[1];
};

/* What the place answers from now on. */
static void
answer(const char *text)
{
	char temp[80];
	FILE *fp;

	snprintf(temp, sizeof(temp), "%s.new", answer_path);
	fp = fopen(temp, "w");
	assert_non_null(fp);
	fputs(text, fp);
	fclose(fp);
	assert_int_equal(rename(temp, answer_path), 0);
}

static int
setup_group(void **state UNUSED)
{
	if (directory_make() == -1 || moved_clock_start() == -1)
		return -1;
	snprintf(answer_path, sizeof(answer_path), "%s/answer", directory);
	snprintf(floors_path, sizeof(floors_path), "%s/" CATEGORY ".floors", directory);
	http_stub_start(&stub);
	return 0;
}

static int
teardown_group(void **state UNUSED)
{
	http_stub_stop(&stub);
	return moved_clock_stop() | directory_remove("answer", NULL);
}

static bool
go_on(void *arg)
{
	(void)arg;
	return true;
}

static int
setup(void **state)
{
	static struct source_world w;
	struct fetch_settings set = {
		.connect_timeout = 5,
		.stall_timeout = 30,
		.max_bytes = 1000,
		.user_agent = "hydratord-test",
		.proxy = "",
	};
	char err[256], path[80];

	memset(&w, 0, sizeof(w));
	if (fetcher_open(&set, &w.fetcher, err, sizeof(err)) == -1)
		return -1;
	w.segment = fixture_segment_of(fixture_categories, 1, 4096, 1);
	w.permits = (struct permits){
		.segment = w.segment, .state_dir = "", .category = CATEGORY
	};
	w.wait =
	    (struct source_wait){ .fd = -1, .attend = go_on, .permits = &w.permits };
	snprintf(path, sizeof(path), "/raw%s", answer_path);
	snprintf(w.url, sizeof(w.url), "%s", http_stub_url(&stub, path));
	w.list[0] = w.url;
	stub.counts->requests = 0;
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct source_world *w = *state;

	fetcher_close(&w->fetcher);
	segment_close(&w->segment);
	unlink(floors_path);
	return 0;
}

/* Fetches the place n times at once; returns what the first one's error is. */
static const char *
fetch(struct source_world *w, size_t n, enum source_result expected)
{
	static char error[SOURCE_ERROR_MAX];
	struct source s[FETCH_SLOTS];
	size_t i;

	memset(s, 0, sizeof(s));
	for (i = 0; i < n; i++)
		s[i] = (struct source){
			.name = "status", .urls = w->list, .nurls = 1, .timeout = 10
		};
	assert_int_equal(source_fetch_all(w->fetcher, s, n, &w->wait), expected);
	snprintf(error, sizeof(error), "%s", s[0].error);
	source_free_all(s, n);
	return error;
}

static unsigned
requests(void)
{
	return atomic_exchange(&stub.counts->requests, 0);
}

static struct breaker_view
breaker(const struct source_world *w)
{
	struct host_view v;

	assert_true(hosts_read(w->segment, 0, &v));
	return breaker_look(v.breaker, clock_boot());
}

#define assert_says(text, part)                                                        \
	do                                                                             \
		if (strstr(text, part) == NULL)                                        \
			fail_msg("\"%s\" does not say \"%s\"", text, part);            \
	while (0)

/* --- Retries --------------------------------------------------------------------- */

static bool
mend_after_two(void *arg)
{
	(void)arg;
	if (stub.counts->requests >= 2)
		answer(OK "\r\n{}");
	return true;
}

TEST(twice_503_then_200)
{
	struct source_world *w = *state;
	struct source s = {
		.name = "status", .urls = w->list, .nurls = 1, .timeout = 10
	};

	answer(STATUS("503", ""));
	w->wait.attend = mend_after_two;
	assert_int_equal(source_fetch_all(w->fetcher, &s, 1, &w->wait), SOURCE_FETCHED);
	assert_int_equal(requests(), 3);
	assert_int_equal(s.retries, 2);
	assert_int_equal(s.unfetched, 0);
	assert_string_equal(s.error, "");
	assert_int_equal(breaker(w).failures, 0);
	source_free_all(&s, 1);
}

/* Tries are not failures of the host: their document is one. */
TEST(three_tries_are_one_failure)
{
	struct source_world *w = *state;

	answer(STATUS("503", ""));
	assert_says(fetch(w, 1, SOURCE_FAILED), "HTTP status 503");
	assert_int_equal(requests(), RETRY_TRIES);
	assert_int_equal(breaker(w).failures, 1);
}

TEST(what_is_not_there_is_asked_for_once)
{
	struct source_world *w = *state;
	int i;

	answer(STATUS("404", ""));
	for (i = 0; i < BREAKER_FAILURES + 1; i++)
		fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(requests(), BREAKER_FAILURES + 1);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
	assert_int_equal(breaker(w).failures, 0);
}

TEST(files_are_read_once_and_have_no_host)
{
	struct source_world *w = *state;
	struct host_view v;

	w->list[0] = "file:///nonexistent/x.json";
	assert_says(fetch(w, 1, SOURCE_FAILED), "No such file");
	w->list[0] = "file:///";
	assert_says(fetch(w, 1, SOURCE_FAILED), "not a regular file");
	assert_false(hosts_read(w->segment, 0, &v));
}

static bool
stop_after_one(void *arg)
{
	(void)arg;
	return stub.counts->requests < 1;
}

TEST(an_order_ends_the_wait_between_tries)
{
	struct source_world *w = *state;

	answer(STATUS("503", ""));
	w->wait.attend = stop_after_one;
	fetch(w, 1, SOURCE_STOPPED);
	assert_int_equal(requests(), 1);
}

TEST(a_cycle_has_an_end)
{
	struct source_world *w = *state;
	int64_t begin = clock_boot();
	char url[160];

	snprintf(url, sizeof(url), "%s", http_stub_url(&stub, "/hang"));
	w->list[0] = url;
	w->wait.timeout = 2;
	assert_says(fetch(w, 2, SOURCE_FAILED), "cycle_timeout");
	assert_in_range(clock_boot() - begin, 2 * NSEC_PER_SEC, 20 * NSEC_PER_SEC);
}

/* --- Retry-After ----------------------------------------------------------------- */

/* For about so long: this machine may be slow. */
static void
assert_left_alone(struct source_world *w, int seconds, const char *why)
{
	const char *error = fetch(w, 3, SOURCE_FAILED), *said;
	int left = -1;

	assert_says(error, why);
	said = strstr(error, "not asked for another ");
	assert_non_null(said);
	assert_int_equal(sscanf(said, "not asked for another %d s ", &left), 1);
	assert_in_range(left, seconds > 60 ? seconds - 60 : 1, seconds);
	assert_int_equal(requests(), 0);
}

TEST(a_host_that_wants_rest_gets_it)
{
	struct source_world *w = *state;

	answer(STATUS("429", "Retry-After: 100\r\n"));
	assert_says(fetch(w, 1, SOURCE_FAILED), "HTTP status 429");
	assert_int_equal(requests(), 1);
	answer(OK "\r\n{}");
	assert_left_alone(w, 100, "(Retry-After)");
	moved_clock_add(90);
	assert_left_alone(w, 10, "(Retry-After)");
	moved_clock_add(11);
	fetch(w, 3, SOURCE_FETCHED);
	assert_int_equal(requests(), 3);
}

TEST(a_date_is_as_good)
{
	struct source_world *w = *state;
	time_t then = (time_t)(clock_wall() / NSEC_PER_SEC) + 1000;
	char text[256], date[64];

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&then));
	snprintf(text, sizeof(text), STATUS("503", "Retry-After: %s\r\n"), date);
	answer(text);
	fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(requests(), 1);
	assert_left_alone(w, 1000, "(Retry-After)");
	moved_clock_add(900);
	assert_left_alone(w, 100, "(Retry-After)");
	moved_clock_add(101);
	answer(OK "\r\n{}");
	fetch(w, 1, SOURCE_FETCHED);
	assert_int_equal(requests(), 1);
}

TEST(nobody_is_silenced_for_more_than_an_hour)
{
	struct source_world *w = *state;

	answer(STATUS("429", "Retry-After: 80000\r\n"));
	fetch(w, 1, SOURCE_FAILED);
	requests();
	assert_left_alone(w, 3600, "(Retry-After)");
	moved_clock_add(3601);
	fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(requests(), 1);
}

TEST(rest_survives_the_segment)
{
	struct source_world *w = *state;
	char err[256];

	w->permits.state_dir = directory;
	answer(STATUS("429", "Retry-After: 100\r\n"));
	fetch(w, 1, SOURCE_FAILED);
	requests();
	segment_close(&w->segment);
	moved_clock_add(50);
	w->permits.segment = w->segment =
	    fixture_segment_of(fixture_categories, 1, 4096, 1);
	assert_int_equal(
	    retry_after_load(w->segment, directory, CATEGORY, err, sizeof(err)), 1);
	assert_left_alone(w, 50, "(Retry-After)");
	moved_clock_add(51);
	fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(requests(), 1);
}

TEST(the_next_place_is_asked_instead)
{
	struct source_world *w = *state;
	const char *list[] = { w->url, "file:///nonexistent" };
	struct source s = {
		.name = "reference", .urls = list, .nurls = 2, .timeout = 10
	};

	answer(STATUS("429", "Retry-After: 100\r\n"));
	fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(source_fetch_all(w->fetcher, &s, 1, &w->wait), SOURCE_FAILED);
	assert_says(s.error, "(Retry-After); file:///nonexistent: ");
	assert_int_equal(s.unfetched, 2);
	assert_int_equal(s.unsent, 1);
	assert_int_equal(requests(), 1);
	source_free_all(&s, 1);
}

/* --- The breaker ----------------------------------------------------------------- */

/* The last failure is that of another document. */
static void
open_breaker(struct source_world *w)
{
	char path[80], other[160];

	snprintf(path, sizeof(path), "/raw/%s", answer_path);
	snprintf(other, sizeof(other), "%s", http_stub_url(&stub, path));
	answer(STATUS("500", ""));
	fetch(w, 4, SOURCE_FAILED);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
	w->list[0] = other;
	fetch(w, 1, SOURCE_FAILED);
	w->list[0] = w->url;
	assert_int_equal(breaker(w).state, BREAKER_OPEN);
	assert_int_equal(requests(), BREAKER_FAILURES * RETRY_TRIES);
}

TEST(one_document_alone_closes_no_host)
{
	struct source_world *w = *state;

	answer(STATUS("500", ""));
	fetch(w, 4, SOURCE_FAILED);
	fetch(w, 4, SOURCE_FAILED);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
	assert_int_equal(breaker(w).failures, 8);
}

TEST(five_failures_then_one_probe)
{
	struct source_world *w = *state;

	open_breaker(w);
	assert_left_alone(w, 120, "(5 failures in a row)");
	moved_clock_add(121);
	assert_int_equal(breaker(w).state, BREAKER_HALF_OPEN);
	/* All three want to; one does, once, and the others take its word. */
	assert_says(fetch(w, 3, SOURCE_FAILED), "HTTP status 500");
	assert_int_equal(requests(), 1);
	assert_int_equal(breaker(w).failures, 6);
	assert_left_alone(w, 120, "(6 failures in a row)");
	moved_clock_add(121);
	answer(OK "\r\n{}");
	fetch(w, 3, SOURCE_FETCHED);
	assert_int_equal(requests(), 3);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
	assert_int_equal(breaker(w).failures, 0);
}

TEST(any_answer_of_a_probe_will_do)
{
	struct source_world *w = *state;

	open_breaker(w);
	moved_clock_add(121);
	answer(STATUS("404", ""));
	fetch(w, 1, SOURCE_FAILED);
	assert_int_equal(requests(), 1);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
}

/* As another process that asked, and died. */
static void
claim_probe(struct source_world *w)
{
	struct permit permit;
	char why[FETCH_ERROR_MAX];

	assert_int_equal(permit_ask(&w->permits, w->url, 30, &permit, why, sizeof(why)),
	    PERMIT_GRANTED);
	assert_true(permit.probe);
}

static bool
let_claim_expire(void *arg)
{
	int *calls = arg;

	/* Nobody asks while the claim holds. */
	assert_true(*calls > 2 || stub.counts->requests == 0);
	if (++*calls == 3)
		moved_clock_add(36);
	return true;
}

TEST(a_prober_that_died_is_replaced)
{
	struct source_world *w = *state;
	int calls = 0;

	open_breaker(w);
	moved_clock_add(121);
	claim_probe(w);
	answer(OK "\r\n{}");
	w->wait.attend = let_claim_expire;
	w->wait.arg = &calls;
	fetch(w, 2, SOURCE_FETCHED);
	assert_true(calls >= 3);
	assert_int_equal(requests(), 2);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

TEST(a_probe_that_is_stopped_is_free_again)
{
	struct source_world *w = *state;
	char url[160];

	open_breaker(w);
	moved_clock_add(121);
	snprintf(url, sizeof(url), "%s", http_stub_url(&stub, "/hang"));
	w->list[0] = url;
	w->wait.attend = never;
	fetch(w, 1, SOURCE_STOPPED);
	w->wait.attend = go_on;
	w->list[0] = w->url;
	answer(OK "\r\n{}");
	fetch(w, 1, SOURCE_FETCHED);
	assert_int_equal(breaker(w).state, BREAKER_CLOSED);
}

/* --- Validators ------------------------------------------------------------------ */

TEST(an_unchanged_document_is_not_sent_again)
{
	struct source_world *w = *state;
	struct source s = {
		.name = "status", .urls = w->list, .nurls = 1, .timeout = 10
	};
	char etag[] = "\"one\"", date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

	answer(OK "ETag: \"one\"\r\n\r\n{}");
	assert_int_equal(source_fetch_all(w->fetcher, &s, 1, &w->wait), SOURCE_FETCHED);
	assert_string_equal(s.etag, "\"one\"");
	assert_null(s.last_modified);
	assert_null(strstr(stub.counts->last, "If-"));
	source_free_all(&s, 1);
	assert_null(s.etag);

	answer("HTTP/1.1 304 x\r\nETag: \"two\"\r\n\r\n");
	s = (struct source){ .name = "status",
		.urls = w->list,
		.nurls = 1,
		.timeout = 10,
		.known_url = w->url,
		.known_etag = etag,
		.known_last_modified = date };
	assert_int_equal(source_fetch_all(w->fetcher, &s, 1, &w->wait), SOURCE_FETCHED);
	assert_non_null(strstr(stub.counts->last, "If-None-Match: \"one\"\r\n"));
	assert_true(s.done && s.not_modified);
	assert_int_equal(s.body.len, 0);
	assert_string_equal(s.etag, "\"two\"");
	assert_string_equal(s.last_modified, date);
	assert_ptr_not_equal(s.last_modified, date);
	assert_true(s.fetched_boot > 0);
	source_free_all(&s, 1);
}

/* The validators of one place say nothing about another. */
TEST(another_place_is_asked_for_all_of_it)
{
	struct source_world *w = *state;
	struct source s = { .name = "status",
		.urls = w->list,
		.nurls = 1,
		.timeout = 10,
		.known_url = "http://elsewhere.example/",
		.known_etag = "\"one\"" };

	answer(OK "\r\n{}");
	assert_int_equal(source_fetch_all(w->fetcher, &s, 1, &w->wait), SOURCE_FETCHED);
	assert_null(strstr(stub.counts->last, "If-None-Match"));
	assert_false(s.not_modified);
	source_free_all(&s, 1);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = setup_group,
    .group_teardown = teardown_group);
