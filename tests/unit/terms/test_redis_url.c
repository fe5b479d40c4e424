/* Where a Redis is: each form, and what is said of what is none. */
#include <stdlib.h>
#include <string.h>

#include "terms/redis_url.h"
#include "unit.h"

static struct redis_url
parse(const char *text)
{
	struct redis_url u;
	char err[256] = "";

	if (redis_url_parse(text, &u, err, sizeof(err)) == -1)
		fail_msg("%s: %s", text, err);
	return u;
}

static void
assert_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void
check(const char *text, const struct redis_url *want)
{
	struct redis_url u = parse(text);

	assert_int_equal(u.tls, want->tls);
	assert_text(u.path, want->path);
	assert_text(u.host, want->host);
	assert_int_equal(
	    u.port, want->port != 0 || u.path != NULL ? want->port : REDIS_URL_PORT);
	assert_int_equal(u.db, want->db);
	assert_text(u.user, want->user);
	assert_text(u.password, want->password);
	redis_url_free(&u);
	assert_null(u.password);
	redis_url_free(&u);
}

#define CHECK(text, ...) check(text, &(const struct redis_url){ __VA_ARGS__ })
#define H(name) .host = (char *)(uintptr_t)(name)
#define U(name) .user = (char *)(uintptr_t)(name)
#define P(name) .password = (char *)(uintptr_t)(name)
#define PATH(name) .path = (char *)(uintptr_t)(name)

TEST(test_hosts)
{
	CHECK("redis://localhost", H("localhost"));
	CHECK("redis://localhost/", H("localhost"));
	CHECK("redis://localhost:6379/0", H("localhost"));
	CHECK("redis://r-1.cache_2.example:1/65535", H("r-1.cache_2.example"),
	    .port = 1, .db = 65535);
	CHECK("rediss://10.0.0.1:65535/3", H("10.0.0.1"), .port = 65535, .db = 3,
	    .tls = true);
	CHECK("redis://[::1]", H("[::1]"));
	CHECK("rediss://[2001:db8::7]:7000/2", H("[2001:db8::7]"), .port = 7000,
	    .db = 2, .tls = true);
	CHECK("redis://[::ffff:127.0.0.1]", H("[::ffff:127.0.0.1]"));
}

TEST(test_users)
{
	CHECK("redis://:secret@h", H("h"), P("secret"));
	CHECK("redis://me:secret@h", H("h"), U("me"), P("secret"));
	CHECK("redis://me@h", H("h"), U("me"));
	CHECK("redis://@h", H("h"));
	/* What has a meaning in URLs, as %XX; an '@' and a ':' as they are. */
	CHECK("redis://m%3ae:%2F%3f%23%40%25%20@[::1]:1/9", H("[::1]"), U("m:e"),
	    P("/?#@% "), .port = 1, .db = 9);
	CHECK("redis://me:a@b:c@h", H("h"), U("me"), P("a@b:c"));
	CHECK("redis://:a?b#c@h", H("h"), P("a?b#c"));
	CHECK("redis://:%e2%82%ac@h", H("h"), P("\xe2\x82\xac"));
}

TEST(test_paths)
{
	CHECK("unix:///run/redis.sock", PATH("/run/redis.sock"));
	CHECK("unix:///run/redis.sock?db=7", PATH("/run/redis.sock"), .db = 7);
	CHECK("unix://me:s@/run/r", PATH("/run/r"), U("me"), P("s"));
	CHECK("unix:///run/a@b%3fc%20d", PATH("/run/a@b?c d"));
}

/* Each part of a text that is refused may be the password. */
static void
refuse(const char *text, const char *want)
{
	struct redis_url u;
	char err[256] = "";

	if (redis_url_parse(text, &u, err, sizeof(err)) != -1)
		fail_msg("%s is accepted", text);
	if (strstr(err, want) == NULL)
		fail_msg("%s: \"%s\" lacks \"%s\"", text, err, want);
	assert_null(strstr(err, "S3"));
	assert_null(u.host);
	assert_null(u.path);
	assert_null(u.user);
	assert_null(u.password);
}

TEST(test_refused)
{
	static const char *const no_scheme[] = { "", "localhost:6379", "http://h",
		"redis:/h", "REDIS://h", "redis:h", " redis://h", "redis+unix:///p",
		"valkey://h" };
	static const char *const no_host[] = { "redis://", "redis:///0",
		"redis://:6379", "redis://h h", "redis://h%41", "redis://[::1",
		"redis://[localhost]", "redis://[1.2.3.4]", "redis://::1", "redis://[]",
		"redis://[fe80::1%25eth0]", "redis://h?db=1", "redis://h#",
		"redis://me:x@", "redis://h\r\nh" };
	static const char *const no_port[] = { "redis://h:", "redis://h:0",
		"redis://h:65536", "redis://h:S3", "redis://h:99999999999999999999",
		"redis://h:+1", "redis://[::1]x", "redis://me:S3cret/@h",
		"redis://me:S3/x@h" };
	static const char *const no_db[] = { "redis://h/x", "redis://h/-1",
		"redis://h/65536", "redis://h/1/2", "redis://h/1?x",
		"unix:///p?db=", "unix:///p?db=x", "unix:///p?x=1",
		"unix:///p?db=1&password=S3" };
	size_t i;

	for (i = 0; i < NELEM(no_scheme); i++)
		refuse(no_scheme[i], "redis://HOST:PORT/DB");
	for (i = 0; i < NELEM(no_host); i++)
		refuse(no_host[i], "write redis://HOST:PORT");
	for (i = 0; i < NELEM(no_port); i++)
		refuse(no_port[i], "'/' as %2F");
	for (i = 0; i < NELEM(no_db); i++)
		refuse(no_db[i], "a number from 0 to 65535");
	refuse("redis://::1", "in brackets");
}

TEST(test_refused_details)
{
	char text[400];

	refuse("redis://me:@h", "redis.password_file");
	refuse("redis://me:S3%@h", "begins no %XX");
	refuse("redis://me:S3%4@h", "begins no %XX");
	refuse("redis://me:S3%zz@h", "begins no %XX");
	refuse("redis://me:S3%00@h", "%00");
	refuse("redis://m%0:S3@h", "the user of redis.url");
	refuse("unix://run/redis.sock", "write unix:///PATH");
	refuse("unix://run", "write unix:///PATH");
	refuse("unix:///p%zz", "the path");
	memset(text, 'h', sizeof(text));
	memcpy(text, "redis://", 8);
	text[8 + 253] = '\0';
	CHECK(text, H(text + 8));
	text[8 + 253] = 'h';
	text[8 + 254] = '\0';
	refuse(text, "names no host");
	memcpy(text, "unix:///", 8);
	text[7 + 107] = '\0';
	CHECK(text, PATH(text + 7));
	text[7 + 107] = 'h';
	text[7 + 108] = '\0';
	refuse(text, "107 bytes");
}

TEST(test_shown)
{
	static const char *const both[][2] = {
		{ "redis://h:1/2", "redis://h:1/2" },
		{ "redis://me:S3@h:1/2", "redis://***@h:1/2" },
		{ "rediss://:a/S3@h@h", "rediss://***@h" },
		{ "unix:///p@q", "unix:///p@q" },
		{ "unix://me:S3@/p", "unix://***@/p" },
		{ "me:S3@h", "***@h" },
		{ "", "" },
	};
	size_t i;
	char *shown;

	for (i = 0; i < NELEM(both); i++) {
		shown = redis_url_shown(both[i][0]);
		assert_string_equal(shown, both[i][1]);
		free(shown);
	}
}
