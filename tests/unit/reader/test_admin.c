/* Orders over HTTP, without a server: who is let in, and what the supervisor hears. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture/directory.h"
#include "fixture/moved_clock.h"
#include "fixture/segment.h"
#include "http/response.h"
#include "proc/channel.h"
#include "reader/admin.h"
#include "unit.h"

#define TOKEN "0123456789abcdef"

static char names[][20] = { "image_generation", "text_generation" };
static struct config_category categories[] = { { .name = names[0] },
	{ .name = names[1] } };
static struct config config = { .category = categories, .ncategories = 2 };
static struct child_context context = { .config = &config };
static struct counters counters;
static struct admin admin;
static struct http_response response;
static int supervisor;

static void
put_token(const char *token)
{
	int fd = open(directory_path("token"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, token, strlen(token)), strlen(token));
	close(fd);
}

static int
setup(void **state UNUSED)
{
	static const char *const all[] = { names[0], names[1] };
	static char path[100];
	int fds[2];

	if (directory_make() == -1 || moved_clock_start() == -1 ||
	    channel_pair(fds) == -1)
		return -1;
	put_token(TOKEN);
	strlcpy(path, directory_path("token"), sizeof(path));
	config.http.admin_token_file = path;
	context.segment = fixture_segment_of(all, 2, 1 << 16, 2);
	context.channel = fds[0];
	supervisor = fds[1];
	counters = (struct counters){ 0 };
	admin_open(&admin, &context, &counters);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	admin_close(&admin);
	http_response_free(&response);
	response = (struct http_response){ 0 };
	close(context.channel);
	close(supervisor);
	segment_close(&context.segment);
	moved_clock_stop();
	return directory_remove("token", NULL);
}

/* The status of the answer to a request of these lines. */
static int
ask(const char *method, const char *path, const char *fields)
{
	static const struct http_limits limits = { 8192, 4096 };
	static struct http_request q;
	char text[1024];
	size_t scanned = 0;
	int n = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n",
	    method, path, fields);

	assert_int_equal(
	    http_parse(text, (size_t)n, &limits, &scanned, &q), HTTP_PARSE_OK);
	http_response_reset(&response);
	admin_handle(&admin, &q, &response);
	admin_note(&admin, NULL,
	    &(struct http_exchange){ .request = &q, .response = &response });
	return response.status;
}

static int
order(const char *token)
{
	char fields[200];

	snprintf(fields, sizeof(fields), "Authorization: Bearer %s\r\n", token);
	return ask("POST", "/admin/refresh/text_generation", fields);
}

/* How many orders it has heard, all for that category. */
static int
heard(uint64_t category)
{
	struct channel_message m;
	int n = 0;

	while (channel_recv(supervisor, &m) == 1) {
		assert_int_equal(m.type, CHANNEL_ASKED);
		assert_int_equal(m.value, category);
		n++;
	}
	return n;
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);

TEST(test_the_supervisor_hears_a_number)
{
	static const char want[] = "{\"category\":\"text_generation\",\"order\":1,"
				   "\"status\":\"accepted\"}";

	assert_int_equal(order(TOKEN), 202);
	assert_int_equal(response.text.len, strlen(want));
	assert_memory_equal(response.text.data, want, strlen(want));
	assert_int_equal(heard(1), 1);
	assert_int_equal(counter_get(&counters, COUNTER_ADMIN_ACCEPTED), 1);
}

TEST(test_who_is_not_let_in_is_not_heard)
{
	assert_int_equal(order(""), 401);
	assert_int_equal(order(TOKEN "x"), 401);
	assert_int_equal(ask("POST", "/admin/refresh/text_generation", ""), 401);
	assert_int_equal(ask("GET", "/admin/refresh/text_generation",
			     "Authorization: Bearer " TOKEN "\r\n"),
	    405);
	assert_int_equal(
	    ask("POST", "/admin/refresh/lora", "Authorization: Bearer " TOKEN "\r\n"),
	    404);
	/* Nor told which categories there are. */
	assert_int_equal(ask("POST", "/admin/refresh/lora", ""), 401);
	assert_int_equal(heard(0), 0);
	assert_int_equal(counter_get(&counters, COUNTER_ADMIN_UNAUTHORIZED), 4);
	assert_int_equal(counter_get(&counters, COUNTER_ADMIN_OTHER), 2);
}

TEST(test_who_guesses_has_ten_guesses_and_then_one_a_second)
{
	int i;

	for (i = 0; i < 10; i++)
		assert_int_equal(order("no"), 401);
	assert_false(response.close);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(order("no"), 429);
		assert_true(response.close);
	}
	assert_int_equal(order(TOKEN), 202);
	assert_false(response.close);
	moved_clock_set(1000);
	for (i = 0; i < 10; i++)
		assert_int_equal(order("no"), 401);
	assert_int_equal(order("no"), 429);
	moved_clock_set(1001);
	assert_int_equal(order("no"), 401);
	assert_int_equal(order("no"), 429);
	assert_int_equal(counter_get(&counters, COUNTER_ADMIN_LIMITED), 1002);
}

TEST(test_a_supervisor_that_does_not_read_is_told_of)
{
	int n = 0;

	while (order(TOKEN) == 202)
		n++;
	assert_int_equal(response.status, 503);
	assert_true(n > 0);
	assert_int_equal(heard(1), n);
	assert_int_equal(order(TOKEN), 202);
	assert_int_equal(counter_get(&counters, COUNTER_ADMIN_UNAVAILABLE), 1);
}

TEST(test_a_token_that_cannot_be_read_lets_nobody_in)
{
	put_token("short");
	admin_open(&admin, &context, &counters);
	assert_int_equal(order(""), 503);
	assert_int_equal(order("short"), 503);
	assert_int_equal(order(TOKEN), 503);
	assert_int_equal(heard(1), 0);
}
