/* What answers to /readyz?verbose say, those of strangers too. */
#include <string.h>

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
		STR("HTTP/1.0 200 OK\r\n\r\n{\"status\":\"ok\"}"),
		STR("HTTP/1.1 200 OK\r\n"),
		STR("HTTP/1.1 200"),
	};
	struct buf why = { 0 };

	for (size_t i = 0; i < NELEM(answers); i++)
		assert_int_equal(probe_judge(answers[i], &why), 0);
	assert_int_equal(why.len, 0);
}

TEST(test_what_is_missing)
{
	check(HEAD_503
	    "{\"status\":\"unavailable\",\"categories\":["
	    "{\"category\":\"blip\",\"required\":false,\"state\":\"empty\"},"
	    "{\"category\":\"lora\",\"required\":true,\"state\":\"stale\"},"
	    "{\"category\":\"text_generation\",\"required\":true,\"state\":\"empty\","
	    "\"trouble\":{\"since\":1,\"cause\":\"HTTP status 500\"}},"
	    "{\"category\":\"ti\",\"required\":true,\"state\":\"expired\","
	    "\"trouble\":null}]}",
	    "text_generation is empty: HTTP status 500; ti is expired");
}

TEST(test_what_is_not_understood)
{
	check("", "it closed the connection without an answer");
	check("SSH-2.0-x\r\n", "it answered: SSH-2.0-x??");
	check("HTTP/1.0 20", "it answered: HTTP/1.0 20");
	check("HTTP/2.0 200 OK\r\n\r\n", "it answered: HTTP/2.0 200 OK????");
	check("HTTP/1.0 404 No\r\n\r\n", "it answered: HTTP/1.0 404 No????");
	check("HTTP/1.1 503 No\r\n\r\n{", "it answered: HTTP/1.1 503 No????{");
	check("HTTP/1.1 503 No\r\n\r\n{\"categories\":1}",
	    "it answered: HTTP/1.1 503 No????{\"categories\":1}");
	check("HTTP/1.1 503 No\r\n\r\n{\"categories\":[1,[],{}]}",
	    "it answered: HTTP/1.1 503 No????{\"categories\":[1,[],{}]}");
}

/* Nothing that a terminal obeys comes through. */
TEST(test_names_of_strangers)
{
	check(HEAD_503 "{\"categories\":[{\"category\":\"a\xc2\x9b"
		       "2J\\u001b[2J\",\"required\":true,\"state\":\"empty\"},"
		       "{\"category\":1,\"required\":true,\"state\":\"empty\"}]}",
	    "a??2J\\u001b[2J is empty; ? is empty");
	check("\x1b[2J", "it answered: ?[2J");
}
