/* The configuration: the table's rows, files good and bad, the environment, the rules.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/load.h"
#include "config/options.h"
#include "fixture/directory.h"
#include "fixture/json_text.h"
#include "terms/category.h"
#include "unit.h"

#define CATEGORY "category 'lora' { reference = { 'https://a.example/x' } }\n"

static char path[128];
static char err[4096];
static char sample[4096];

static bool
known(const char *name)
{
	return strcmp(name, "lora") == 0 || strcmp(name, "image_generation") == 0 ||
	       strcmp(name, "text_generation") == 0;
}

static void
write_bytes(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Loads a file with that text; NULL and err if it is refused. */
static struct config *
load(const char *text)
{
	struct config *c = NULL;

	write_bytes(text, strlen(text));
	if (config_load(path, known, &c, err, sizeof(err)) == -1) {
		assert_null(c);
		return NULL;
	}
	assert_non_null(c);
	return c;
}

/* Loads a file that must be good. */
static struct config *
load_good(const char *text)
{
	struct config *c = load(text);

	if (c == NULL)
		fail_msg("refused: %s", err);
	return c;
}

/* The message must begin with FILE:LINE and contain what; line 0: FILE only. */
static void
refuses(const char *text, int line, const char *what)
{
	char head[sizeof(path) + 16];
	struct config *c = load(text);

	if (c != NULL)
		fail_msg("accepted: %s", text);
	if (line > 0)
		snprintf(head, sizeof(head), "%s:%d: ", path, line);
	else
		snprintf(head, sizeof(head), "%s: ", path);
	if (strncmp(err, head, strlen(head)) != 0 || strstr(err, what) == NULL)
		fail_msg("wanted %s...%s, got %s, for:\n%s", head, what, err, text);
}

static char *
dump(const struct config *c)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	config_dump(c, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* The same without the comments that name the origins. */
static char *
dump_values(const struct config *c)
{
	char *text = dump(c), *from, *to;

	for (from = to = text; *from != '\0'; from++) {
		if (strncmp(from, " # ", 3) == 0)
			from += strcspn(from, "\n");
		*to++ = *from;
	}
	*to = '\0';
	return text;
}

static char *
print_value(const struct config_option *o, const void *base)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	config_print_value(o, base, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

TEST(the_bytes_of_the_file_have_a_hash)
{
	struct config *c = load_good(CATEGORY "# one\n"), *d;

	assert_int_equal(
	    c->hash, XXH3_64bits(CATEGORY "# one\n", strlen(CATEGORY) + 6));
	d = load_good(CATEGORY "# two\n");
	assert_true(d->hash != 0 && d->hash != c->hash);
	config_free(&c);
	config_free(&d);
}

TEST(defaults_are_those_of_the_design)
{
	struct config *c = load_good(CATEGORY);

	assert_int_equal(c->listen.n, 1);
	assert_string_equal(c->listen.item[0], "127.0.0.1:19820");
	assert_int_equal(c->readers, 2);
	assert_string_equal(c->user, "");
	assert_string_equal(c->pidfile, "/run/hydratord/hydratord.pid");
	assert_string_equal(c->state_dir, "/var/lib/hydratord");
	assert_string_equal(c->segment.name, "/hydratord");
	assert_int_equal(c->segment.capacity, 16 * 1024 * 1024);
	assert_string_equal(c->log.target, "auto");
	assert_string_equal(c->log.format, "text");
	assert_string_equal(c->log.level, "info");
	assert_true(c->hydration.enabled);
	assert_int_equal(c->hydration.interval, 240);
	assert_int_equal(c->hydration.ttl, 300);
	assert_int_equal(c->hydration.stale_ttl, 3600);
	assert_int_equal(c->hydration.stale_if_error, 86400);
	assert_int_equal(c->hydration.startup_delay, 0);
	assert_string_equal(c->horde.url, "https://aihorde.net/api");
	assert_int_equal(c->horde.timeout, 30);
	assert_int_equal(c->analysis.corrections.n, 0);
	assert_string_equal(c->analysis.preferred_hosts.item[0], "huggingface.co");
	assert_true(c->analysis.low_usage_percent == 0.0065);
	assert_true(c->analysis.text_low_usage_percent == 0.02);
	assert_true(c->analysis.text_ignore_hosts);
	assert_int_equal(c->analysis.text_critical_usage, 10);
	assert_int_equal(c->analysis.text_critical_workers, 1);
	assert_string_equal(c->http.replicate_mode, "REPLICA");
	assert_string_equal(c->http.canonical_format, "v2");
	config_free(&c);
	assert_null(c);
	config_free(&c);
}

TEST(rows_are_well_formed)
{
	size_t i, j;

	for (i = 0; i < config_noptions; i++) {
		const struct config_option *o = &config_options[i];

		assert_non_null(o->env[0]);
		assert_true(strlen(o->doc) > 0 && strchr(o->doc, '\n') == NULL);
		if (o->type == OPTION_INT || o->type == OPTION_SIZE ||
		    o->type == OPTION_FLOAT)
			assert_true(o->min < o->max && o->unit != NULL);
		else
			assert_true(o->max == 0 && o->unit == NULL);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(o->env[0], config_options[j].env[0]);
			assert_false(
			    strcmp(o->name, config_options[j].name) == 0 &&
			    strcmp(o->section, config_options[j].section) == 0);
			/* A section in two places would be two sections to the file. */
			if (j + 1 < i)
				assert_false(strcmp(o->section,
						 config_options[j].section) == 0 &&
					     strcmp(o->section,
						 config_options[i - 1].section) != 0);
		}
	}
}

TEST(dump_shows_every_default)
{
	struct config *c = load_good(CATEGORY);
	char *text = dump(c), *value, line[512];
	size_t i;

	for (i = 0; i < config_noptions; i++) {
		const struct config_option *o = &config_options[i];

		if (config_option_per_category(o))
			continue;
		value = print_value(o, c);
		snprintf(line, sizeof(line), "%s%s = %s # default: %s%s%s%s\n",
		    o->section[0] != '\0' ? "\t" : "", o->name, value, o->doc,
		    o->unit != NULL ? " [" : "", o->unit != NULL ? o->unit : "",
		    o->unit != NULL ? "]" : "");
		if (strstr(text, line) == NULL)
			fail_msg("not in the dump: %s", line);
		free(value);
	}
	free(text);
	config_free(&c);
}

/* A text that fits the option and is not its default, and how the file has it. */
static const char *
other_value(const struct config_option *o, char text[64])
{
	static const char *const words[] = { "*:1", "/a", "debug", "PRIMARY", "legacy",
		"never-used", "https://b.example", "json", "nobody", "lora",
		"redis://h", "discord", "renamed" };
	char copy[64];
	size_t i;

	if (o->type == OPTION_BOOL)
		return strcmp(o->preset, "true") == 0 ? "OFF" : "Yes";
	if (o->type != OPTION_STRING && o->type != OPTION_LIST) {
		snprintf(text, 64, "%.15g", o->max);
		return text;
	}
	for (i = 0; i < NELEM(words); i++) {
		snprintf(copy, sizeof(copy), "%s", words[i]);
		if (strcmp(copy, o->preset) != 0 &&
		    (o->check == NULL || o->check(copy) == NULL))
			return words[i];
	}
	fail_msg("no value to try for %s.%s", o->section, o->name);
	return NULL;
}

static void
expect_changed(const struct config *c, size_t row, const char *origin)
{
	const struct config_option *o = &config_options[row];
	struct config *fresh = config_new();
	char *was, *is;
	size_t i;

	for (i = 0; i < config_noptions; i++) {
		if (config_option_per_category(&config_options[i]))
			continue;
		was = print_value(&config_options[i], fresh);
		is = print_value(&config_options[i], c);
		if (i == row)
			assert_string_not_equal(was, is);
		else
			assert_string_equal(was, is);
		free(was);
		free(is);
	}
	assert_string_equal(c->origin[row], origin);
	assert_true(o->offset < sizeof(*c));
	config_free(&fresh);
}

TEST(every_option_can_be_set_in_the_file)
{
	struct problems p = { err, sizeof(err), 0, 0 };
	char text[512], value[64], origin[sizeof(path) + 16];
	size_t i;

	snprintf(origin, sizeof(origin), "%s:2", path);
	for (i = 0; i < config_noptions; i++) {
		const struct config_option *o = &config_options[i];
		struct config *c = config_new();

		if (!config_option_per_category(o)) {
			snprintf(text, sizeof(text), "%s%s\n%s = %s\"%s\"%s\n%s",
			    o->section, o->section[0] != '\0' ? " {" : "", o->name,
			    o->type == OPTION_LIST ? "{" : "", other_value(o, value),
			    o->type == OPTION_LIST ? "}" : "",
			    o->section[0] != '\0' ? "}" : "");
			write_bytes(text, strlen(text));
			config_read_file(c, path, &p);
			if (p.n > 0)
				fail_msg("%s", err);
			expect_changed(c, i, origin);
		}
		config_free(&c);
	}
}

TEST(every_option_can_be_set_in_the_environment)
{
	struct problems p = { err, sizeof(err), 0, 0 };
	char text[128], value[64];
	size_t i, j;

	for (i = 0; i < config_noptions; i++) {
		const struct config_option *o = &config_options[i];

		for (j = 0; !config_option_per_category(o) && j < 2 && o->env[j]; j++) {
			struct config *c = config_new();

			snprintf(text, sizeof(text),
			    o->type == OPTION_LIST ? "[\"%s\"]" : "%s",
			    other_value(o, value));
			setenv(o->env[j], text, 1);
			config_read_environment(c, &p);
			if (p.n > 0)
				fail_msg("%s", err);
			expect_changed(c, i, o->env[j]);
			unsetenv(o->env[j]);
			config_free(&c);
		}
	}
}

TEST(every_range_is_kept)
{
	static const char *const bad[] = { "", "x", "1.5.", "0x10", "nan", "[1]" };
	char value[64], what[128];
	size_t i, j;

	for (i = 0; i < config_noptions; i++) {
		const struct config_option *o = &config_options[i];
		struct config *c = config_new();

		if (o->type != OPTION_STRING && o->type != OPTION_LIST) {
			for (j = 0; j < NELEM(bad); j++) {
				struct problems p = { err, sizeof(err), 0, 0 };

				assert_int_equal(
				    config_set_text(o, c, "X", bad[j], &p), -1);
				assert_int_equal(p.n, 1);
			}
		}
		for (j = 0; o->max > 0 && j < 2; j++) {
			struct problems p = { err, sizeof(err), 0, 0 };

			snprintf(value, sizeof(value), "%.15g",
			    j == 0 ? o->min - 1 : o->max + 1);
			snprintf(what, sizeof(what), "write %.15g to %.15g %s", o->min,
			    o->max, o->unit);
			assert_int_equal(config_set_text(o, c, "X", value, &p), -1);
			assert_int_equal(p.n, 1);
			assert_non_null(strstr(err, what));
		}
		config_free(&c);
	}
}

TEST(dump_reads_back_equal)
{
	static const char text[] =
	    "listen = { '[::1]:0', '*:80', localhost:65535 }\n"
	    "pidfile = \"/a \\\"b\\\" \\$\\{HOME} \\\\ \\x01\\n~'#//\"\n"
	    "segment { capacity = 65537 }\n"
	    "upstream { max_bytes = 3k user_agent = \"h\xc3\xa9 /* no comment */\" }\n"
	    "hydration { jitter = 0.123456789012345678 enabled = no }\n"
	    "analysis { preferred_hosts = {} low_usage_percent = 1e-7\n"
	    "  corrections = { 'Never-Used', exact-usage } }\n"
	    "http { replicate_mode = primary canonical_format = LEGACY\n"
	    "  cors = { 'https://a.example', '*' } }\n"
	    "horde { url = 'file:///srv/horde//' }\n"
	    "category lora { reference = { 'file:///x', 'HTTP://h/?a=b' } }\n"
	    "category 'text_generation' { reference = 'https://h/t/' }\n";
	struct config *c = load_good(text), *again;
	char *first, *second, *all = dump(c);

	assert_string_equal(c->pidfile, "/a \"b\" ${HOME} \\ \x01\n~'#//");
	assert_string_equal(c->horde.url, "file:///srv/horde");
	assert_string_equal(c->http.replicate_mode, "PRIMARY");
	assert_string_equal(c->http.canonical_format, "legacy");
	assert_string_equal(c->analysis.corrections.item[0], "never-used");
	assert_int_equal(c->analysis.preferred_hosts.n, 0);
	assert_int_equal(c->upstream.max_bytes, 3072);
	assert_string_equal(c->category[1].reference.item[0], "https://h/t/");
	again = load_good(all);
	first = dump_values(c);
	second = dump_values(again);
	assert_string_equal(first, second);
	free(first);
	free(second);
	free(all);
	config_free(&c);
	config_free(&again);
}

TEST(bad_values_are_named_with_their_line)
{
	refuses(
	    "\nreaders = 0\n" CATEGORY, 2, "readers: 0 is out of range: write 1 to");
	refuses("readers = many\n" CATEGORY, 1, "write a whole number");
	refuses("hydration {\n\tenabled = perhaps\n}\n" CATEGORY, 2, "true or false");
	refuses("segment {\n\n capacity = 16X }\n" CATEGORY, 3, "K, M or G");
	refuses("segment { capacity = 9999999G }\n" CATEGORY, 1, "segment.capacity");
	refuses("hydration { jitter = much }\n" CATEGORY, 1, "write a number");
	refuses(
	    "hydration { jitter = 0.51 }\n" CATEGORY, 1, "0 to 0.5 of the interval");
	refuses("log { level = loud }\n" CATEGORY, 1, "error, warning, info or debug");
	refuses("log { target = tmp }\n" CATEGORY, 1, "absolute path");
	refuses("log { format = xml }\n" CATEGORY, 1, "text or json");
	refuses("pidfile = run\n" CATEGORY, 1, "absolute path");
	refuses("state_dir = state\n" CATEGORY, 1, "absolute path");
	refuses("user = 'a b'\n" CATEGORY, 1, "login name");
	refuses("segment { name = hydratord }\n" CATEGORY, 1, "slash and a name");
	refuses("segment { name = '/a/b' }\n" CATEGORY, 1, "slash and a name");
	refuses("horde { url = 'ftp://h/' }\n" CATEGORY, 1, "http://");
	refuses("horde { url = 'file://h/x' }\n" CATEGORY, 1, "file:///");
	refuses("horde { url = 'https:///x' }\n" CATEGORY, 1, "http://");
	refuses("horde { url = 'http://h/ x' }\n" CATEGORY, 1, "http://");
	refuses("upstream { proxy = squid }\n" CATEGORY, 1, "socks5");
	refuses("upstream { user_agent = \"a\\nHost: b\" }\n" CATEGORY, 1, "control");
	refuses("analysis { corrections = { never-used,\n usage } }\n" CATEGORY, 2,
	    "exact-usage");
	refuses("http { cors = { 'example.org' } }\n" CATEGORY, 1, "origin");
	refuses("http { replicate_mode = SECONDARY }\n" CATEGORY, 1, "PRIMARY");
	refuses("http { canonical_format = v3 }\n" CATEGORY, 1, "v2 or legacy");
	refuses("http { metrics_listen = { 80 } }\n" CATEGORY, 1, "host:port");
	refuses("http { access_log = syslog }\n" CATEGORY, 1, "absolute path");
	refuses(
	    "http { access_log_format = common }\n" CATEGORY, 1, "combined or json");
	refuses("category lora {\nreference = {\n'x.json' } }\n", 3, "file:///");
}

TEST(listen_takes_addresses_only)
{
	static const char *const bad[] = { "80", ":80", "a:", "a:65536", "a:-1", "a:+1",
		"::1:80", "[::1]", "[a]:80", "[::1:80", "a/b:80", "a b:80", "a:8 0" };
	static const char *const good[] = { "a:0", "*:80", "[::]:80", "0.0.0.0:65535" };
	char text[256];
	struct config *c;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		snprintf(text, sizeof(text), "listen = { '%s' }\n" CATEGORY, bad[i]);
		refuses(text, 1, "write host:port");
	}
	for (i = 0; i < NELEM(good); i++) {
		snprintf(text, sizeof(text), "listen = { '%s' }\n" CATEGORY, good[i]);
		c = load_good(text);
		assert_string_equal(c->listen.item[0], good[i]);
		config_free(&c);
	}
	refuses("listen = {}\n" CATEGORY, 0, "listen: write at least one address");
}

TEST(syntax_errors_are_named_with_their_line)
{
	refuses("\n\nfoo = 1\n" CATEGORY, 3, "no such option 'foo'");
	refuses("hydration {\n foo = 1 }\n", 2, "'foo' in section hydration");
	refuses("hydrations { ttl = 1 }\n", 1, "hydrations");
	refuses("include(\"/etc/passwd\")\n", 1, "include");
	refuses("\nreaders 5\n" CATEGORY, 2, "equal sign");
	refuses("readers = { 1, 2 }\n" CATEGORY, 1, "unexpected");
	refuses("readers = 1 2\n" CATEGORY, 1, "'2'");
	refuses(CATEGORY "}\n", 2, "closing brace");
	refuses("\nlog {\n level = info\n" CATEGORY, 2, "brace");
	refuses("\npidfile = \"/a\n\n" CATEGORY "# \"\n' x \"'", 2, "string");
	refuses("\npidfile = '/a\n\n", 2, "string");
	refuses("\n/* \n" CATEGORY, 2, "comment");
	refuses("pidfile = \"\\9\"\n" CATEGORY, 1, "escape");
	refuses("readers =\n", 2, "end of file");
	refuses("category {}\n", 1, "title");
}

TEST(what_is_set_twice_is_refused)
{
	struct config *c;

	refuses("readers = 1\n\nreaders = 2\n" CATEGORY, 3, "already set in line 1");
	refuses("log { level = info }\nlog { level = info }\n" CATEGORY, 2, "line 1");
	refuses("listen = { a:1 }\nlisten = { a:1, b:1 }\n" CATEGORY, 2, "line 1");
	refuses(CATEGORY "\n" CATEGORY, 3, "duplicate");
	/* A section may come in parts, a list may grow. */
	c = load_good("log { level = error }\nlisten = { a:1 }\nlisten += { b:1 }\n"
		      "log { target = stderr }\n" CATEGORY);
	assert_string_equal(c->log.level, "error");
	assert_string_equal(c->log.target, "stderr");
	assert_int_equal(c->listen.n, 2);
	config_free(&c);
}

TEST(comments_do_not_shift_lines)
{
	struct config *c;

	refuses("# one\n# two\n/* three\n four */ // x\n\nlog { # six \"\n"
		"level = /* seven */ loud }\n" CATEGORY,
	    7, "loud");
	c = load_good(
	    "listen = { # here\n /* and */ 'a:1', // there ' }\n \"b:2\" }\n"
	    "horde { url = http://h//x#y\n } # }\n" CATEGORY "#last, no newline");
	assert_int_equal(c->listen.n, 2);
	assert_string_equal(c->horde.url, "http://h//x");
	config_free(&c);
}

TEST(all_bad_values_are_reported_at_once)
{
	char *line;
	int n = 1;

	setenv("HYDRATORD_HTTP_RETRY_AFTER", "soon", 1);
	refuses("readers = 0\nlog { level = x\n target = y }\nfoo = 1\n", 4, "foo");
	for (line = err; (line = strchr(line, '\n')) != NULL; line++)
		n++;
	assert_int_equal(n, 5);
	assert_non_null(strstr(err, ":1: readers"));
	assert_non_null(strstr(err, ":2: log.level"));
	assert_non_null(strstr(err, ":3: log.target"));
	assert_non_null(strstr(err, "\nHYDRATORD_HTTP_RETRY_AFTER: http.retry_after"));
	unsetenv("HYDRATORD_HTTP_RETRY_AFTER");
}

TEST(rules_between_options_hold)
{
	struct config *c;

	refuses("hydration {\ninterval = 300\nttl = 300\n}\n" CATEGORY, 2,
	    "interval (300 s) must be less than hydration.ttl (300 s)");
	refuses("hydration {\n\nttl = 3601\n}\n" CATEGORY, 3,
	    "ttl (3601 s) must be at most hydration.stale_ttl (3600 s)");
	refuses("hydration {\nstale_if_error = 3599\n}\n" CATEGORY, 2,
	    "stale_ttl (3600 s) must be at most hydration.stale_if_error (3599 s)");
	refuses("http {\nmax_head = 4K\nmax_target = 5K }\n" CATEGORY, 2,
	    "http.max_target (5120 bytes) must be at most http.max_head (4096");
	refuses("readers = 1\n", 0, "no category");
	refuses("\ncategory loras {\n\nreference = { 'https://h/' } }\n", 2,
	    "category 'loras' does not exist");
	refuses("\ncategory lora { }\n", 2, "category 'lora' has no source");
	refuses("\ncategory lora { reference = {} }\n", 2, "has no source");
	refuses("http {\nready_categories = { 'lora', 'image_generation' } "
		"}\n" CATEGORY,
	    2, "'image_generation' is not configured: add its category section");
	refuses("http { ready_categories = { 'loras' } }\n" CATEGORY, 1,
	    "'loras' does not fit: write names of categories");
	refuses("redis {\nlease = 120\n}\n" CATEGORY, 2,
	    "redis.lease (120 s) must be more than upstream.cycle_timeout (120 s)");
	refuses(
	    "upstream {\ncycle_timeout = 121\n}\nredis {\nlease = 121\n}\n" CATEGORY, 2,
	    "redis.lease (121 s) must be more than upstream.cycle_timeout");
	refuses("redis {\npoll = 135\n}\n" CATEGORY, 2,
	    "redis.poll (135 s) must be less than redis.lease (135 s)");
	refuses("redis {\npatience = 86400\n}\nhydration {\nstale_if_error = "
		"86399\n}\n" CATEGORY,
	    5, "redis.patience (86400 s) must be at most hydration.stale_if_error");
	refuses("state_dir = ''\nnotify {\nurl_file = '/dev/null' }\n" CATEGORY, 3,
	    "notify.url_file: nothing would be posted");
	refuses("history { enabled = false }\nnotify {\nurl_file = '/dev/null' "
		"}\n" CATEGORY,
	    3, "notify.url_file: nothing would be posted");
	c = load_good("hydration { interval = 299 ttl = 300 stale_ttl = 300\n"
		      "stale_if_error = 300 }\nhttp { max_head = 8K }\n" CATEGORY);
	config_free(&c);
}

static const char *
redis_refused(const char *url)
{
	char text[512];

	snprintf(text, sizeof(text), "\nredis {\nurl = '%s'\n}\n" CATEGORY, url);
	refuses(text, 3, "redis.url");
	return err;
}

TEST(a_password_of_redis_is_never_told)
{
	static const char *const bad[] = { "redis://:s3cret@", "redis://s3cret/@h",
		"http://:s3cret@h", "redis://:s3cret@h:port", "redis://:s3cret@h/db",
		":s3cret@h", "unix://:s3cret@h/p", "redis://:s3cret%@h" };
	struct config *c;
	char *text;
	size_t i;

	for (i = 0; i < NELEM(bad); i++)
		assert_null(strstr(redis_refused(bad[i]), "s3cret"));
	c = load_good("redis { url = 'rediss://us3r:s3cret@h:1/2' }\n" CATEGORY);
	assert_string_equal(c->redis.url, "rediss://us3r:s3cret@h:1/2");
	text = dump(c);
	assert_non_null(strstr(text, "\turl = \"rediss://***@h:1/2\" # "));
	assert_non_null(strstr(text, "; *** hides its user and password\n"));
	assert_null(strstr(text, "s3cret"));
	assert_null(strstr(text, "us3r"));
	free(text);
	config_free(&c);
	c = load_good("redis { url = 'unix:///run/a@b?db=1' }\n" CATEGORY);
	text = dump(c);
	assert_non_null(strstr(text, "\turl = \"unix:///run/a@b?db=1\" # "));
	assert_null(strstr(text, "***"));
	free(text);
	config_free(&c);
}

TEST(one_password_is_enough)
{
	char text[512];
	FILE *f;

	snprintf(text, sizeof(text), "%s.password", path);
	assert_non_null(f = fopen(text, "w"));
	fclose(f);
	assert_int_equal(chmod(text, 0600), 0);
	snprintf(text, sizeof(text),
	    "redis {\nurl = 'redis://user:s3cret@h'\n"
	    "password_file = '%s.password'\n}\n" CATEGORY,
	    path);
	refuses(text, 2, "redis.password_file and redis.url have a password each");
	snprintf(text, sizeof(text),
	    "redis {\nurl = 'redis://user@h'\n"
	    "password_file = '%s.password'\n}\n" CATEGORY,
	    path);
	struct config *c = load_good(text);
	config_free(&c);
	snprintf(text, sizeof(text), "%s.password", path);
	assert_int_equal(unlink(text), 0);
	refuses("redis {\nurl = 'redis://user@h'\n}\n" CATEGORY, 2,
	    "redis.url has a user without a password: write USER:PASSWORD@");
}

TEST(names_of_redis_are_simple)
{
	refuses("redis {\nprefix = '' }\n" CATEGORY, 2, "write letters, digits");
	refuses("redis {\nprefix = 'a{b}' }\n" CATEGORY, 2, "write letters, digits");
	refuses("redis {\nprefix = 'a*' }\n" CATEGORY, 2, "write letters, digits");
	refuses("redis {\nreference_prefix = 'a b' }\n" CATEGORY, 2, "write letters");
	refuses("redis {\nname = 'a/b' }\n" CATEGORY, 2, "write letters, digits");
	refuses("redis {\nname = "
		"'abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij1234' "
		"}\n" CATEGORY,
	    2, "up to 63 bytes");
	struct config *c = load_good("redis { prefix = 'a:b/c._-1' name = 'A.b-1'\n"
				     "reference_prefix = '' }\n" CATEGORY);
	config_free(&c);
}

TEST(what_redis_leaves_open_follows_from_the_rest)
{
	char host[256];
	struct config *c = load_good(CATEGORY);

	assert_string_equal(c->redis.url, "");
	assert_int_equal(c->redis.lease, 135);
	assert_int_equal(c->redis.patience, 240);
	assert_int_equal(c->redis.reference_ttl, 3600);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	if (strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(host) &&
	    strlen(host) < 64)
		assert_string_equal(c->redis.name, host);
	else
		assert_true(c->redis.name[0] != '\0');
	config_free(&c);
	c = load_good("upstream { cycle_timeout = 10 }\n"
		      "hydration { interval = 20 ttl = 30 stale_ttl = 40 }\n" CATEGORY);
	assert_int_equal(c->redis.lease, 25);
	assert_int_equal(c->redis.patience, 20);
	assert_int_equal(c->redis.reference_ttl, 40);
	config_free(&c);
	c = load_good(
	    "redis { lease = 121 patience = 7 reference_ttl = 8 name = x }\n" CATEGORY);
	assert_int_equal(c->redis.lease, 121);
	assert_int_equal(c->redis.patience, 7);
	assert_int_equal(c->redis.reference_ttl, 8);
	assert_string_equal(c->redis.name, "x");
	config_free(&c);
}

static void
expect_ready(const char *text, const char *first, size_t n)
{
	struct config *c = load_good(text);

	assert_int_equal(c->http.ready_categories.n, n);
	if (n > 0)
		assert_string_equal(c->http.ready_categories.item[0], first);
	config_free(&c);
}

TEST(ready_categories_are_configured_ones)
{
#define TEXT "category text_generation { reference = { 'https://a.example/x' } }\n"
#define IMAGE "category image_generation { reference = { 'https://a.example/x' } }\n"
	expect_ready(CATEGORY TEXT IMAGE, "image_generation", 2);
	expect_ready(CATEGORY TEXT, "text_generation", 1);
	expect_ready(CATEGORY, "lora", 1);
	expect_ready("http { ready_categories = { lora } }\n" CATEGORY TEXT, "lora", 1);
	expect_ready("http { ready_categories = {} }\n" CATEGORY TEXT, NULL, 0);
#undef TEXT
#undef IMAGE
}

TEST(files_that_cannot_be_read_are_named)
{
	struct config *c = NULL;
	char want[sizeof(path) + 64], *big;

	unlink(path);
	assert_int_equal(config_load(path, known, &c, err, sizeof(err)), -1);
	snprintf(want, sizeof(want), "%s: No such file or directory", path);
	assert_memory_equal(err, want, strlen(want));
	assert_int_equal(config_load(directory, known, &c, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "Is a directory"));
	write_bytes("readers = 1\0\n", 13);
	assert_int_equal(config_load(path, known, &c, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "NUL"));
	big = xmalloc(2 * 1024 * 1024);
	memset(big, '\n', 2 * 1024 * 1024);
	write_bytes(big, 2 * 1024 * 1024);
	free(big);
	assert_int_equal(config_load(path, known, &c, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "File too large"));
	assert_null(c);
	refuses("", 0, "no category");
}

TEST(little_room_for_messages_is_enough)
{
	struct config *c = NULL;
	char small[16];

	write_bytes("readers = 0\nfoo = 1\n", 20);
	memset(small, 'x', sizeof(small));
	assert_int_equal(config_load(path, known, &c, small, 8), -1);
	assert_int_equal(strlen(small), 7);
	assert_int_equal(small[8], 'x');
	assert_int_equal(config_load(path, known, &c, small, 1), -1);
	assert_string_equal(small, "");
	assert_int_equal(config_load(path, known, &c, NULL, 0), -1);
	assert_null(c);
}

/* libconfuse's scanner is one global thing: a refused file must leave it usable. */
TEST(bad_files_do_not_spoil_good_ones)
{
	static const char *const bad[] = { "foo = 1", "readers = \"\\9", "log {", "}",
		"category lora {", "category lora { reference = {", "readers = \"" };
	struct config *c;
	size_t i;

	for (i = 0; i < 10 * NELEM(bad); i++) {
		assert_null(load(bad[i % NELEM(bad)]));
		c = load_good("readers = 3\n" CATEGORY);
		assert_int_equal(c->readers, 3);
		config_free(&c);
	}
}

TEST(environment_wins_over_the_file)
{
	struct config *c;
	char *text;

	setenv("horde_model_reference_cache_hydration_interval_seconds", " 1_00 ", 1);
	setenv("HORDE_MODEL_REFERENCE_CACHE_HYDRATION_ENABLED", "F", 1);
	setenv("HYDRATORD_SEGMENT_CAPACITY", "1m", 1);
	setenv("HORDE_MODEL_REFERENCE_PREFERRED_FILE_HOSTS", json_text_of("['a', 'b']"),
	    1);
	setenv("AI_HORDE_URL", "https://second.example/api/", 1);
	setenv("HORDE_URL", "https://first.example/api/", 1);
	setenv("HORDE_MODEL_REFERENCE_CACHE_TTL_SECONDS", "60", 1);
	setenv("HORDE_MODEL_REFERENCE_REDIS__USE_REDIS", "true", 1);
	c = load_good(
	    "hydration { interval = 200 enabled = true }\n"
	    "segment { capacity = 2M }\nhorde { url = 'http://h' }\n" CATEGORY);
	assert_int_equal(c->hydration.interval, 100);
	assert_false(c->hydration.enabled);
	assert_int_equal(c->segment.capacity, 1024 * 1024);
	assert_int_equal(c->analysis.preferred_hosts.n, 2);
	assert_string_equal(c->horde.url, "https://first.example/api");
	assert_string_equal(c->redis.url, "redis://localhost:6379/0");
	text = dump(c);
	assert_non_null(
	    strstr(text, "capacity = \"1M\" # HYDRATORD_SEGMENT_CAPACITY:"));
	free(text);
	config_free(&c);
	clearenv();
	setenv("AI_HORDE_URL", "https://second.example/api", 1);
	c = load_good("horde { url = 'http://h' }\n" CATEGORY);
	assert_string_equal(c->horde.url, "https://second.example/api");
	config_free(&c);
	clearenv();
}

static void
refuses_variable(const char *name, const char *value, const char *what)
{
	char head[128];

	setenv(name, value, 1);
	assert_null(load(CATEGORY));
	clearenv();
	snprintf(head, sizeof(head), "%s: ", name);
	if (strncmp(err, head, strlen(head)) != 0 || strstr(err, what) == NULL)
		fail_msg("wanted %s...%s, got %s", head, what, err);
}

TEST(bad_variables_are_named)
{
	refuses_variable("HORDE_MODEL_REFERENCE_CACHE_HYDRATION_INTERVAL_SECONDS", "",
	    "whole number");
	refuses_variable(
	    "HORDE_MODEL_REFERENCE_CACHE_HYDRATION_ENABLED", " true", "true or false");
	refuses_variable(
	    "HORDE_MODEL_REFERENCE_PREFERRED_FILE_HOSTS", "a.example, b", "JSON");
	refuses_variable("HORDE_MODEL_REFERENCE_PREFERRED_FILE_HOSTS", "", "JSON");
	refuses_variable("HYDRATORD_LISTEN", json_text_of("{'a':'b:1'}"), "JSON");
	refuses_variable("HYDRATORD_LISTEN", "[]", "at least one address");
	refuses_variable("HORDE_URL", "", "http://");
	refuses_variable("HYDRATORD_READERS", "65", "write 1 to 64 processes");
	refuses_variable("HORDE_MODEL_REFERENCE_DELETION_RISK_CACHE_TTL", "240",
	    "must be less than hydration.ttl (240 s)");
	refuses_variable("HORDE_MODEL_REFERENCE_PRIMARY_API_URL", "models", "http://");
	refuses_variable("HYDRATORD_CATEGORY_LORAS_REFERENCE",
	    json_text_of("['https://h/']"), "category 'loras' does not exist");
}

#define CORS "HORDE_MODEL_REFERENCE_CORS_ALLOWED_ORIGINS"

static void
assert_origins(const struct config *c, size_t n)
{
	static const char *const origins[] = { "https://a.example", "http://[::1]:8080",
		"*" };
	size_t i;

	assert_int_equal(c->http.cors.n, n);
	for (i = 0; i < n; i++)
		assert_string_equal(c->http.cors.item[i], origins[i]);
}

/* text: with ' for ". */
static void
gives_origins(const char *text, size_t n)
{
	char file[512];
	struct config *c;

	text = json_text_of("%s", text);
	setenv(CORS, text, 1);
	c = load_good(CATEGORY);
	clearenv();
	assert_origins(c, n);
	config_free(&c);
	snprintf(file, sizeof(file), "http { cors = '%s' }\n" CATEGORY, text);
	c = load_good(file);
	assert_origins(c, n);
	config_free(&c);
}

/* As the reference takes them, in one text; and as lists of the file are. */
TEST(origins_come_with_commas_or_in_an_array)
{
	struct config *c;
	char *text;

	gives_origins("https://a.example", 1);
	gives_origins("https://a.example,http://[::1]:8080,*", 3);
	gives_origins(" https://a.example\t,, http://[::1]:8080 ,", 2);
	gives_origins("['https://a.example', 'http://[::1]:8080']", 2);
	gives_origins(" ['https://a.example'] ", 1);
	gives_origins("[]", 0);
	gives_origins("", 0);
	gives_origins(" , ", 0);
	c = load_good("http { cors = { 'https://a.example, http://[::1]:8080', "
		      "'[\"*\"]' } }\n" CATEGORY);
	assert_origins(c, 3);
	text = dump(c);
	assert_non_null(strstr(
	    text, "cors = { \"https://a.example\", \"http://[::1]:8080\", \"*\" }"));
	free(text);
	config_free(&c);
}

TEST(what_is_no_list_of_origins_is_refused)
{
	static const char no_array[] =
	    "write a JSON array of strings, like [\"a\", \"b\"], or a, b";
	/* With ' for ". */
	static const char *const bad[] = { "[", "[1]", "['https://a.example'",
		"['https://a.example'] x", "['https://a.example',]",
		"[['https://a.example']]", "['https://a.example'], https://b.example" };
	static const char *const items[] = { "a.example", "'https://a.example'",
		"https://a.example, b", "https://a.example b", "{'a': 1}",
		"['https://a.example,https://b.example']", "['']",
		"https://a.example;https://b.example, x", "://a", "https://" };
	char many[8192] = "https://a.example";
	size_t i;

	for (i = 0; i < NELEM(bad); i++)
		refuses_variable(CORS, json_text_of("%s", bad[i]), no_array);
	refuses_variable(CORS, "['https://a.example']", no_array);
	for (i = 0; i < NELEM(items); i++)
		refuses_variable(CORS, json_text_of("%s", items[i]), "write an origin");
	for (i = 0; i < CONFIG_LIST_MAX; i++)
		strlcat(many, ",https://a.example", sizeof(many));
	refuses_variable(CORS, many, "write at most 64");
	refuses("http {\ncors = {\n'https://a.example',\n'[1]' } }\n" CATEGORY, 4,
	    "JSON array");
	refuses("http {\ncors = {\n'https://a.example',\n'*, x' } }\n" CATEGORY, 4,
	    "'x' does not fit: write an origin");
}

TEST(environment_brings_categories_and_sources)
{
	struct config *c = NULL;
	size_t i;

	setenv("HYDRATORD_CATEGORY_TEXT_GENERATION_REFERENCE",
	    json_text_of("['file:///t']"), 1);
	setenv("HORDE_MODEL_REFERENCE_PRIMARY_API_URL", "https://p.example/api/", 1);
	assert_int_equal(config_load(NULL, known, &c, err, sizeof(err)), 0);
	assert_int_equal(c->ncategories, 1);
	assert_string_equal(c->category[0].name, "text_generation");
	assert_int_equal(c->category[0].reference.n, 2);
	assert_string_equal(c->category[0].reference.item[0],
	    "https://p.example/api/model_references/v2/text_generation");
	assert_string_equal(c->category[0].reference.item[1], "file:///t");
	config_free(&c);
	/* What is first already is not put first again: a dump reads back equal. */
	c = load_good(
	    "category text_generation { reference = { 'file:///x' } }\n" CATEGORY
	    "category image_generation { reference = { "
	    "'https://p.example/api/model_references/v2/image_generation'"
	    " } }\n");
	for (i = 0; i < c->ncategories; i++)
		assert_int_equal(c->category[i].reference.n, i < 2 ? 2 : 1);
	config_free(&c);
	clearenv();
	assert_int_equal(config_load(NULL, known, &c, err, sizeof(err)), -1);
	assert_string_equal(
	    err, "environment: no category: write at least one category section");
}

static char *
variables(bool unknown_only, size_t want)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(config_print_variables(f, "# ", unknown_only), want);
	assert_int_equal(fclose(f), 0);
	return text;
}

#define REFERENCE "HORDE_MODEL_REFERENCE_"

TEST(what_became_of_a_variable_is_said)
{
	static const struct {
		const char *name, *says;
	} cases[] = {
		{ REFERENCE "DELETION_RISK_CACHE_TTL", "sets hydration.ttl" },
		{ "HYDRATORD_READERS", "sets readers" },
		{ "ai_horde_url", "sets horde.url" },
		{ "HYDRATORD_CATEGORY_LORA_REFERENCE",
		    "sets reference of category lora" },
		{ REFERENCE "PRIMARY_API_URL", "sets the first source of every" },
		{ REFERENCE "REDIS__URL",
		    "is ignored: " REFERENCE "REDIS__USE_REDIS is not true" },
		{ REFERENCE "REDIS__USE_REDIS", "is ignored: redis.url says" },
		{ REFERENCE "REDIS", "is ignored: its settings are read as" },
		{ REFERENCE "REDIS__POOL_SIZE", "is ignored: each category has" },
		{ REFERENCE "REDIS__RETRY_MAX_ATTEMPTS", "is ignored: a connection" },
		{ REFERENCE "redis__socket_timeout", "is ignored: a connection has" },
		{ REFERENCE "REDIS__USE_PUBSUB", "is ignored: Redis is looked at" },
		{ REFERENCE "audit_cache_ttl",
		    "is ignored: since version 3 of the reference it is " REFERENCE
		    "DELETION_RISK_CACHE_TTL" },
		{ REFERENCE "AUDIT__ENABLED", "is ignored: nothing is changed" },
		{ REFERENCE "IMAGE_GITHUB_REPO__OWNER", "is ignored: reference of" },
		{ REFERENCE "LEGACY_DOWNLOAD_RETRY_MAX_ATTEMPTS", "is ignored: a " },
		{ REFERENCE "ENABLE_STATISTICS_PRECOMPUTE", "is ignored: stat" },
		{ "AIWORKER_CACHE_HOME", "is ignored: " },
	};
	char line[256], *text;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		setenv(cases[i].name, "s3cret", 1);
		setenv("PATH", "/bin", 1);
		setenv("HORDE", "1", 1);
		text = variables(false, 1);
		snprintf(line, sizeof(line), "# %s %s", cases[i].name, cases[i].says);
		if (strncmp(text, line, strlen(line)) != 0)
			fail_msg("wanted %s..., got %s", line, text);
		assert_null(strstr(text, "s3cret"));
		free(text);
		text = variables(true, 0);
		assert_string_equal(text, "");
		free(text);
		clearenv();
	}
}

TEST(what_counts_in_place_of_a_variable_is_named)
{
	char *text;

	setenv("AI_HORDE_URL", "http://a", 1);
	setenv("HORDE_URL", "http://b", 1);
	setenv(REFERENCE "CACHE_HYDRATION_ENABLED", "1", 1);
	setenv("horde_model_reference_cache_hydration_enabled", "0", 1);
	setenv("HYDRATORD_CATEGORY_LORA_REFERENCE", "[]", 1);
	setenv("HYDRATORD_CATEGORY_Lora_REFERENCE", "[]", 1);
	setenv(REFERENCE "PRIMARY_API_URL", "", 1);
	text = variables(false, 7);
	assert_non_null(strstr(text, "# AI_HORDE_URL is ignored: HORDE_URL counts\n"));
	assert_non_null(strstr(text, "# HORDE_URL sets horde.url\n"));
	assert_non_null(strstr(text, "_enabled sets hydration.enabled\n"));
	assert_non_null(strstr(text, "_ENABLED is ignored: horde_model_reference_"));
	assert_non_null(strstr(text, "_Lora_REFERENCE sets reference of category"));
	assert_non_null(strstr(text, "_LORA_REFERENCE is ignored: HYDRATORD_"));
	assert_non_null(strstr(text, "PRIMARY_API_URL is empty: it adds no source\n"));
	free(text);
	clearenv();
}

#define REDIS REFERENCE "REDIS__"

static void
expect_redis(const char *text, const char *url, const char *prefix, int64_t ttl)
{
	struct config *c = load_good(text);

	assert_string_equal(c->redis.url, url);
	assert_string_equal(c->redis.reference_prefix, prefix);
	assert_int_equal(c->redis.reference_ttl, ttl);
	config_free(&c);
}

TEST(redis_of_the_reference_counts_where_it_is_used)
{
	static const char file[] = "redis { url = 'redis://file' }\n" CATEGORY;
	char *text;

	setenv(REDIS "URL", "redis://:s3cret@h", 1);
	setenv(REDIS "KEY_PREFIX", "p", 1);
	setenv(REDIS "TTL_SECONDS", "77", 1);
	expect_redis(file, "redis://file", "horde:model_ref", 3600);
	setenv(REDIS "USE_REDIS", "false", 1);
	expect_redis(file, "redis://file", "horde:model_ref", 3600);
	setenv(REDIS "USE_REDIS", "true", 1);
	expect_redis(file, "redis://:s3cret@h", "p", 77);
	text = variables(false, 4);
	assert_non_null(strstr(text, "# " REDIS "URL sets redis.url\n"));
	assert_non_null(
	    strstr(text, "# " REDIS "KEY_PREFIX sets redis.reference_prefix\n"));
	assert_non_null(
	    strstr(text, "# " REDIS "TTL_SECONDS sets redis.reference_ttl\n"));
	assert_non_null(strstr(text, "# " REDIS "USE_REDIS makes URL, KEY_PREFIX"));
	assert_null(strstr(text, "s3cret"));
	free(text);
	/* Ours win, also empty. */
	setenv("HYDRATORD_REDIS_URL", "", 1);
	setenv("HYDRATORD_REDIS_REFERENCE_TTL", "5", 1);
	expect_redis(file, "", "p", 5);
	text = variables(false, 6);
	assert_non_null(
	    strstr(text, "# " REDIS "URL is ignored: HYDRATORD_REDIS_URL counts\n"));
	free(text);
	clearenv();
	setenv(REDIS "USE_REDIS", "1", 1);
	expect_redis(CATEGORY, "redis://localhost:6379/0", "horde:model_ref", 3600);
	expect_redis(file, "redis://file", "horde:model_ref", 3600);
	clearenv();
	refuses_variable(REDIS "USE_REDIS", "maybe", "write true or false");
	setenv(REDIS "USE_REDIS", "1", 1);
	refuses_variable(REDIS "URL", "redis://:s3cret@h/x", "redis.url");
	assert_null(strstr(err, "s3cret"));
}

/* Also with a name that would write a line of its own. */
TEST(a_variable_that_nobody_knows_is_a_warning)
{
	char *text;

	setenv(REFERENCE "CACHE_HYDRATION_INTERVAL", "60", 1);
	setenv("horde_model_reference_\n# x \033[2J", "60", 1);
	setenv(REFERENCE "OFFLINE", "1", 1);
	setenv(REFERENCE "REDIS__TTL", "1", 1);
	text = variables(true, 3);
	assert_non_null(strstr(text,
	    "# warning: " REFERENCE "CACHE_HYDRATION_INTERVAL is ignored: hydratord "
	    "knows no such setting"));
	assert_non_null(strstr(text, "horde_model_reference_\\x0a# x \\x1b[2J is"));
	free(text);
	free(variables(false, 4));
	clearenv();
	free(variables(false, 0));
}

TEST(numbers_follow_the_lax_grammar)
{
	static const char *const good[] = { "5", "+5", " 5 ", "5\n", "005", "5.0",
		"5.00" };
	static const char *const bad[] = { "", " ", "5.", "5.5", "1__0", "_5", "5_",
		"1e3", "0x10", "+-5", "--5", "true", "5 5", "9223372036854775808" };
	int64_t n = 0;
	double x = 0;
	bool b = false;
	size_t i;

	for (i = 0; i < NELEM(good); i++) {
		n = 0;
		assert_true(value_int(good[i], &n));
		assert_int_equal(n, 5);
	}
	for (i = 0; i < NELEM(bad); i++)
		assert_false(value_int(bad[i], &n));
	assert_true(value_int("1_000", &n) && n == 1000);
	assert_true(value_int("-9223372036854775808", &n) && n == INT64_MIN);
	assert_true(value_float(" 1_0.5e-1 ", &x) && x == 1.05);
	assert_false(value_float("inf", &x) || value_float("0x1p3", &x) ||
		     value_float("1e999", &x) || value_float("", &x));
	assert_true(value_bool("oN", &b) && b);
	assert_true(value_bool("F", &b) && !b);
	assert_false(
	    value_bool("01", &b) || value_bool("", &b) || value_bool("1.0", &b));
	assert_true(value_size("1g", &n) && n == 1 << 30);
	assert_false(value_size("K", &n) || value_size("1KB", &n) ||
		     value_size("8589934592G", &n));
}

static bool
is_category(const char *name)
{
	return category_find(name, strlen(name)) >= 0;
}

TEST(the_sample_is_good)
{
	struct config *c = NULL;

	if (config_load(sample, is_category, &c, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	assert_int_equal(c->ncategories, CATEGORY_MAX);
	assert_int_equal(c->http.ready_categories.n, 2);
	assert_int_equal(c->analysis.corrections.n, 2);
	assert_string_equal(c->analysis.corrections.item[0], "parameter-buckets");
	assert_string_equal(c->analysis.corrections.item[1], "never-used");
	config_free(&c);
}

static int
make_directory(void **state UNUSED)
{
	const char *srcdir = getenv("srcdir");

	snprintf(sample, sizeof(sample), "%s/etc/hydratord.conf",
	    srcdir != NULL ? srcdir : ".");
	clearenv();
	if (directory_make() == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/conf", directory);
	return 0;
}

static int
remove_directory(void **state UNUSED)
{
	return directory_remove("conf", NULL);
}

UNIT_FIXTURE(.group_setup = make_directory, .group_teardown = remove_directory);
