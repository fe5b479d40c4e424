/* Options that name files: refused at load, with the file's name and the reason. */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "fixture/directory.h"
#include "unit.h"

static char path[64], key[64], err[2048];

static bool
known(const char *name)
{
	return strcmp(name, "lora") == 0;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *fp = fopen(name, "w");

	assert_non_null(fp);
	assert_int_not_equal(fputs(text, fp), EOF);
	assert_int_equal(fclose(fp), 0);
	assert_int_equal(chmod(name, mode), 0);
}

/* Loads a file with these options; NULL and err if it is refused. */
static struct config *
load(const char *option, const char *file, const char *horde)
{
	struct config *c = NULL;
	char text[512];

	snprintf(text, sizeof(text),
	    "horde { url = '%s' }\nupstream { %s = '%s' }\n"
	    "category 'lora' { reference = { 'https://a.example/x' } }\n",
	    horde, option, file);
	write_file(path, text, 0600);
	if (config_load(path, known, &c, err, sizeof(err)) == -1)
		return NULL;
	return c;
}

static void
accepts(const char *option, const char *file, const char *horde)
{
	struct config *c = load(option, file, horde);

	if (c == NULL)
		fail_msg("refused: %s", err);
	config_free(&c);
}

static void
refuses(const char *option, const char *file, const char *horde, const char *why)
{
	if (load(option, file, horde) != NULL)
		fail_msg("accepted: %s = %s", option, file);
	if (strstr(err, option) == NULL || strstr(err, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err, why);
}

TEST(the_ca_file_is_readable)
{
	char gone[100];

	write_file(key, "x", 0644);
	accepts("ca_file", key, "https://h");
	accepts("ca_file", "", "https://h");
	snprintf(gone, sizeof(gone), "%s/none", directory);
	refuses("ca_file", gone, "https://h", "/none: No such file");
	refuses("ca_file", directory, "https://h", "not a regular file");
	refuses("ca_file", "relative", "https://h", "absolute path");
	if (geteuid() == 0)
		return;
	write_file(key, "x", 0);
	refuses("ca_file", key, "https://h", "Permission denied");
	unlink(key);
}

TEST(a_key_is_closed_to_others)
{
	write_file(key, "secret", 0640);
	accepts("apikey_file", key, "https://h");
	write_file(key, "secret", 0644);
	refuses("apikey_file", key, "https://h", "open to others");
	write_file(key, "secret", 0602);
	refuses("apikey_file", key, "https://h", "open to others");
	if (strstr(err, "secret") != NULL)
		fail_msg("the key is in: %s", err);
}

/* It is read for each connection: nobody but the user has to. */
TEST(a_password_is_for_one_user)
{
	static const mode_t bad[] = { 0640, 0620, 0604, 0602, 0660 };
	char section[256];
	size_t i;

	snprintf(
	    section, sizeof(section), "%s' }\nredis { password_file = '%s", "", key);
	write_file(key, "s3cret", 0600);
	accepts("ca_file", section, "https://h");
	for (i = 0; i < NELEM(bad); i++) {
		write_file(key, "s3cret", bad[i]);
		assert_null(load("ca_file", section, "https://h"));
		assert_non_null(strstr(err, "redis.password_file: "));
		assert_non_null(
		    strstr(err, "open to its group or others: chmod go= it"));
		assert_null(strstr(err, "s3cret"));
	}
	unlink(key);
	assert_null(load("ca_file", section, "https://h"));
	assert_non_null(strstr(err, "No such file"));
}

TEST(who_orders_shows_a_token_that_is_one_and_is_asked_for_it)
{
	static const char listen[] = "' }\nhttp { admin_listen = { '127.0.0.1:1' } }\n"
				     "redis { name = 'x";
	char file[256], both[512];

	snprintf(file, sizeof(file),
	    "' }\nhttp { admin_token_file = '%s' }\nredis { name = 'x", key);
	snprintf(both, sizeof(both),
	    "' }\nhttp { admin_token_file = '%s' admin_listen = { '127.0.0.1:1' } "
	    "}\nredis { name = 'x",
	    key);
	write_file(key, "0123456789abcdef", 0600);
	accepts("ca_file", both, "https://h");
	assert_null(load("ca_file", listen, "https://h"));
	assert_non_null(strstr(err, "http.admin_listen: nobody could show a token"));
	assert_null(load("ca_file", file, "https://h"));
	assert_non_null(strstr(err, "http.admin_token_file: nobody could be asked"));
	write_file(key, "0123456789abcde", 0600);
	assert_null(load("ca_file", both, "https://h"));
	assert_non_null(strstr(err, "http.admin_token_file "));
	assert_non_null(strstr(err, "is no token of 16 or more"));
	assert_null(strstr(err, "0123456789abcde"));
	write_file(key, "0123456789abcdef", 0640);
	assert_null(load("ca_file", both, "https://h"));
	assert_non_null(strstr(err, "others may read"));
	unlink(key);
}

TEST(a_fifo_is_not_waited_for)
{
	unlink(key);
	assert_int_equal(mkfifo(key, 0600), 0);
	refuses("apikey_file", key, "https://h", "not a regular file");
	unlink(key);
}

TEST(a_key_never_travels_in_clear)
{
	static const char *const good[] = { "https://h/api", "http://localhost/api",
		"http://127.0.0.1:8080", "http://127.1.2.3/x", "http://[::1]:80/api",
		"http://[::1]", "HTTP://LOCALHOST:1", "file:///srv/horde" };
	static const char *const bad[] = { "http://h/api", "http://127.evil.example",
		"http://localhost.example", "http://localhost@evil.example",
		"http://127.0.0.1:80@evil.example", "http://[::2]", "http://10.0.0.1",
		"http://[::1]x", "HTTP://h" };
	size_t i;

	write_file(key, "secret", 0600);
	for (i = 0; i < NELEM(good); i++)
		accepts("apikey_file", key, good[i]);
	for (i = 0; i < NELEM(bad); i++)
		refuses("apikey_file", key, bad[i], "unencrypted");
	accepts("apikey_file", "", "http://h/api");
}

static int
setup(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/conf", directory);
	snprintf(key, sizeof(key), "%s/key", directory);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	return directory_remove("conf", "key", NULL);
}

UNIT_FIXTURE(.group_setup = setup, .group_teardown = teardown);
