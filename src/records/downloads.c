/* Reading `config.download`, once for the typed and for the raw view. */
#include "records/downloads.h"

#include <xxhash.h>

#include "base/map.h"
#include "json/walk.h"
#include "python/text.h"
#include "python/url.h"

enum {
	DOWNLOAD_FILE_NAME,
	DOWNLOAD_FILE_URL,
	DOWNLOAD_SHA256SUM,
	DOWNLOAD_KNOWN_SLOW,
	DOWNLOAD_CONTENT_HASH,
	DOWNLOAD_FILE_PURPOSE,
	DOWNLOAD_SIZE_BYTES,
	DOWNLOAD_MEMBERS
};

static const struct member download_members[DOWNLOAD_MEMBERS] = {
	[DOWNLOAD_FILE_NAME] = MEMBER("file_name", check_str, MEMBER_REQUIRED),
	[DOWNLOAD_FILE_URL] = MEMBER("file_url", check_str, MEMBER_REQUIRED),
	[DOWNLOAD_SHA256SUM] = MEMBER("sha256sum", check_str, 0),
	[DOWNLOAD_KNOWN_SLOW] = MEMBER("known_slow_download", check_bool, MEMBER_NULL),
	[DOWNLOAD_CONTENT_HASH] = MEMBER("content_hash", check_str, MEMBER_NULL),
	[DOWNLOAD_FILE_PURPOSE] = MEMBER("file_purpose", check_str, MEMBER_NULL),
	[DOWNLOAD_SIZE_BYTES] = MEMBER("size_bytes", check_int, MEMBER_NULL),
};
static const struct shape download_shape = { download_members, DOWNLOAD_MEMBERS };

enum {
	CONFIG_DOWNLOAD,
	CONFIG_COMPONENT_HASHES,
	CONFIG_MEMBERS
};

static const struct member config_members[CONFIG_MEMBERS] = {
	[CONFIG_DOWNLOAD] = MEMBER("download", NULL, 0),
	[CONFIG_COMPONENT_HASHES] =
	    MEMBER("embedded_component_hashes", check_string_map, MEMBER_NULL),
};
static const struct shape config_shape = { config_members, CONFIG_MEMBERS };

/* A netloc that cannot be printed (a lone surrogate) makes the record invalid. */
static bool
downloads_url(const struct json_value *url, struct check *check, struct downloads *out)
{
	struct url parts;
	struct str text = json_str(url, check->arena);

	if (text.len == 0)
		return true;
	if (url_split(text, check->arena, &parts) == -1) {
		out->unparsable = true;
		return true;
	}
	if (parts.netloc.len == 0)
		return true;
	if (url->escaped && !text_valid(parts.netloc))
		return check_fail(check, "host is not Unicode");
	out->hosts[out->nhosts++] = (struct host){ parts.netloc, parts.scheme.len > 0 };
	return true;
}

static bool
downloads_is_sha256(struct str text)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; i < text.len; i++)
		if (memchr(digits, text.p[i], sizeof(digits) - 1) == NULL)
			return false;
	return text.len == 64;
}

/* What stands there instead of a checksum that nobody has made tells no files apart.
 * Returns 0 if it is not known. */
static uint64_t
downloads_identity(const struct json_value *values, struct arena *arena)
{
	static const int members[] = { DOWNLOAD_SHA256SUM, DOWNLOAD_FILE_URL };
	struct str text;

	for (size_t i = 0; i < NELEM(members); i++) {
		if (values[members[i]].type != JSON_T_STRING)
			continue;
		text = json_str(&values[members[i]], arena);
		if (members[i] == DOWNLOAD_SHA256SUM && downloads_is_sha256(text))
			text = text_lower(text, arena);
		else if (members[i] == DOWNLOAD_SHA256SUM || text.len == 0)
			continue;
		return XXH3_64bits(text.p, text.len);
	}
	return 0;
}

/* The raw view takes a URL also from an element that the typed view refuses. */
static bool
downloads_element(
    const struct json_value *v, struct check *check, struct downloads *out)
{
	struct json_value values[DOWNLOAD_MEMBERS];
	uint64_t identity;
	bool printable;

	if (v->type != JSON_T_OBJECT)
		return check_fail(check, "not an object");
	shape_read(&download_shape, v, check->arena, values);
	identity = downloads_identity(values, check->arena);
	out->unknown_file |= identity == 0;
	out->identity += identity;
	printable = values[DOWNLOAD_FILE_URL].type != JSON_T_STRING ||
		    downloads_url(&values[DOWNLOAD_FILE_URL], check, out);
	if (!printable)
		return check_within(check, "file_url");
	return shape_check(&download_shape, values, check);
}

static void
downloads_array(const struct json_value *v, struct check *check, struct downloads *out)
{
	struct json_walk walk = json_walk(v);
	struct json_value element;
	struct check other = *check;
	uint64_t i = 0;

	out->count = json_count(v);
	if (out->count == 0)
		return;
	out->hosts = arena_alloc(check->arena, out->count * sizeof(*out->hosts));
	while (json_element(&walk, &element)) {
		struct check *c = out->valid ? check : &other;

		if (!downloads_element(&element, c, out)) {
			(void)check_within_element(c, i);
			out->valid = false;
		}
		i++;
	}
	if (out->unknown_file)
		out->identity = 0;
}

/* What Python's list.extend() would append from a string or an object. */
static uint64_t
downloads_extent(const struct json_value *v, struct arena *arena)
{
	struct json_walk walk = json_walk(v);
	struct json_value key, value;
	struct str text;
	struct map keys;
	uint64_t n = 0;

	if (v->type == JSON_T_STRING) {
		text = json_str(v, arena);
		for (size_t i = 0; i < text.len; i++)
			n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
		return n;
	}
	if (v->type != JSON_T_OBJECT)
		return 0;
	map_init(&keys, arena, 0, 16);
	while (json_member(&walk, &key, &value))
		(void)map_intern(&keys, json_str(&key, arena));
	return keys.count;
}

void
downloads_read(
    const struct json_value *config, struct check *check, struct downloads *out)
{
	struct json_value values[CONFIG_MEMBERS];

	*out = (struct downloads){ .config = config->type, .valid = true };
	if (config->type == JSON_T_NONE)
		return;
	if (config->type != JSON_T_OBJECT) {
		out->valid = check_fail(check, "not an object");
		return;
	}
	shape_read(&config_shape, config, check->arena, values);
	out->download = values[CONFIG_DOWNLOAD].type;
	if (out->download == JSON_T_ARRAY) {
		downloads_array(&values[CONFIG_DOWNLOAD], check, out);
	} else if (out->download != JSON_T_NONE) {
		out->count = downloads_extent(&values[CONFIG_DOWNLOAD], check->arena);
		out->valid = check_fail(check, "not an array");
	}
	if (!out->valid)
		(void)check_within(check, "download");
	else
		out->valid = shape_check(&config_shape, values, check);
}

/* Records have one or two hosts: look through the list, and only for long ones build
 * a map, so that a hostile record costs no quadratic time. */
uint32_t
downloads_distinct(const struct host *hosts, uint32_t n, bool only_valid,
    struct arena *arena, struct str *out)
{
	enum {
		SHORT = 16
	};
	struct map seen;
	uint32_t count = 0, at;

	if (n > SHORT)
		map_init(&seen, arena, 0, n);
	for (uint32_t i = 0; i < n; i++) {
		if (only_valid && !hosts[i].scheme)
			continue;
		if (n > SHORT)
			at = map_intern(&seen, hosts[i].netloc);
		else
			for (at = 0; at < count; at++)
				if (str_eq(out[at], hosts[i].netloc))
					break;
		if (at == count)
			out[count++] = hosts[i].netloc;
	}
	return count;
}
