/* Posting to a server that does anything, and never to be held up by it. */
#include "notify/webhook.h"

#include <sys/stat.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture/directory.h"
#include "fixture/history_events.h"
#include "fixture/http_stub.h"
#include "fixture/moved_clock.h"
#include "unit.h"

#define PATIENCE 60 /* seconds: machines are shared */

static struct http_stub stub;
static struct history *history;
static struct webhook *webhook;
static struct webhook_view seen;
static char url_file[64], answer_file[64];

static int
set_up_group(void **state UNUSED)
{
	if (moved_clock_start() == -1 || directory_make() == -1)
		return -1;
	strlcpy(url_file, directory_path("url"), sizeof(url_file));
	strlcpy(answer_file, directory_path("answer"), sizeof(answer_file));
	return 0;
}

static int
tear_down_group(void **state UNUSED)
{
	return moved_clock_stop() | directory_remove("url", "answer", NULL);
}

static void
begin(size_t most)
{
	const struct webhook_settings set = {
		.url_file = url_file,
		.category = "blip",
		.format = MESSAGE_JSON,
		.kinds = UINT32_MAX,
		.user_agent = "hydratord-test",
		.proxy = "",
		.ca_file = "",
	};

	history = history_events_new(most);
	webhook = webhook_open(&set);
}

static int
set_up(void **state UNUSED)
{
	http_stub_start(&stub);
	begin(1000);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	bool over = webhook_close(&webhook, history);

	history_free(&history);
	http_stub_stop(&stub);
	return over ? 0 : -1;
}

UNIT_FIXTURE(.group_setup = set_up_group, .group_teardown = tear_down_group,
    .setup = set_up, .teardown = tear_down);

static void
put_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fputs(text, fp);
	assert_int_equal(fchmod(fileno(fp), 0600), 0);
	assert_int_equal(fclose(fp), 0);
}

static void
point_to(const char *path)
{
	put_file(url_file, http_stub_url(&stub, path));
}

/* The server gives this answer, as it stands. */
static void
answer_with(const char *text)
{
	char path[80];

	put_file(answer_file, text);
	snprintf(path, sizeof(path), "/raw%s", answer_file);
	point_to(path);
}

static void
attend(void)
{
	webhook_attend(webhook, history, true);
	webhook_look(webhook, &seen);
}

/* Attends until so many requests have ended, well or not, since the beginning. */
static void
attend_until(uint64_t posted, uint64_t failed)
{
	time_t deadline = time(NULL) + PATIENCE;

	for (;;) {
		attend();
		if (seen.posted >= posted && seen.failed >= failed)
			break;
		if (time(NULL) > deadline)
			fail_msg("posted %llu, failed %llu: %s",
			    (unsigned long long)seen.posted,
			    (unsigned long long)seen.failed, seen.error);
		poll(NULL, 0, 2);
	}
	assert_int_equal(seen.posted, posted);
	assert_int_equal(seen.failed, failed);
}

static void
wait_requests(unsigned n)
{
	for (int i = 0; i < PATIENCE * 500 && stub.counts->requests < n; i++)
		poll(NULL, 0, 2);
	assert_int_equal(stub.counts->requests, n);
}

static void
add(const char *model)
{
	attend();
	history_events_add(history, EVENT_AT_RISK, model);
}

TEST_WITH(test_no_url, NULL, NULL)
{
	struct webhook_settings set = { .url_file = "" };

	assert_null(webhook_open(&set));
	webhook_attend(NULL, NULL, true);
	webhook_look(NULL, &seen);
	assert_string_equal(seen.error, "");
	assert_true(webhook_close(&webhook, NULL));
}

/* The first change of all is posted; what was before there was a URL is not. */
TEST(test_begins)
{
	point_to("/ok");
	attend();
	assert_int_equal(history_delivered(history), 1);
	history_events_add(history, EVENT_AT_RISK, "first");
	attend_until(1, 0);
	assert_int_equal(history_delivered(history), 10);
	assert_true(seen.delivered_at > 0);
	assert_int_equal(seen.pending, 0);
}

TEST(test_begins_late)
{
	point_to("/ok");
	history_events_add(history, EVENT_AT_RISK, "of before");
	attend();
	assert_int_equal(history_delivered(history), 10);
	history_events_add(history, EVENT_AT_RISK, "new");
	attend_until(1, 0);
	assert_null(strstr(stub.counts->last, "of before"));
}

TEST(test_request)
{
	point_to("/ok");
	add("Amber");
	attend_until(1, 0);
	assert_ptr_equal(
	    strstr(stub.counts->last, "POST /ok HTTP/1.1\r\n"), stub.counts->last);
	assert_non_null(
	    strstr(stub.counts->last, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(
	    strstr(stub.counts->last, "\r\nUser-Agent: hydratord-test\r\n"));
	assert_non_null(strstr(
	    stub.counts->last, "\r\n\r\n{\"category\":\"blip\",\"changes\":[{\"id\":"));
	assert_non_null(strstr(stub.counts->last, "\"model\":\"Amber\""));
}

/* A try has the message of the try before; the URL may be another by then. */
TEST(test_again)
{
	point_to("/500");
	add("Amber");
	attend_until(0, 1);
	assert_string_equal(seen.error, "HTTP status 500");
	history_events_add(history, EVENT_AT_RISK, "Birch");
	attend();
	assert_int_equal(stub.counts->requests, 1);
	assert_int_equal(seen.pending, 2);
	point_to("/ok");
	moved_clock_add(WEBHOOK_RETRY);
	attend_until(1, 1);
	assert_null(strstr(stub.counts->last, "Birch"));
	assert_int_equal(history_delivered(history), 10);
	assert_string_equal(seen.error, "");
	attend_until(2, 1);
	assert_int_equal(history_delivered(history), 20);
}

TEST(test_redirects)
{
	add("Amber");
	answer_with("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
		    "Content-Length: 0\r\n\r\n");
	attend_until(0, 1);
	assert_string_equal(
	    seen.error, "HTTP status 302, and redirects are not followed");
	point_to("/redirect");
	moved_clock_add(WEBHOOK_RETRY);
	attend_until(0, 2);
	assert_int_equal(stub.counts->requests, 2);
	assert_int_equal(history_delivered(history), 1);
}

TEST(test_retry_after)
{
	add("Amber");
	answer_with("HTTP/1.1 429 Slowly\r\nRetry-After: 7200\r\n"
		    "Content-Length: 0\r\n\r\n");
	attend_until(0, 1);
	point_to("/ok");
	moved_clock_add(7190);
	attend();
	attend();
	assert_int_equal(stub.counts->requests, 1);
	moved_clock_add(11);
	attend_until(1, 1);
}

/* A week is not believed, and neither is a time that is no number. */
TEST(test_retry_after_odd)
{
	add("Amber");
	answer_with("HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999\r\n"
		    "Content-Length: 0\r\n\r\n");
	attend_until(0, 1);
	answer_with("HTTP/1.1 503 No\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n");
	moved_clock_add(WEBHOOK_OBEY_MAX + 1);
	attend_until(0, 2);
	point_to("/ok");
	moved_clock_add(2 * WEBHOOK_RETRY + 1);
	attend_until(1, 2);
}

TEST(test_refused)
{
	add("Amber");
	answer_with("HTTP/1.1 400 What\r\nContent-Length: 0\r\n\r\n");
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(history_delivered(history), 1);
		moved_clock_add(WEBHOOK_RETRY_MAX);
		attend_until(0, i);
	}
	assert_int_equal(history_delivered(history), 10);
	point_to("/ok");
	add("Birch");
	moved_clock_add(WEBHOOK_RETRY_MAX);
	attend_until(1, 3);
	assert_null(strstr(stub.counts->last, "Amber"));
}

/* Whoever said 200 has it, and gets it once. */
TEST(test_taken_in_spite_of_its_answer)
{
	static const char *const paths[] = { "/endless", "/cut", "/bomb" };

	for (unsigned i = 0; i < 3; i++) {
		point_to(paths[i]);
		add("Amber");
		attend_until(i + 1, 0);
		assert_int_equal(history_delivered(history), 10 * (i + 1));
	}
	assert_int_equal(stub.counts->requests, 3);
}

TEST(test_no_answer)
{
	static const char *const answers[] = { "", "\n", "hello", "HTTP/1.1",
		"HTTP/1.1 99999 x\r\n\r\n", "HTTP/1.1 100 Go on\r\n\r\n",
		"\x16\x03\x01\x02" };

	add("Amber");
	for (unsigned i = 0; i < 7; i++) {
		answer_with(answers[i]);
		moved_clock_add(WEBHOOK_RETRY_MAX);
		attend_until(0, i + 1);
		assert_string_not_equal(seen.error, "");
		assert_null(strstr(seen.error, "127.0.0.1"));
	}
	assert_int_equal(history_delivered(history), 1);
}

/* What is told has no part of the URL. */
TEST(test_urls)
{
	static const char *const urls[] = { "file:///etc/s3cret", "s3cret", "http://",
		"https://127.0.0.1:1/s3cret", "http://u:s3cret@127.0.0.1:1/",
		"http://s3cret.invalid/", "ftp://127.0.0.1/s3cret", "http://[s3cret/",
		"http://127.0.0.1/ s3cret", "gopher://127.0.0.1:1/s3cret" };

	add("Amber");
	for (unsigned i = 0; i < 10; i++) {
		put_file(url_file, urls[i]);
		moved_clock_add(WEBHOOK_RETRY_MAX);
		attend_until(0, i + 1);
		if (seen.error[0] == '\0' || strstr(seen.error, "s3cret") != NULL)
			fail_msg("%s: \"%s\"", urls[i], seen.error);
	}
	assert_int_equal(stub.counts->requests, 0);
}

TEST(test_url_file)
{
	point_to("/ok");
	assert_int_equal(chmod(url_file, 0640), 0);
	add("Amber");
	attend_until(0, 1);
	assert_non_null(strstr(seen.error, "notify.url_file"));
	assert_non_null(strstr(seen.error, url_file));
	assert_int_equal(unlink(url_file), 0);
	assert_int_equal(mkfifo(url_file, 0600), 0);
	moved_clock_add(WEBHOOK_RETRY_MAX);
	attend_until(0, 2);
	assert_int_equal(unlink(url_file), 0);
	moved_clock_add(WEBHOOK_RETRY_MAX);
	attend_until(0, 3);
	assert_int_equal(stub.counts->requests, 0);
	point_to("/ok");
	moved_clock_add(WEBHOOK_RETRY_MAX);
	attend_until(1, 3);
}

TEST(test_elsewhere)
{
	point_to("/ok");
	webhook_attend(webhook, history, false);
	history_events_add(history, EVENT_AT_RISK, "Amber");
	webhook_attend(webhook, history, false);
	webhook_look(webhook, &seen);
	assert_int_equal(seen.pending, 0);
	history_events_add(history, EVENT_AT_RISK, "Birch");
	history_deliver(history, 10);
	attend_until(1, 0); /* it leads now */
	assert_int_equal(stub.counts->requests, 1);
	assert_null(strstr(stub.counts->last, "Amber"));
	assert_non_null(strstr(stub.counts->last, "Birch"));
}

/* A message that another machine has posted meanwhile is not posted again. */
TEST(test_posted_elsewhere)
{
	point_to("/500");
	add("Amber");
	attend_until(0, 1);
	history_deliver(history, 10);
	history_events_add(history, EVENT_AT_RISK, "Birch");
	point_to("/ok");
	moved_clock_add(WEBHOOK_RETRY);
	attend_until(1, 1);
	assert_null(strstr(stub.counts->last, "Amber"));
}

TEST(test_too_many)
{
	int i;

	assert_true(webhook_close(&webhook, history));
	history_free(&history);
	begin(10);
	point_to("/500");
	add("Amber");
	attend_until(0, 1);
	for (i = 0; i < 5000; i++)
		history_events_add(history, EVENT_APPEARED, "x");
	attend();
	assert_true(history_forgotten(history) > 10);
	assert_int_equal(history_delivered(history), 1); /* it is in the message */
	point_to("/ok");
	moved_clock_add(WEBHOOK_RETRY);
	attend_until(1, 1);
	assert_true(history_delivered(history) >= history_forgotten(history));
	assert_true(history_delivered(history) < history_last_id(history));
}

static void
close_soon(void)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_true(webhook_close(&webhook, history));
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < PATIENCE / 4); /* far less than a request */
	assert_null(webhook);
}

TEST(test_stop)
{
	static const char *const paths[] = { "/hang", "/reset", "/500" };

	for (unsigned i = 0; i < 3; i++) {
		point_to(paths[i]);
		if (webhook == NULL) {
			history_free(&history);
			begin(1000);
		}
		add("Amber");
		attend();
		wait_requests(i + 1);
		close_soon();
		assert_int_equal(history_delivered(history), 1);
	}
}

/* What was taken just before the stop is not posted again after the start. */
TEST(test_stop_after_the_answer)
{
	point_to("/ok");
	add("Amber");
	attend();
	wait_requests(1);
	close_soon();
	assert_int_equal(history_delivered(history), 10);
}
