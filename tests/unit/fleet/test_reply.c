/* Replies as they come, and the bounds of what is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "fleet/reply.h"
#include "unit.h"

#define MAX 100000

static int
setup(void **state)
{
	*state = reply_open(MAX);
	return 0;
}

static int
teardown(void **state)
{
	struct reply_reader *r = *state;

	reply_close(&r);
	assert_null(r);
	reply_close(&r);
	return 0;
}

static struct redisReply *
feed(struct reply_reader *r, const char *text)
{
	struct redisReply *reply;
	char err[256] = "";

	if (reply_feed(r, text, strlen(text), &reply, err, sizeof(err)) == -1)
		fail_msg("%s: %s", text, err);
	return reply;
}

static void
refused(const char *text, size_t n, const char *want)
{
	struct reply_reader *r = reply_open(MAX);
	struct redisReply *reply;
	char err[256] = "";

	assert_int_equal(reply_feed(r, text, n, &reply, err, sizeof(err)), -1);
	assert_null(reply);
	if (strstr(err, want) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", err, want);
	reply_close(&r);
}

TEST(test_byte_by_byte)
{
	static const char text[] =
	    "*4\r\n$3\r\na\r\n\r\n:-7\r\n$-1\r\n*1\r\n-ERR no\r\n";
	struct reply_reader *r = *state;
	struct redisReply *reply = NULL;
	char byte[2] = "";
	unsigned round;
	size_t i;

	for (round = 0; round < 3; round++) {
		for (i = 0; text[i] != '\0'; i++) {
			assert_null(reply);
			byte[0] = text[i];
			reply = feed(r, byte);
			assert_int_equal(reply_is_begun(r), reply == NULL);
		}
		assert_non_null(reply);
		assert_int_equal(reply->elements, 4);
		assert_memory_equal(reply->element[0]->str, "a\r\n", 3);
		assert_int_equal(reply->element[1]->integer, -7);
		assert_int_equal(reply->element[2]->type, REDIS_REPLY_NIL);
		assert_string_equal(reply->element[3]->element[0]->str, "ERR no");
		freeReplyObject(reply);
		reply = NULL;
	}
}

TEST(test_more_than_one)
{
	struct reply_reader *r = *state;

	freeReplyObject(feed(r, "+OK\r\n"));
	assert_false(reply_is_begun(r));
	freeReplyObject(feed(r, "+OK\r\n+"));
	assert_true(reply_is_begun(r));
}

TEST(test_garbage)
{
	refused("HTTP/1.1 400 Bad Request\r\n", 26, "no reply of Redis");
	refused("\0\0\0\0", 4, "no reply of Redis");
	refused("\r\n", 2, "no reply of Redis");
	refused("$-2\r\n", 5, "no reply of Redis");
	refused("*9999999999999\r\n", 16, "no reply of Redis");
}

/* What is announced takes no memory: only what came. */
TEST(test_too_long)
{
	struct reply_reader *r = *state;
	struct redisReply *reply;
	char chunk[1000], err[256] = "";
	size_t n;

	memset(chunk, 'x', sizeof(chunk));
	assert_null(feed(r, "$2000000000\r\n"));
	for (n = 0; reply_feed(r, chunk, sizeof(chunk), &reply, err, sizeof(err)) == 0;
	     n += sizeof(chunk))
		assert_true(n < MAX);
	assert_non_null(strstr(err, "more than 100000 bytes"));
}

/* A reply that ends is not counted with the next. */
TEST(test_many_in_a_row)
{
	struct reply_reader *r = *state;
	struct redisReply *reply;
	char text[60100];
	unsigned i;
	int n = snprintf(text, sizeof(text), "*2\r\n:1\r\n$60000\r\n");

	memset(text + n, 'x', sizeof(text) - (size_t)n);
	memcpy(text + n + 60000, "\r\n", 3);
	for (i = 0; i < 1000; i++) {
		reply = feed(r, text);
		assert_non_null(reply);
		assert_int_equal(reply->element[1]->len, 60000);
		freeReplyObject(reply);
	}
}

TEST(test_elements)
{
	struct reply_reader *r = *state;

	assert_null(feed(r, "*1024\r\n"));
	refused("*1025\r\n", 7, "more than 1024 elements");
	refused("*2147483647\r\n", 13, "more than 1024 elements");
}

TEST(test_elements_together)
{
	char text[8000] = "*3\r\n*500\r\n";
	unsigned i;

	for (i = 0; i < 500; i++)
		strlcat(text, ":1\r\n", sizeof(text));
	strlcat(text, "*600\r\n", sizeof(text));
	refused(text, strlen(text), "more than 1024 elements");
}

/* hiredis' own bound. */
TEST(test_depth)
{
	refused("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", 40,
	    "no reply of Redis");
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
