/* `config.files` names the files, `config.download` says where each is. */
#include "records/legacy_files.h"

#include <strings.h>

#include "base/map.h"
#include "json/walk.h"
#include "json/write.h"
#include "python/url.h"

enum {
	CONFIG_FILES,
	CONFIG_DOWNLOAD,
	CONFIG_MAX
};

static const struct member legacy_config_members[CONFIG_MAX] = {
	[CONFIG_FILES] = MEMBER("files", NULL, 0),
	[CONFIG_DOWNLOAD] = MEMBER("download", NULL, 0),
};
static const struct shape legacy_config_shape = { legacy_config_members, CONFIG_MAX };

enum {
	FILE_PATH,
	FILE_SHA256SUM,
	FILE_TYPE,
	FILE_CONTENT_HASH,
	FILE_MAX
};

static const struct member legacy_file_members[FILE_MAX] = {
	[FILE_PATH] = MEMBER("path", check_str, MEMBER_NULL),
	[FILE_SHA256SUM] = MEMBER("sha256sum", check_str, MEMBER_NULL),
	[FILE_TYPE] = MEMBER("file_type", check_str, MEMBER_NULL),
	[FILE_CONTENT_HASH] = MEMBER("content_hash", check_str, MEMBER_NULL),
};
static const struct shape legacy_file_shape = { legacy_file_members, FILE_MAX };

enum {
	DOWNLOAD_FILE_NAME,
	DOWNLOAD_FILE_URL,
	DOWNLOAD_MAX
};

static const struct member legacy_download_members[DOWNLOAD_MAX] = {
	[DOWNLOAD_FILE_NAME] = MEMBER("file_name", check_str, MEMBER_NULL),
	[DOWNLOAD_FILE_URL] = MEMBER("file_url", check_str, MEMBER_NULL),
};
static const struct shape legacy_download_shape = { legacy_download_members,
	DOWNLOAD_MAX };

/* Takes one element of an array that has passed the shape. */
typedef bool take_fn(
    const struct json_value *members, struct check *, struct map *files);

/* Text of a checked member, empty where it is null or absent. */
static struct str
member_text(const struct json_value *v, struct check *check)
{
	return v->type == JSON_T_STRING ? json_str(v, check->arena)
					: (struct str){ NULL, 0 };
}

/* Letters of any case; none of these four has another form in Unicode. */
static bool
mentions_yaml(struct str path)
{
	for (; path.len >= 4; path = str_from(path, 1))
		if (strncasecmp(path.p, "yaml", 4) == 0)
			return true;
	return false;
}

/* A path that comes again starts anew, at its place. */
static bool
take_file(const struct json_value *v, struct check *check, struct map *files)
{
	struct str path = member_text(&v[FILE_PATH], check);

	if (path.len > 0 && !mentions_yaml(path))
		memset(map_at(files, map_intern(files, path)), 0, files->value_size);
	return true;
}

static bool
take_download(const struct json_value *v, struct check *check, struct map *files)
{
	struct str name = member_text(&v[DOWNLOAD_FILE_NAME], check);
	struct str url = member_text(&v[DOWNLOAD_FILE_URL], check);
	uint32_t i = map_find(files, name);
	struct url unused;

	if (i == MAP_NONE) {
		(void)check_fail(check, "none of the files");
		return check_within(check, "file_name");
	}
	if (url_split(url, check->arena, &unused) == -1) {
		(void)check_fail(check, "not a URL");
		return check_within(check, "file_url");
	}
	memcpy(map_at(files, i), &url, sizeof(url));
	return true;
}

static bool
take_element(const struct shape *shape, const struct json_value *element,
    struct check *check, take_fn *take, struct map *files)
{
	struct json_value members[FILE_MAX];

	if (element->type != JSON_T_OBJECT)
		return check_fail(check, "not an object");
	shape_read(shape, element, check->arena, members);
	return shape_check(shape, members, check) && take(members, check, files);
}

static bool
take_array(const struct shape *shape, const struct json_value *array,
    struct check *check, take_fn *take, struct map *files)
{
	struct json_walk walk;
	struct json_value element;

	if (array->type == JSON_T_NONE || array->type == JSON_T_NULL)
		return true;
	if (array->type != JSON_T_ARRAY)
		return check_fail(check, "not an array");
	walk = json_walk(array);
	for (size_t i = 0; json_element(&walk, &element); i++)
		if (!take_element(shape, &element, check, take, files))
			return check_within_element(check, i);
	return true;
}

static bool
take_config(const struct json_value *config, struct check *check, struct map *files)
{
	struct json_value v[CONFIG_MAX];

	if (config->type == JSON_T_NONE || config->type == JSON_T_NULL)
		return true;
	if (config->type != JSON_T_OBJECT)
		return check_fail(check, "not an object");
	shape_read(&legacy_config_shape, config, check->arena, v);
	if (!take_array(&legacy_file_shape, &v[CONFIG_FILES], check, take_file, files))
		return check_within(check, "files");
	if (!take_array(&legacy_download_shape, &v[CONFIG_DOWNLOAD], check,
		take_download, files))
		return check_within(check, "download");
	return true;
}

bool
legacy_files_present(const struct json_value *config, struct arena *arena)
{
	struct json_value v[CONFIG_MAX];

	if (config->type != JSON_T_OBJECT)
		return false;
	shape_read(&legacy_config_shape, config, arena, v);
	return v[CONFIG_FILES].type != JSON_T_NONE;
}

bool
legacy_files_put(const struct json_value *config, struct check *check, struct buf *out)
{
	struct map files;
	struct str url;

	map_init(&files, check->arena, sizeof(struct str), 2);
	if (!take_config(config, check, &files))
		return check_within(check, "config");
	for (uint32_t i = 0; i < files.count; i++) {
		memcpy(&url, map_at(&files, i), sizeof(url));
		buf_puts(out, i == 0 ? ",\"config\":{\"download\":[{\"file_name\":"
				     : ",{\"file_name\":");
		json_put_string(out, files.keys[i]);
		buf_puts(out, ",\"file_url\":");
		json_put_string(out, url);
		buf_putc(out, '}');
	}
	if (files.count > 0)
		buf_puts(out, "]}");
	return true;
}
