/* A configuration as lines for tools, and such lines taken apart, good and bad. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/describe.h"
#include "config/load.h"
#include "config/options.h"
#include "fixture/directory.h"
#include "unit.h"

static bool
known(const char *name)
{
	return strcmp(name, "lora") == 0;
}

static char *
describe(const char *text)
{
	char *lines, err[1024] = "";
	struct config *c;
	const char *path = directory_path("hydratord.conf");
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(config_load(path, known, &c, err, sizeof(err)), 0);
	lines = config_describe(c);
	config_free(&c);
	return lines;
}

/* The line of an option, which must be there. */
static struct config_line
line_of(const char *lines, const char *name)
{
	struct str text = { lines, strlen(lines) };
	struct config_line l;

	while (config_line_next(&text, &l))
		if (l.name.len == strlen(name) &&
		    memcmp(l.name.p, name, l.name.len) == 0)
			return l;
	fail_msg("no line of %s", name);
	return (struct config_line){ .reloadable = false };
}

static void
assert_str(struct str s, const char *expected)
{
	char *text = strndup(s.p, s.len);

	assert_string_equal(text, expected);
	free(text);
}

static int
set_up(void **state UNUSED)
{
	return directory_make();
}

static int
tear_down(void **state UNUSED)
{
	return directory_remove("hydratord.conf", NULL);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

#define CATEGORY "category 'lora' { reference = { 'https://a.example/x' } }\n"

TEST(a_line_says_value_default_source_and_whether_a_reload_changes_it)
{
	char *lines = describe("segment { name = '/other' }\nreaders = 3\n" CATEGORY);
	char source[160];
	struct config_line l = line_of(lines, "readers");

	snprintf(source, sizeof(source), "%s:2", directory_path("hydratord.conf"));
	assert_str(l.value, "3");
	assert_str(l.source, source);
	assert_true(l.reloadable);
	l = line_of(lines, "segment.name");
	assert_str(l.value, "\"/other\"");
	assert_str(l.preset, "\"/hydratord\"");
	assert_false(l.reloadable);
	l = line_of(lines, "hydration.ttl");
	assert_str(l.source, "default");
	assert_int_equal(l.value.len, l.preset.len);
	free(lines);
}

TEST(a_category_has_its_name_in_that_of_its_options)
{
	char *lines = describe(CATEGORY);
	struct config_line l = line_of(lines, "category.lora.reference");

	assert_str(l.value, "{ \"https://a.example/x\" }");
	assert_str(l.preset, "{}");
	free(lines);
}

TEST(every_option_has_a_line)
{
	char *lines = describe(CATEGORY), label[64];
	size_t i;

	for (i = 0; i < config_noptions; i++)
		if (!config_option_per_category(&config_options[i]))
			line_of(lines, config_option_label(&config_options[i], label));
	free(lines);
}

TEST(a_password_is_hidden_and_a_tab_is_no_separator)
{
	char *lines =
	    describe("redis { url = 'redis://:secret@r.example' }\n"
		     "analysis { preferred_hosts = { \"a\tb\" } }\n" CATEGORY);

	assert_null(strstr(lines, "secret"));
	assert_str(line_of(lines, "redis.url").value, "\"redis://***@r.example\"");
	assert_str(line_of(lines, "analysis.preferred_hosts").value, "{ \"a\\x09b\" }");
	free(lines);
}

TEST(a_value_is_found_by_its_name)
{
	char *lines = describe("readers = 3\n" CATEGORY);
	struct str text = { lines, strlen(lines) }, value;

	assert_true(config_line_find(text, "readers", &value));
	assert_str(value, "3");
	assert_false(config_line_find(text, "reader", &value));
	assert_false(config_line_find(text, "", &value));
	free(lines);
}

TEST(what_is_no_line_ends_the_lines)
{
	static const char *const bad[] = { "", "\n", "a\tb\tc\td\tyes",
		"a\tb\tc\tyes\n", "a\tb\tc\td\tmaybe\n", "a\tb\tc\td\tyes\tno\n",
		"\t\t\t\n" };
	struct config_line l;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		struct str text = { bad[i], strlen(bad[i]) };

		assert_false(config_line_next(&text, &l));
	}
	assert_false(config_line_next(&(struct str){ NULL, 0 }, &l));
}
