/* What is a secret in a file, and what is none. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture/directory.h"
#include "base/secret.h"
#include "unit.h"

static int
setup(void **state UNUSED)
{
	return directory_make();
}

static int
teardown(void **state UNUSED)
{
	return directory_remove("password", NULL);
}

static const char *
put(const void *text, size_t len, mode_t mode)
{
	const char *path = directory_path("password");
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static void
accepted(const char *text, const char *want)
{
	const char *path = put(text, strlen(text), 0600);
	char err[256] = "",
	     *password = secret_read("redis.password_file", path, err, sizeof(err));

	assert_string_equal(err, "");
	assert_non_null(password);
	assert_string_equal(password, want);
	secret_free(&password);
	assert_null(password);
	secret_free(&password);
}

static void
refused(const char *path, const char *want)
{
	char err[256] = "";

	assert_null(secret_read("redis.password_file", path, err, sizeof(err)));
	assert_non_null(strstr(err, path));
	if (strstr(err, want) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", err, want);
	assert_null(strstr(err, "secret"));
}

TEST(test_first_line)
{
	accepted("secret", "secret");
	accepted("secret\n", "secret");
	accepted("secret\r\n", "secret");
	accepted("secret\nanother\n", "secret");
	accepted(" two words \n", " two words ");
	accepted("\xc3\xa4\n", "\xc3\xa4");
}

TEST(test_none)
{
	char text[SECRET_MAX + 10];

	refused(put("", 0, 0600), "its first line");
	refused(put("\n", 1, 0600), "its first line");
	refused(put("\r\nsecret", 8, 0600), "its first line");
	refused(put("secret\0more", 11, 0600), "its first line");
	memset(text, 'x', sizeof(text));
	text[SECRET_MAX] = '\n';
	refused(put(text, sizeof(text), 0600), "its first line");
	text[SECRET_MAX - 1] = '\0';
	accepted(text, text);
}

TEST(test_others)
{
	refused(put("secret", 6, 0640), "chmod 600");
	refused(put("secret", 6, 0604), "chmod 600");
	refused(put("secret", 6, 0620), "chmod 600");
	refused(put("secret", 6, 0601), "chmod 600");
	accepted("secret", "secret");
	refused(directory, "no regular file");
	refused("/dev/null", "no regular file");
	refused("/nowhere/password", "No such file");
	unlink(directory_path("password"));
	assert_int_equal(mkfifo(directory_path("password"), 0600), 0);
	refused(directory_path("password"), "no regular file");
}

TEST(test_unreadable)
{
	const char *path = put("secret", 6, 0000);

	if (geteuid() == 0)
		skip();
	refused(path, "Permission denied");
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);

static void
token_refused(const char *text)
{
	const char *path = put(text, strlen(text), 0600);
	char err[512] = "";

	assert_null(secret_read_token("http.admin_token_file", path, err, sizeof(err)));
	assert_non_null(strstr(err, "http.admin_token_file "));
	assert_non_null(strstr(err, "is no token of 16 or more"));
	assert_null(strstr(err, text));
}

TEST(test_a_token_is_long_and_of_the_characters_of_one)
{
	static const char *const good[] = { "0123456789abcdef", "AZaz09-._~+/AZaz",
		"0123456789abcd==" };
	static const char *const bad[] = { "0123456789abcde",
		"================", "0123456789abcd=f", "0123456789 abcdef",
		"0123456789abcdef ", "0123456789abcdef,", "0123456789abcd\xc3\xa4",
		"0123456789:abcdef" };
	char err[512], *token;
	size_t i;

	for (i = 0; i < NELEM(good); i++) {
		token = secret_read_token("http.admin_token_file",
		    put(good[i], strlen(good[i]), 0600), err, sizeof(err));
		assert_string_equal(token, good[i]);
		secret_free(&token);
	}
	for (i = 0; i < NELEM(bad); i++)
		token_refused(bad[i]);
	assert_null(secret_read_token("http.admin_token_file",
	    put(good[0], strlen(good[0]), 0640), err, sizeof(err)));
	assert_non_null(strstr(err, "others may read"));
}

/* Not when it takes how long: that each byte counts, and the length. */
TEST(test_a_secret_is_what_was_shown_to_the_last_byte)
{
	char secret[] = "0123456789abcdef", shown[SECRET_MAX + 1];
	size_t i, len = strlen(secret);
	struct secret_asked a;

	secret_ask(&a, secret);
	assert_true(secret_is(&a, (struct str){ secret, len }));
	for (i = 0; i < len; i++) {
		assert_false(secret_is(&a, (struct str){ secret, i }));
		memcpy(shown, secret, len);
		shown[i] ^= 1;
		assert_false(secret_is(&a, (struct str){ shown, len }));
		shown[i] = '\0';
		assert_false(secret_is(&a, (struct str){ shown, len }));
	}
	memset(shown, 0, sizeof(shown));
	memcpy(shown, secret, len);
	for (i = len + 1; i <= sizeof(shown); i++)
		assert_false(secret_is(&a, (struct str){ shown, i }));
}

TEST(test_a_secret_that_nobody_knows_is_never_shown)
{
	char shown[SECRET_MAX] = "", longest[SECRET_MAX];
	struct secret_asked a = { 0 };

	assert_false(secret_is(&a, STR("")));
	assert_false(secret_is(&a, (struct str){ NULL, 0 }));
	assert_false(secret_is(&a, (struct str){ shown, 1 }));
	memset(longest, 'x', SECRET_MAX - 1);
	longest[SECRET_MAX - 1] = '\0';
	secret_ask(&a, longest);
	assert_true(secret_is(&a, (struct str){ longest, SECRET_MAX - 1 }));
	assert_false(secret_is(&a, (struct str){ longest, SECRET_MAX - 2 }));
	secret_forget(&a);
	assert_false(secret_is(&a, (struct str){ longest, SECRET_MAX - 1 }));
	assert_false(secret_is(&a, STR("")));
}
