/* What is an authority, and what only has the octets of one. */
#include <stdlib.h>
#include <string.h>

#include "http/authority.h"
#include "unit.h"

static const char *const good[] = { "", "x", "x:80", "x:", "a.example:65535",
	"127.0.0.1", "127.0.0.1:1", "256.1.1.1", "xn--bcher-kva.example", "a_b",
	"-._~!$&'()*+,;=", "%41%4a%4F", "%00", "[::1]", "[::1]:80",
	"[::1]:", "[2001:DB8::a]", "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:7:8]",
	"[0000:0000:0000:0000:0000:ffff:255.255.255.255]" };

static const char *const bad[] = { ":", ":80", "x:port", "x:-1", "x:+1", "x:80:81",
	"x::80", "x:8 0", "x: 80", "a:b:c", "::1", "::1:80", "[::1", "::1]", "[::1]x",
	"[::1]80", "x[::1]", "[[::1]]", "[]", "[", "]", "[]:80", "[zz]", "[1]",
	"[1.2.3.4]", "[::1%25lo]", "[::1%lo]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
	"[::1]:x", "[v1.a]", "%", "%4", "%zz", "a%4", "a%4g", "a%g4", "%%41", "a b",
	" a", "a/b", "a?b", "a#b", "u@h", "a\\b", "a\"b", "<a>", "{a}", "a|b", "a^b",
	"a`b", "a\tb", "a\x7f", "\xc3\xa9", "a\r\nb",
	"[::ffff:127.0.0.1127.0.0.1127.0.0.1127.0.0.1127.0.0.1127.0.0.1]" };

/* In memory of exactly that size, so that a sanitizer sees one byte too many. */
static bool
judge(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	bool valid;

	memcpy(copy, text, len);
	valid = authority_is_valid((struct str){ copy, len });
	free(copy);
	return valid;
}

TEST(authorities_are_valid)
{
	size_t i;

	for (i = 0; i < NELEM(good); i++)
		if (!judge(good[i], strlen(good[i])))
			fail_msg("%s", good[i]);
	assert_true(authority_is_valid((struct str){ NULL, 0 }));
}

TEST(what_is_none_is_not)
{
	size_t i;

	for (i = 0; i < NELEM(bad); i++)
		if (judge(bad[i], strlen(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(judge("a\0b", 3));
	assert_false(judge("[::1\0]", 6));
	assert_false(judge("%4\0", 3));
}
