/* The judge of the chaos test sees every fault that it is there for. */
#include <stdio.h>
#include <string.h>

#include <libdeflate.h>

#include "chaos_answer.h"
#include "fixture/json_text.h"
#include "unit.h"

#define ONE "{'models':[{'usage_day':7,'x':1},{'usage_day':7,'x':2}]}"
#define TWO "{'models':[{'usage_day':7,'x':1},{'usage_day':8,'x':2}]}"
#define OTHER "{'models':[{'usage_day':9,'x':1},{'usage_day':9,'x':2}]}"

static char why[256];

/* Each test has ETags of its own: bodies are remembered. */
static size_t
put(char *out, size_t size, const char *etag, const char *body)
{
	body = json_text_of("%s", body);
	return (size_t)snprintf(out, size,
	    "HTTP/1.1 200 OK\r\nETag: W/\"%s\"\r\nContent-Length: %zu\r\n\r\n%s", etag,
	    strlen(body), body);
}

static enum verdict
judge(const char *etag, const char *body)
{
	struct question q = { 0 };
	struct answer a;
	char in[512];
	size_t n = put(in, sizeof(in), etag, body);

	return answer_judge(&q, in, n, &a, why, sizeof(why));
}

TEST(test_a_right_answer_is_whole)
{
	struct question q = { 0 };
	struct answer a;
	char in[512];
	size_t n = put(in, sizeof(in), "right", ONE), i;

	for (i = 0; i < n; i++)
		assert_int_equal(
		    answer_judge(&q, in, i, &a, why, sizeof(why)), ANSWER_PARTIAL);
	in[n] = 'H'; /* the next answer */
	assert_int_equal(
	    answer_judge(&q, in, n + 1, &a, why, sizeof(why)), ANSWER_WHOLE);
	assert_int_equal(a.size, n);
	assert_int_equal(a.status, 200);
	assert_false(a.closing);
	assert_string_equal(a.etag, "W/\"right\"");
}

TEST(test_two_generations_are_wrong)
{
	assert_int_equal(judge("torn", TWO), ANSWER_WRONG);
	assert_non_null(strstr(why, "several generations"));
}

TEST(test_another_body_with_a_known_tag_is_wrong)
{
	assert_int_equal(judge("known", ONE), ANSWER_WHOLE);
	assert_int_equal(judge("known", ONE), ANSWER_WHOLE);
	assert_int_equal(judge("known", OTHER), ANSWER_WRONG);
	assert_int_equal(judge("unknown", OTHER), ANSWER_WHOLE);
}

/* However well it is encoded. */
TEST(test_encoded_bodies_are_compared_as_what_they_say)
{
	struct question q = { .gzip = true };
	const char *one = json_text_of(ONE);
	char in[1024], coded[512];
	struct answer a;
	size_t n, len;

	assert_int_equal(judge("coded", ONE), ANSWER_WHOLE);
	for (int level = 1; level <= 12; level += 11) {
		struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);

		len =
		    libdeflate_gzip_compress(c, one, strlen(one), coded, sizeof(coded));
		libdeflate_free_compressor(c);
		for (int i = 0; i < 2; i++) {
			n = (size_t)snprintf(in, sizeof(in),
			    "HTTP/1.1 200 OK\r\nETag: W/\"%s\"\r\nContent-Encoding: "
			    "gzip\r\nContent-Length: %zu\r\n\r\n",
			    i == 0 ? "coded" : "known", len);
			memcpy(in + n, coded, len);
			assert_int_equal(
			    answer_judge(&q, in, n + len, &a, why, sizeof(why)),
			    ANSWER_WHOLE);
		}
	}
	assert_int_equal(judge("coded", OTHER), ANSWER_WRONG);
}

TEST(test_only_the_instant_of_computation_may_differ)
{
	assert_int_equal(judge("instant", "{'a':1,'computed_at':10}"), ANSWER_WHOLE);
	assert_int_equal(judge("instant", "{'a':1,'computed_at':11}"), ANSWER_WHOLE);
	assert_int_equal(judge("instant", "{'a':2,'computed_at':11}"), ANSWER_WRONG);
	assert_int_equal(judge("models", "{'A':{'observed_at':10,'b':1},"
					 "'B':{'observed_at':10}}"),
	    ANSWER_WHOLE);
	assert_int_equal(judge("models", "{'A':{'observed_at':11,'b':1},"
					 "'B':{'observed_at':11}}"),
	    ANSWER_WHOLE);
	assert_int_equal(judge("models", "{'A':{'observed_at':11,'b':2},"
					 "'B':{'observed_at':11}}"),
	    ANSWER_WRONG);
}

TEST(test_what_is_no_object_is_wrong)
{
	assert_int_equal(judge("cut", "{'models':["), ANSWER_WRONG);
}

/* Heads that need nothing behind them to be judged. */
static enum verdict
judge_head(const char *head, const char *if_none_match, bool gzip)
{
	struct question q = { .gzip = gzip };
	struct answer a;

	snprintf(q.etag, sizeof(q.etag), "%s", if_none_match);
	return answer_judge(&q, head, strlen(head), &a, why, sizeof(why));
}

TEST(test_heads)
{
	assert_int_equal(judge_head("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
			     "\"a\"", false),
	    ANSWER_WHOLE);
	assert_int_equal(judge_head("HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\n\r\n",
			     "\"a\"", false),
	    ANSWER_WRONG);
	assert_int_equal(
	    judge_head("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", "", false),
	    ANSWER_WRONG);
	assert_int_equal(
	    judge_head("HTTP/1.1 503 Service Unavailable\r\n\r\n", "", false),
	    ANSWER_WRONG);
	assert_int_equal(
	    judge_head("HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n", "", false),
	    ANSWER_WRONG);
	/* What may be encoded need not be, */
	assert_int_equal(
	    judge_head("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 2\r\n\r\n{}",
		"", true),
	    ANSWER_WHOLE);
	/* but what is must be what it says. */
	assert_int_equal(
	    judge_head("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Encoding: "
		       "gzip\r\nContent-Length: 2\r\n\r\n{}",
		"", true),
	    ANSWER_WRONG);
	assert_int_equal(
	    judge_head("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Encoding: "
		       "gzip\r\nContent-Length: 2\r\n\r\n{}",
		"", false),
	    ANSWER_WRONG);
	assert_int_equal(
	    judge_head("{\"half\":\"a body\"}\r\n\r\n", "", false), ANSWER_WRONG);
}
