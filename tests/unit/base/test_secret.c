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
