/* Records of stable_diffusion.json and its like. */
#include "records/legacy.h"

#include <strings.h>

#include "base/buf.h"
#include "json/walk.h"
#include "json/write.h"
#include "python/lax.h"
#include "python/text.h"
#include "records/legacy_files.h"
#include "records/record.h"

#define IMAGE MEMBER_IMAGE

static bool
check_type(const struct json_value *v, struct check *c)
{
	return (v->type == JSON_T_STRING &&
		   str_eq(json_str(v, c->arena), STR("ckpt"))) ||
	       check_fail(c, "not \"ckpt\"");
}

static bool
check_showcases(const struct json_value *v, struct check *c)
{
	struct json_walk walk;
	struct json_value e;
	struct str s;

	if (!check_strings(v, c))
		return false;
	walk = json_walk(v);
	for (size_t i = 0; json_element(&walk, &e); i++) {
		s = json_str(&e, c->arena);
		if (memmem(s.p, s.len, "huggingface", strlen("huggingface")) != NULL) {
			(void)check_fail(c, "on huggingface");
			return check_within_element(c, i);
		}
	}
	return true;
}

enum member_of_legacy {
	LEGACY_NAME,
	LEGACY_BASELINE,
	LEGACY_TYPE,
	LEGACY_INPAINTING,
	LEGACY_DESCRIPTION,
	LEGACY_SHOWCASES,
	LEGACY_VERSION,
	LEGACY_STYLE,
	LEGACY_HOMEPAGE,
	LEGACY_NSFW,
	LEGACY_TAGS,
	LEGACY_TRIGGER,
	LEGACY_OPTIMIZATION,
	LEGACY_MIN_BRIDGE_VERSION,
	LEGACY_REQUIREMENTS,
	LEGACY_CONFIG,
	LEGACY_SIZE_ON_DISK,
	LEGACY_MAX
};

/* Whether baseline and style are known is asked of the converted record. */
static const struct member legacy_members[LEGACY_MAX] = {
	[LEGACY_NAME] = MEMBER("name", check_str, MEMBER_REQUIRED),
	[LEGACY_BASELINE] = MEMBER("baseline", check_str, MEMBER_REQUIRED | IMAGE),
	[LEGACY_TYPE] = MEMBER("type", check_type, IMAGE),
	[LEGACY_INPAINTING] = MEMBER("inpainting", check_bool, IMAGE),
	[LEGACY_DESCRIPTION] = MEMBER("description", check_str, MEMBER_NULL),
	[LEGACY_SHOWCASES] = MEMBER("showcases", check_showcases, MEMBER_NULL | IMAGE),
	[LEGACY_VERSION] = MEMBER("version", check_str, MEMBER_NULL),
	[LEGACY_STYLE] = MEMBER("style", check_str, MEMBER_NULL | IMAGE),
	[LEGACY_HOMEPAGE] = MEMBER("homepage", check_str, MEMBER_NULL | IMAGE),
	[LEGACY_NSFW] = MEMBER("nsfw", check_bool, MEMBER_NULL | IMAGE),
	[LEGACY_TAGS] = MEMBER("tags", check_strings, MEMBER_NULL | IMAGE),
	[LEGACY_TRIGGER] = MEMBER("trigger", check_strings, MEMBER_NULL | IMAGE),
	[LEGACY_OPTIMIZATION] = MEMBER("optimization", check_str, MEMBER_NULL | IMAGE),
	[LEGACY_MIN_BRIDGE_VERSION] =
	    MEMBER("min_bridge_version", check_int, MEMBER_NULL | IMAGE),
	[LEGACY_REQUIREMENTS] =
	    MEMBER("requirements", check_settings, MEMBER_NULL | IMAGE),
	[LEGACY_CONFIG] = MEMBER("config", NULL, 0),
	[LEGACY_SIZE_ON_DISK] =
	    MEMBER("size_on_disk_bytes", check_int, MEMBER_NULL | IMAGE),
};
static const struct shape legacy_shape = { legacy_members, LEGACY_MAX };

/* A v2 record being written. */
struct writing {
	const struct json_value *v; /* [LEGACY_MAX], checked */
	struct arena *arena;
	struct buf out;
};

static bool
given(const struct writing *w, enum member_of_legacy m)
{
	return w->v[m].type != JSON_T_NONE && w->v[m].type != JSON_T_NULL;
}

static struct buf *
begin_member(struct writing *w, enum member_of_legacy m)
{
	if (w->out.len > 1)
		buf_putc(&w->out, ',');
	buf_printf(&w->out, "\"%s\":", legacy_members[m].name);
	return &w->out;
}

/* As it stands, if it is there. */
static void
put_same(struct writing *w, enum member_of_legacy m)
{
	if (given(w, m))
		buf_add(begin_member(w, m), w->v[m].p, w->v[m].len);
}

static void
put_baseline(struct writing *w)
{
	static const struct {
		struct str from, to;
	} names[] = {
		{ STR("stable diffusion 1"), STR("stable_diffusion_1") },
		{ STR("stable diffusion 2"), STR("stable_diffusion_2_768") },
		{ STR("stable diffusion 2 512"), STR("stable_diffusion_2_512") },
	};
	struct str s = json_str(&w->v[LEGACY_BASELINE], w->arena);

	for (size_t i = 0; i < NELEM(names); i++)
		if (str_eq(s, names[i].from)) {
			json_put_string(begin_member(w, LEGACY_BASELINE), names[i].to);
			return;
		}
	put_same(w, LEGACY_BASELINE);
}

/* What the raw view judges by its truth or its type is written as what it means. */
static void
put_scalars(struct writing *w)
{
	bool nsfw = false, inpainting = false;
	int64_t size;

	if (given(w, LEGACY_NSFW) && !lax_bool(&w->v[LEGACY_NSFW], w->arena, &nsfw))
		nsfw = false;
	json_put_bool(begin_member(w, LEGACY_NSFW), nsfw);
	if (lax_bool(&w->v[LEGACY_INPAINTING], w->arena, &inpainting) && inpainting)
		json_put_bool(begin_member(w, LEGACY_INPAINTING), true);
	if (lax_int(&w->v[LEGACY_SIZE_ON_DISK], w->arena, &size))
		json_put_int(begin_member(w, LEGACY_SIZE_ON_DISK), size);
	if (given(w, LEGACY_STYLE))
		json_put_string(begin_member(w, LEGACY_STYLE),
		    text_strip(json_str(&w->v[LEGACY_STYLE], w->arena)));
}

static void
put_tags(struct writing *w)
{
	struct buf *out = begin_member(w, LEGACY_TAGS);
	struct json_walk walk;
	struct json_value tag;

	buf_putc(out, '[');
	if (given(w, LEGACY_TAGS)) {
		walk = json_walk(&w->v[LEGACY_TAGS]);
		for (size_t i = 0; json_element(&walk, &tag); i++) {
			if (i > 0)
				buf_putc(out, ',');
			json_put_string(out, text_strip(json_str(&tag, w->arena)));
		}
	}
	buf_putc(out, ']');
}

static void
put_image(struct writing *w)
{
	put_same(w, LEGACY_DESCRIPTION);
	put_same(w, LEGACY_SHOWCASES);
	put_same(w, LEGACY_TRIGGER);
	put_same(w, LEGACY_REQUIREMENTS);
	put_baseline(w);
	put_scalars(w);
	put_tags(w);
}

/* Text in the arena, scanned like any other, so that what UTF-8 forbids is found. */
static int
take_text(struct writing *w, struct check *check, struct json_value *out)
{
	const char *text = arena_strndup(w->arena, w->out.data, w->out.len);
	struct json_error error;

	if (json_scan(text, w->out.len, out, &error) == 0)
		return 0;
	(void)check_fail(check, "not Unicode");
	return -1;
}

/* Whether the typed view, where there is one, accepts it too. */
static int
check_converted(enum category category, const struct json_value *v, struct check *check)
{
	struct fields fields;
	struct record unused;

	if (category != CATEGORY_IMAGE_GENERATION)
		return 0;
	record_read(v, category, check->arena, &fields);
	return record_decode(&fields, category, check, &unused);
}

int
legacy_json_record(enum category category, const struct json_value *record,
    struct check *check, struct json_value *out)
{
	struct json_value values[LEGACY_MAX];
	struct writing w = { .v = values, .arena = check->arena };
	int rc = -1;

	check->kind = category == CATEGORY_IMAGE_GENERATION ? IMAGE : MEMBER_TEXT;
	if (record->type != JSON_T_OBJECT) {
		(void)check_fail(check, "not an object");
		return -1;
	}
	shape_read(&legacy_shape, record, check->arena, values);
	if (!shape_check(&legacy_shape, values, check))
		return -1;
	buf_putc(&w.out, '{');
	put_same(&w, LEGACY_NAME);
	if (category == CATEGORY_IMAGE_GENERATION)
		put_image(&w);
	if (legacy_files_put(&values[LEGACY_CONFIG], check, &w.out)) {
		buf_putc(&w.out, '}');
		rc = take_text(&w, check, out);
	}
	buf_free(&w.out);
	return rc == 0 ? check_converted(category, out, check) : -1;
}

enum mark {
	MARK_RECORD_TYPE,
	MARK_CLASSIFICATION,
	MARK_METADATA,
	MARK_TYPE,
	MARK_CONFIG,
	MARK_MAX
};

static const struct member mark_members[MARK_MAX] = {
	[MARK_RECORD_TYPE] = MEMBER("record_type", NULL, 0),
	[MARK_CLASSIFICATION] = MEMBER("model_classification", NULL, 0),
	[MARK_METADATA] = MEMBER("metadata", NULL, 0),
	[MARK_TYPE] = MEMBER("type", check_type, 0),
	[MARK_CONFIG] = MEMBER("config", NULL, 0),
};
static const struct shape mark_shape = { mark_members, MARK_MAX };

/* 1: legacy, -1: v2, 0: it could be either. */
static int
record_form(const struct json_value *record, struct arena *arena)
{
	struct check unused = { .arena = arena };
	struct json_value v[MARK_MAX];

	if (record->type != JSON_T_OBJECT)
		return 0;
	shape_read(&mark_shape, record, arena, v);
	if (v[MARK_RECORD_TYPE].type != JSON_T_NONE ||
	    v[MARK_CLASSIFICATION].type != JSON_T_NONE ||
	    v[MARK_METADATA].type != JSON_T_NONE)
		return -1;
	if (v[MARK_TYPE].type != JSON_T_NONE && check_type(&v[MARK_TYPE], &unused))
		return 1;
	return legacy_files_present(&v[MARK_CONFIG], arena);
}

static bool
mentions(struct str document, const char *word)
{
	return memmem(document.p, document.len, word, strlen(word)) != NULL;
}

bool
legacy_json_recognise(struct str document, enum category category,
    const struct map *entries, struct arena *arena)
{
	int form = 0;

	if (category == CATEGORY_TEXT_GENERATION)
		return false;
	/* v2 records may show no mark of theirs: do not look at each for nothing. */
	if (!mentions(document, "\"files\"") && !mentions(document, "\"ckpt\""))
		return false;
	for (uint32_t i = 0; i < entries->count && form == 0; i++)
		form = record_form(map_at(entries, i), arena);
	return form == 1;
}
