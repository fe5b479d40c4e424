/* Conditional requests: each condition alone, their order, and clocks that are wrong.
 */
#include <stdio.h>
#include <string.h>

#include "http/conditional.h"
#include "unit.h"

#define EXAMPLE 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW (EXAMPLE + 3600)
#define TAG "\"00000000000000ab\""
#define EXACT "Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT\r\n"
#define FUTURE "Sun, 06 Nov 1994 09:49:38 GMT\r\n"
#define MATCH "If-Match: "
#define NONE_MATCH "If-None-Match: "
#define SINCE "If-Modified-Since: "
#define UNMODIFIED "If-Unmodified-Since: "

static const struct http_validators dated = {
	.etag = 0xab, .dated = true, .modified = EXAMPLE
};
static const struct http_validators tagged = { .etag = 0xab };

static enum http_condition
judge(const char *method, const char *fields, const struct http_validators *v)
{
	static char text[1000];
	struct http_limits limits = { 20000, 20000 };
	struct http_request q;
	size_t scanned = 0;

	snprintf(
	    text, sizeof(text), "%s / HTTP/1.1\r\nHost: h\r\n%s\r\n", method, fields);
	assert_int_equal(
	    http_parse(text, strlen(text), &limits, &scanned, &q), HTTP_PARSE_OK);
	return conditional_judge(&q, v, NOW);
}

static const struct {
	const char *fields;
	enum http_condition verdict;
} cases[] = {
	{ "", HTTP_GO_ON },
	/* Strong comparison: a weak tag matches nothing, in whichever form it comes. */
	{ MATCH "*\r\n", HTTP_GO_ON },
	{ MATCH TAG "\r\n", HTTP_FAILED },
	{ MATCH "W/" TAG "\r\n", HTTP_FAILED },
	{ MATCH "\"x\"\r\n", HTTP_FAILED },
	{ MATCH "\"x\", W/" TAG "\r\n", HTTP_FAILED },
	{ MATCH "\r\n", HTTP_FAILED },
	{ MATCH "x\r\n", HTTP_FAILED },
	{ UNMODIFIED EXACT, HTTP_GO_ON },
	{ UNMODIFIED BEFORE, HTTP_FAILED },
	{ UNMODIFIED FUTURE, HTTP_GO_ON },
	{ UNMODIFIED BEFORE UNMODIFIED BEFORE, HTTP_GO_ON },
	{ UNMODIFIED "yesterday\r\n", HTTP_GO_ON },
	{ NONE_MATCH "*\r\n", HTTP_NOT_MODIFIED },
	{ NONE_MATCH TAG "\r\n", HTTP_NOT_MODIFIED },
	{ NONE_MATCH "\"x\", W/" TAG "\r\n", HTTP_NOT_MODIFIED },
	{ NONE_MATCH "\"x\"\r\n" NONE_MATCH TAG "\r\n", HTTP_NOT_MODIFIED },
	{ NONE_MATCH "\"x\"\r\n", HTTP_GO_ON },
	{ NONE_MATCH "x, " TAG "\r\n", HTTP_GO_ON },
	{ NONE_MATCH "W/\"\r\n", HTTP_GO_ON },
	{ SINCE EXACT, HTTP_NOT_MODIFIED },
	{ SINCE BEFORE, HTTP_GO_ON },
	{ SINCE "Sun, 06 Nov 1994 09:49:37 GMT\r\n", HTTP_NOT_MODIFIED }, /* now */
	{ SINCE FUTURE, HTTP_GO_ON },
	{ SINCE EXACT SINCE EXACT, HTTP_GO_ON },
	{ SINCE "yesterday\r\n", HTTP_GO_ON },
	/* The order: a tag decides before a date, 412 before 304. */
	{ MATCH "*\r\n" UNMODIFIED BEFORE, HTTP_GO_ON },
	{ MATCH "\"x\"\r\n" UNMODIFIED EXACT, HTTP_FAILED },
	{ MATCH "\"x\"\r\n" NONE_MATCH "*\r\n", HTTP_FAILED },
	{ MATCH "*\r\n" NONE_MATCH "*\r\n", HTTP_NOT_MODIFIED },
	{ MATCH "*\r\n" SINCE EXACT, HTTP_NOT_MODIFIED },
	{ UNMODIFIED BEFORE NONE_MATCH TAG "\r\n", HTTP_FAILED },
	{ UNMODIFIED EXACT NONE_MATCH TAG "\r\n", HTTP_NOT_MODIFIED },
	{ UNMODIFIED EXACT SINCE EXACT, HTTP_NOT_MODIFIED },
	{ NONE_MATCH "\"x\"\r\n" SINCE EXACT, HTTP_GO_ON },
	{ NONE_MATCH TAG "\r\n" SINCE BEFORE, HTTP_NOT_MODIFIED },
};

TEST(conditions_and_their_order)
{
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		if (judge("GET", cases[i].fields, &dated) != cases[i].verdict ||
		    judge("HEAD", cases[i].fields, &dated) != cases[i].verdict)
			fail_msg("case %zu: %s", i, cases[i].fields);
		assert_int_equal(judge("OPTIONS", cases[i].fields, &dated), HTTP_GO_ON);
	}
}

/* What has no date cannot be held against one. */
TEST(without_a_date_dates_are_not_looked_at)
{
	assert_int_equal(judge("GET", UNMODIFIED BEFORE, &tagged), HTTP_GO_ON);
	assert_int_equal(judge("GET", SINCE EXACT, &tagged), HTTP_GO_ON);
	assert_int_equal(judge("GET", MATCH TAG "\r\n", &tagged), HTTP_FAILED);
	assert_int_equal(
	    judge("GET", NONE_MATCH TAG "\r\n", &tagged), HTTP_NOT_MODIFIED);
}

/* Its answers say Date as Last-Modified: a client that sends that back is told nothing
 * about a change since then. */
TEST(what_was_modified_in_the_future_is_never_unmodified)
{
	struct http_validators v = dated;

	v.modified = NOW + 1;
	assert_int_equal(
	    judge("GET", SINCE "Sun, 06 Nov 1994 09:49:37 GMT\r\n", &v), HTTP_GO_ON);
	assert_int_equal(judge("GET", SINCE FUTURE, &v), HTTP_GO_ON);
}
