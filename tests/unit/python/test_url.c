/* Splitting URLs: every step of the rule, and its errors. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "python/url.h"
#include "fixture/arena.h"
#include "unit.h"

/* Whether url splits into the two; scheme.p == NULL wants an error. */
static bool
splits(struct str url, struct str scheme, struct str netloc, struct arena *arena)
{
	struct url got;
	int error = url_split(url, arena, &got);

	if (scheme.p == NULL ? error == -1
			     : error == 0 && str_eq(got.scheme, scheme) &&
				   str_eq(got.netloc, netloc))
		return true;
	print_error("\"%.*s\": %d\n", (int)url.len, url.p, error);
	return false;
}

TEST(accepted)
{
	static const struct {
		struct str url, scheme, netloc;
	} list[] = {
		{ STR("https://models.example/a"), STR("https"),
		    STR("models.example") },
		{ STR("HtTpS://Models.Example"), STR("https"), STR("Models.Example") },
		/* step 1 */
		{ STR("\0\x01\x1F  https://m.example/"), STR("https"),
		    STR("m.example") },
		{ STR("\u00A0https://m.example/"), STR(""), STR("") },
		{ STR("ht\ntps:/\r/m.\texample/"), STR("https"), STR("m.example") },
		{ STR("http://m.example /x"), STR("http"), STR("m.example ") },
		{ STR("http://a\0b/"), STR("http"), STR("a\0b") },
		{ STR("  "), STR(""), STR("") },
		{ STR("\t\n\r"), STR(""), STR("") },
		{ STR("a\t\n"), STR(""), STR("") },
		/* step 2 */
		{ STR("s3+x-y.z://bucket"), STR("s3+x-y.z"), STR("bucket") },
		{ STR("3s://bucket"), STR(""), STR("") },
		{ STR("s_3://bucket"), STR(""), STR("") },
		{ STR("-s://bucket"), STR(""), STR("") },
		{ STR("é://bucket"), STR(""), STR("") },
		{ STR("sé://bucket"), STR(""), STR("") },
		{ STR("://bucket"), STR(""), STR("") },
		{ STR("//h:80/a"), STR(""), STR("h:80") },
		{ STR("urn:a:b"), STR("urn"), STR("") },
		{ STR("C:\\models\\a"), STR("c"), STR("") },
		/* step 3 */
		{ STR("ftp:/a"), STR("ftp"), STR("") },
		{ STR("ftp:///a"), STR("ftp"), STR("") },
		{ STR("ftp://h?a/b"), STR("ftp"), STR("h") },
		{ STR("ftp://h#a/b"), STR("ftp"), STR("h") },
		{ STR("ftp://h;a/b"), STR("ftp"), STR("h;a") },
		{ STR("ftp://h\\a/b"), STR("ftp"), STR("h\\a") },
		{ STR("ftp://"), STR("ftp"), STR("") },
		{ STR("models/a.bin"), STR(""), STR("") },
		/* step 4 */
		{ STR("ftp://[::]/"), STR("ftp"), STR("[::]") },
		{ STR("ftp://me:x@[2001:db8::7]:21/"), STR("ftp"),
		    STR("me:x@[2001:db8::7]:21") },
		{ STR("ftp://[1:2:3:4:5:6:7:8]"), STR("ftp"),
		    STR("[1:2:3:4:5:6:7:8]") },
		{ STR("ftp://[1:2:3:4:5:6:7::]"), STR("ftp"),
		    STR("[1:2:3:4:5:6:7::]") },
		{ STR("ftp://[::ffff:10.0.0.255]"), STR("ftp"),
		    STR("[::ffff:10.0.0.255]") },
		{ STR("ftp://[1:2:3:4:5:6:1.2.3.4]"), STR("ftp"),
		    STR("[1:2:3:4:5:6:1.2.3.4]") },
		{ STR("ftp://[0000:0000:0000:0000:0000:0000:255.255.255.255]"),
		    STR("ftp"),
		    STR("[0000:0000:0000:0000:0000:0000:255.255.255.255]") },
		{ STR("ftp://[fe80::1%eth0]"), STR("ftp"), STR("[fe80::1%eth0]") },
		{ STR("ftp://[fe80::1%[]"), STR("ftp"), STR("[fe80::1%[]") },
		{ STR("ftp://[v7.x]"), STR("ftp"), STR("[v7.x]") },
		{ STR("ftp://[vAf.:]:x"), STR("ftp"), STR("[vAf.:]:x") },
		{ STR("ftp://a@b@[::1]"), STR("ftp"), STR("a@b@[::1]") },
		{ STR("ftp://]@[::1"), STR("ftp"), STR("]@[::1") },
		{ STR("ftp://[]@v1.x:7"), STR("ftp"), STR("[]@v1.x:7") },
		{ STR("ftp://h/[x"), STR("ftp"), STR("h") },
		/* steps 5 and 6 */
		{ STR("ftp://bücher.example"), STR("ftp"), STR("bücher.example") },
		{ STR("ftp://h/\uFF0F"), STR("ftp"), STR("h") },
		{ STR("ftp://h\u2024x"), STR("ftp"), STR("h\u2024x") },
		{ STR("ftp://\xED\xA0\x80"), STR("ftp"), STR("\xED\xA0\x80") },
		{ STR("ftp://h:port"), STR("ftp"), STR("h:port") },
		{ STR("ftp://@:"), STR("ftp"), STR("@:") },
	};

	for (size_t i = 0; i < NELEM(list); i++)
		assert_true(
		    splits(list[i].url, list[i].scheme, list[i].netloc, *state));
}

TEST(refused)
{
	static const struct str list[] = { STR("ftp://[::1"), STR("ftp://::1]"),
		STR("ftp://h]"), STR("ftp://x[::1]"), STR("ftp://x::1%[]"),
		STR("ftp://[::1]x"), STR("ftp://[::1]@h"), STR("ftp://[]"),
		STR("ftp://[h]"), STR("ftp://[10.0.0.1]"), STR("ftp://[v1.]"),
		STR("ftp://[v.x]"), STR("ftp://[v1x]"), STR("ftp://[v1]"),
		STR("ftp://[vg.x]"), STR("ftp://[V1.x]"), STR("ftp://[:]"),
		STR("ftp://[:::]"), STR("ftp://[1::2::3]"), STR("ftp://[:1::2]"),
		STR("ftp://[1:2:]"), STR("ftp://[::1:]"), STR("ftp://[12345::]"),
		STR("ftp://[g::]"), STR("ftp://[1:2:3:4:5:6:7]"),
		STR("ftp://[1:2:3:4:5:6:7:8:9]"), STR("ftp://[1:2:3:4:5:6:7:8::]"),
		STR("ftp://[1:2:3:4::5:6:7:8]"), STR("ftp://[::1.2.3]"),
		STR("ftp://[::1.2.3.4.5]"), STR("ftp://[::1.2.3.256]"),
		STR("ftp://[::1.2.3.04]"), STR("ftp://[::1.2.3.4:5]"),
		STR("ftp://[1:2:3:4:5:6:7:1.2.3.4]"), STR("ftp://[::1\0]"),
		STR("ftp://[::1 ]"), STR("ftp://[::1%]"), STR("ftp://[::1%a%b]"),
		STR("ftp://[%a]"), STR("ftp://[::\u0661]"),
		STR("ftp://[00000:0000:0000:0000:0000:0000:255.255.255.255]") };

	for (size_t i = 0; i < NELEM(list); i++)
		assert_true(splits(list[i], (struct str){ NULL, 0 }, STR(""), *state));
}

TEST(hidden_delimiters)
{
	static const struct str list[] = { STR("\u2047"), STR("\u2048"), STR("\u2049"),
		STR("\u2100"), STR("\u2101"), STR("\u2105"), STR("\u2106"),
		STR("\u2A74"), STR("\uFE13"), STR("\uFE16"), STR("\uFE55"),
		STR("\uFE56"), STR("\uFE5F"), STR("\uFE6B"), STR("\uFF03"),
		STR("\uFF0F"), STR("\uFF1A"), STR("\uFF1F"), STR("\uFF20") };
	char url[32];

	for (size_t i = 0; i < NELEM(list); i++) {
		int n = snprintf(
		    url, sizeof(url), "//h%.*sx/a", (int)list[i].len, list[i].p);

		assert_true(splits((struct str){ url, (size_t)n },
		    (struct str){ NULL, 0 }, STR(""), *state));
	}
}

TEST(nothing_at_all)
{
	assert_true(splits((struct str){ NULL, 0 }, STR(""), STR(""), *state));
}

TEST(shared_vectors)
{
	const char *shared = getenv("HYDRATORD_SHARED");
	char path[4096];
	json_t *vectors, *v, *scheme, *netloc;
	size_t i, bad = 0;

	if (shared == NULL || access(shared, X_OK) == -1)
		skip();
	snprintf(path, sizeof(path), "%s/spec/urls.json", shared);
	vectors = json_load_file(path, JSON_ALLOW_NUL, NULL);
	assert_non_null(vectors);
	assert_true(json_array_size(vectors) >= 99);
	json_array_foreach(vectors, i, v)
	{
		json_t *url = json_object_get(v, "url");

		scheme = json_object_get(v, "scheme");
		netloc = json_object_get(v, "netloc");
		assert_true((scheme == NULL) == (json_object_get(v, "error") != NULL));
		bad += !splits(
		    (struct str){ json_string_value(url), json_string_length(url) },
		    (struct str){
			json_string_value(scheme), json_string_length(scheme) },
		    (struct str){
			json_string_value(netloc), json_string_length(netloc) },
		    *state);
	}
	print_message("%s: %zu URLs\n", path, json_array_size(vectors));
	json_decref(vectors);
	assert_int_equal(bad, 0);
}

UNIT_FIXTURE(.setup = arena_setup, .teardown = arena_teardown);
