/* Log lines as text and as JSON, and where standard error is the journal. */
#include <sys/stat.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/log.h"
#include "base/log_line.h"
#include "fixture/directory.h"
#include "unit.h"

static int
set_up(void **state UNUSED)
{
	return directory_make();
}

static int
tear_down(void **state UNUSED)
{
	log_as_json(false);
	return log_open("stderr", "error") | unsetenv("JOURNAL_STREAM") |
	       directory_remove("log", NULL);
}

/* The object of a line; released by the caller. */
static json_t *
parsed(const char *line, size_t len)
{
	json_error_t error;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (object == NULL)
		fail_msg("%s: %.*s", error.text, (int)len, line);
	return object;
}

static const char *
member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

TEST(a_line_of_json_has_what_a_line_of_text_has)
{
	static const char text[] = "esrgan: skipped: record \"a\\b\"}: no";
	const struct log_head head = { LOG_WARNING, "hydrator esrgan", false };
	char line[512];
	json_t *o =
	    parsed(line, log_line_json(line, sizeof(line), &head, text, strlen(text)));

	assert_int_equal(json_object_size(o), 5);
	assert_string_equal(member(o, "message"), text);
	assert_string_equal(member(o, "level"), "warning");
	assert_string_equal(member(o, "process"), "hydrator esrgan");
	assert_int_equal(json_integer_value(json_object_get(o, "pid")), getpid());
	assert_int_equal(strlen(member(o, "time")), strlen("2026-11-29T10:00:00.123Z"));
	json_decref(o);
}

TEST(a_line_of_json_is_whole_wherever_its_text_is_cut_off)
{
	const struct log_head head = { LOG_INFO, "reader 0", false };
	char line[512], text[1024] = "";
	size_t size;
	json_t *o;

	while (strlen(text) < 700)
		strlcat(text, "x\"\xe2\x82\xac\\\xf0\x9f\x98\x80", sizeof(text));
	for (size = 256; size < 300; size++) {
		size_t n = log_line_json(line, size, &head, text, strlen(text));

		assert_in_range(n, size - 5, size);
		o = parsed(line, n);
		assert_memory_equal(
		    text, member(o, "message"), strlen(member(o, "message")));
		json_decref(o);
	}
}

TEST(a_line_of_text_is_cut_off_at_its_size)
{
	const struct log_head head = { LOG_ERR, "reader 0", true };
	char line[32], expected[32];
	int n = snprintf(
	    expected, sizeof(expected), "<3>reader 0[%d]: error: ", (int)getpid());

	memset(line, '#', sizeof(line));
	assert_int_equal(
	    log_line_text(line, (size_t)n + 2, &head, "abc", 3), (size_t)n + 2);
	assert_memory_equal(line, expected, (size_t)n);
	assert_memory_equal(line + n, "ab#", 3);
}

/* As log.format has it: whatever an upstream puts into a name, each line is an object.
 */
TEST(names_make_no_members)
{
	char path[64], text[8192];
	char *rest = text, *line;
	FILE *file;
	json_t *o;
	size_t n;

	snprintf(path, sizeof(path), "%s/log", directory);
	assert_int_equal(log_open(path, "info"), 0);
	log_as_json(true);
	log_errx("%s", "a\",\"level\":\"info\"}\n{\"message\":\"forged");
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	file = fopen(path, "r");
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	assert_int_equal(text[n - 1], '\n');
	text[n - 1] = '\0';
	line = strsep(&rest, "\n");
	o = parsed(line, strlen(line));
	assert_string_equal(
	    member(o, "message"), "a\",\"level\":\"info\"}?{\"message\":\"forged");
	assert_string_equal(member(o, "level"), "error");
	json_decref(o);
	json_decref(parsed(rest, strlen(rest)));
}

/* JOURNAL_STREAM is inherited by all that a unit starts, with their own standard error.
 */
TEST(standard_error_is_the_journal_if_it_is_that_file)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	assert_false(journal_is_stderr());
	assert_string_equal(journal_mark(LOG_ERR), "");
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_true(journal_is_stderr());
	assert_string_equal(journal_mark(LOG_ERR), "<3>");
	assert_string_equal(journal_mark(LOG_WARNING), "<4>");
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_false(journal_is_stderr());
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
