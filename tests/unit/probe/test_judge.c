/* What answers to /readyz?verbose say, those of strangers too. */
#include <stdio.h>
#include <string.h>

#include "fixture/cases.h"
#include "fixture/json_text.h"
#include "probe/probe.h"
#include "unit.h"

#define HEAD_503 "HTTP/1.0 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n"

static void
check(const char *answer, const char *expected)
{
	struct buf why = { 0 };

	assert_int_equal(probe_judge((struct str){ answer, strlen(answer) }, &why), -1);
	buf_putc(&why, '\0');
	assert_string_equal(why.data, expected);
	buf_free(&why);
}

TEST(test_ready)
{
	static const struct str answers[] = {
		STR("HTTP/1.0 200 OK\r\n\r\n{}"),
		STR("HTTP/1.1 200 OK\r\n"),
		STR("HTTP/1.1 200"),
	};
	struct buf why = { 0 };

	for (size_t i = 0; i < NELEM(answers); i++)
		assert_int_equal(probe_judge(answers[i], &why), 0);
	assert_int_equal(why.len, 0);
}

static void
check_cases(const char *name)
{
	struct cases c;
	char answer[1024];

	for (cases_open(&c, "probe/judge.json", name); cases_next(&c);) {
		snprintf(answer, sizeof(answer), HEAD_503 "%s", cases_json(&c, "body"));
		check(answer, cases_text(&c, "why"));
	}
}

TEST(test_what_is_missing)
{
	check_cases("missing");
}

TEST(test_what_is_not_understood)
{
	check("", "it closed the connection without an answer");
	check("SSH-2.0-x\r\n", "it answered: SSH-2.0-x??");
	check("HTTP/1.0 20", "it answered: HTTP/1.0 20");
	check("HTTP/2.0 200 OK\r\n\r\n", "it answered: HTTP/2.0 200 OK????");
	check("HTTP/1.0 404 No\r\n\r\n", "it answered: HTTP/1.0 404 No????");
	check("HTTP/1.1 503 No\r\n\r\n{", "it answered: HTTP/1.1 503 No????{");
	check_cases("not_understood");
}

/* Nothing that a terminal obeys comes through. */
TEST(test_names_of_strangers)
{
	check(json_text_of(HEAD_503 "{'categories':[{'category':'a\xc2\x9b"
				    "2J\\u001b[2J','required':true,'state':'empty'},"
				    "{'category':1,'required':true,'state':'empty'}]}"),
	    "a??2J\\u001b[2J is empty; ? is empty");
	check("\x1b[2J", "it answered: ?[2J");
}
