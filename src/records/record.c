/* The members of records and what the reference demands of them. */
#include "records/record.h"

#include "json/walk.h"
#include "python/lax.h"
#include "python/text.h"

#define IMAGE MEMBER_IMAGE
#define TEXT MEMBER_TEXT

static bool
is_one_of(struct str s, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(known[i]) == s.len && memcmp(known[i], s.p, s.len) == 0)
			return true;
	return false;
}

static bool
check_one_of(const struct json_value *v, struct check *c, const char *const *known,
    size_t n, bool strip)
{
	struct str s;

	if (!check_str(v, c))
		return false;
	s = json_str(v, c->arena);
	if (strip)
		s = text_strip(s);
	return is_one_of(s, known, n) || check_fail(c, "not a known value");
}

/* The list is open: the reference is given others at run time. */
static bool
baseline_is_known(struct str s)
{
	static const char *const known[] = { "infer", "stable_diffusion_1",
		"stable_diffusion_2_768", "stable_diffusion_2_512",
		"stable_diffusion_xl", "stable_cascade", "flux_1", "flux_schnell",
		"flux_dev", "qwen_image", "z_image_turbo", "krea2_turbo", "anima",
		"stable diffusion 1", "stable diffusion 1.4", "stable diffusion 1.5",
		"SD1", "SD14", "SD1.4", "SD15", "SD1.5", "stable_diffusion",
		"stable_diffusion_1.4", "stable_diffusion_1.5", "stable diffusion xl",
		"SDXL", "stable cascade", "flux schnell", "flux dev", "qwen image",
		"qwen-image", "qwen", "z image turbo", "zimage-turbo", "zimage",
		"krea_2_turbo", "krea2", "anima_base", "anima_aesthetic",
		"anima_turbo" };

	return is_one_of(s, known, NELEM(known));
}

static bool
check_style(const struct json_value *v, struct check *c)
{
	static const char *const known[] = { "generalist", "anime", "furry", "artistic",
		"other", "realistic" };

	/* Only images have a fixed set. */
	if (c->kind != IMAGE)
		return check_str(v, c);
	return check_one_of(v, c, known, NELEM(known), true);
}

static bool
check_domain(const struct json_value *v, struct check *c)
{
	static const char *const known[] = { "image", "text", "video", "audio",
		"rendered_3d" };

	return check_one_of(v, c, known, NELEM(known), false);
}

static bool
check_purpose(const struct json_value *v, struct check *c)
{
	static const char *const known[] = { "generation", "post_processing",
		"auxiliary_or_patch", "feature_extractor", "safety_checker",
		"miscellaneous" };

	return check_one_of(v, c, known, NELEM(known), false);
}

static bool
check_classification(const struct json_value *v, struct check *c)
{
	static const struct member members[] = {
		MEMBER("domain", check_domain, MEMBER_REQUIRED),
		MEMBER("purpose", check_purpose, MEMBER_REQUIRED),
	};

	return check_object(&(struct shape){ members, NELEM(members) }, v, c);
}

static bool
check_metadata(const struct json_value *v, struct check *c)
{
	static const struct member members[] = {
		MEMBER("schema_version", check_str, 0),
		MEMBER("created_at", check_int, MEMBER_NULL),
		MEMBER("updated_at", check_int, MEMBER_NULL),
		MEMBER("created_by", check_str, MEMBER_NULL),
		MEMBER("updated_by", check_str, MEMBER_NULL),
	};

	return check_object(&(struct shape){ members, NELEM(members) }, v, c);
}

static bool
check_finetune_series(const struct json_value *v, struct check *c)
{
	static const struct member members[] = {
		MEMBER("name", check_str, MEMBER_REQUIRED),
		MEMBER("version", check_str, MEMBER_NULL),
		MEMBER("author", check_str, MEMBER_NULL),
		MEMBER("description", check_str, MEMBER_NULL),
		MEMBER("homepage", check_str, MEMBER_NULL),
	};

	return check_object(&(struct shape){ members, NELEM(members) }, v, c);
}

/* nsfw, baseline and parameters differ between the categories: record_decode(). */
static const struct member record_members[FIELD_MAX] = {
	[FIELD_RECORD_TYPE] = MEMBER("record_type", check_str, 0),
	[FIELD_NAME] = MEMBER("name", check_str, MEMBER_REQUIRED),
	[FIELD_DESCRIPTION] = MEMBER("description", check_str, MEMBER_NULL),
	[FIELD_VERSION] = MEMBER("version", check_str, MEMBER_NULL),
	[FIELD_METADATA] = MEMBER("metadata", check_metadata, 0),
	[FIELD_FINETUNE_SERIES] =
	    MEMBER("finetune_series", check_finetune_series, MEMBER_NULL),
	[FIELD_CONFIG] = MEMBER("config", NULL, 0),
	[FIELD_CLASSIFICATION] =
	    MEMBER("model_classification", check_classification, 0),
	[FIELD_SIZE_ON_DISK] = MEMBER("size_on_disk_bytes", check_int, MEMBER_NULL),
	[FIELD_BASELINE] = MEMBER("baseline", NULL, 0),
	[FIELD_PARAMETERS] = MEMBER("parameters", NULL, TEXT),
	[FIELD_PARAMETERS_COUNT] = MEMBER("parameters_count", NULL, TEXT),
	[FIELD_OPTIMIZATION] = MEMBER("optimization", check_str, MEMBER_NULL | IMAGE),
	[FIELD_TAGS] = MEMBER("tags", check_strings, MEMBER_NULL),
	[FIELD_SHOWCASES] = MEMBER("showcases", check_strings, MEMBER_NULL | IMAGE),
	[FIELD_TRIGGER] = MEMBER("trigger", check_strings, MEMBER_NULL | IMAGE),
	[FIELD_MIN_BRIDGE_VERSION] =
	    MEMBER("min_bridge_version", check_int, MEMBER_NULL | IMAGE),
	[FIELD_INPAINTING] = MEMBER("inpainting", check_bool, MEMBER_NULL | IMAGE),
	[FIELD_NSFW] = MEMBER("nsfw", NULL, 0),
	[FIELD_STYLE] = MEMBER("style", check_style, MEMBER_NULL),
	[FIELD_REQUIREMENTS] =
	    MEMBER("requirements", check_settings, MEMBER_NULL | IMAGE),
	[FIELD_HOMEPAGE] = MEMBER("homepage", check_str, MEMBER_NULL | IMAGE),
	[FIELD_DISPLAY_NAME] = MEMBER("display_name", check_str, MEMBER_NULL | TEXT),
	[FIELD_URL] = MEMBER("url", check_str, MEMBER_NULL | TEXT),
	[FIELD_INSTRUCT_FORMAT] =
	    MEMBER("instruct_format", check_str, MEMBER_NULL | TEXT),
	[FIELD_SETTINGS] = MEMBER("settings", check_settings, MEMBER_NULL | TEXT),
	[FIELD_TEXT_MODEL_GROUP] =
	    MEMBER("text_model_group", check_str, MEMBER_NULL | TEXT),
	[FIELD_NAME_SCHEMA_EXCEPTION] =
	    MEMBER("name_schema_exception", check_str, MEMBER_NULL | TEXT),
};
static const struct shape record_shape = { record_members, FIELD_MAX };

void
record_read(const struct json_value *object, enum category category,
    struct arena *arena, struct fields *out)
{
	shape_read(&record_shape, object, arena, out->v);
	out->check = (struct check){
		.arena = arena,
		.kind = category == CATEGORY_IMAGE_GENERATION ? IMAGE : TEXT,
	};
	downloads_read(&out->v[FIELD_CONFIG], &out->check, &out->downloads);
}

static bool
record_fail(struct check *c, const char *why, enum field field)
{
	(void)check_fail(c, why);
	return check_within(c, record_members[field].name);
}

/* Text that will be printed: Unicode without lone surrogates. */
static bool
record_text(
    const struct json_value *v, struct check *c, enum field field, struct str *out)
{
	*out = json_str(v, c->arena);
	if (v->escaped && !text_valid(*out))
		return record_fail(c, "not Unicode", field);
	return true;
}

static bool
record_nsfw(const struct fields *f, struct check *c, struct record *out)
{
	const struct json_value *v = &f->v[FIELD_NSFW];

	if (v->type == JSON_T_NONE)
		return c->kind == TEXT || record_fail(c, "required", FIELD_NSFW);
	return lax_bool(v, c->arena, &out->nsfw) ||
	       record_fail(c, "not a boolean", FIELD_NSFW);
}

static bool
record_baseline(const struct fields *f, struct check *c, struct record *out)
{
	const struct json_value *v = &f->v[FIELD_BASELINE];

	if (c->kind == TEXT && (v->type == JSON_T_NONE || v->type == JSON_T_NULL))
		return true;
	if (v->type == JSON_T_NONE)
		return record_fail(c, "required", FIELD_BASELINE);
	if (!check_str(v, c))
		return check_within(c, "baseline");
	if (!record_text(v, c, FIELD_BASELINE, &out->baseline))
		return false;
	out->new_baseline = c->kind == IMAGE && !baseline_is_known(out->baseline);
	return true;
}

static bool
record_parameters(const struct fields *f, struct check *c)
{
	const struct json_value *v = &f->v[FIELD_PARAMETERS];

	if (c->kind == IMAGE)
		return true;
	if (v->type == JSON_T_NONE)
		v = &f->v[FIELD_PARAMETERS_COUNT];
	if (v->type == JSON_T_NONE)
		return record_fail(c, "required", FIELD_PARAMETERS);
	return check_int(v, c) || check_within(c, "parameters");
}

/* Most descriptions show in their first byte that they are not blank: no need to
 * unescape them. */
static bool
record_has_description(const struct json_value *v, struct arena *arena)
{
	if (v->type != JSON_T_STRING)
		return false;
	if (v->p[1] > ' ' && v->p[1] < 0x7f && v->p[1] != '"' && v->p[1] != '\\')
		return true;
	return !text_blank(json_str(v, arena));
}

int
record_decode(
    const struct fields *f, enum category category, struct check *c, struct record *out)
{
	c->kind = category == CATEGORY_IMAGE_GENERATION ? IMAGE : TEXT;
	*out = (struct record){
		.hosts = f->downloads.hosts,
		.nhosts = f->downloads.nhosts,
		.ndownloads = (uint32_t)f->downloads.count,
		.unparsable_url = f->downloads.unparsable,
		.identity = f->downloads.identity,
	};
	if (!shape_check(&record_shape, f->v, c) || !record_parameters(f, c) ||
	    !record_nsfw(f, c, out) || !record_baseline(f, c, out) ||
	    !record_text(&f->v[FIELD_NAME], c, FIELD_NAME, &out->name))
		return -1;
	if (!f->downloads.valid) {
		*c = f->check;
		(void)check_within(c, "config");
		return -1;
	}
	out->has_description =
	    record_has_description(&f->v[FIELD_DESCRIPTION], c->arena);
	/* Whether it is an integer was checked with the shape. */
	if (category == CATEGORY_IMAGE_GENERATION &&
	    !lax_int(&f->v[FIELD_SIZE_ON_DISK], c->arena, &out->size_on_disk))
		out->size_on_disk = 0;
	return 0;
}
