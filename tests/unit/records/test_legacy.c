/* Documents as they lie on GitHub: what each record becomes, and what is refused. */
#include <stdlib.h>

#include "fixture/analysis.h"
#include "base/buf.h"
#include "records/entries.h"
#include "records/legacy.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

/* The entries of a document as JSON text: {"key":{...},...}. NULL if it is refused, for
 * f->report.reason. */
static const char *
convert(struct analysis *f, struct str document)
{
	struct document reference;
	struct arena *arena = arena_new();
	struct map entries;
	int rc;

	f->skipped[0] = '\0';
	f->report = (struct report){ .skip = analysis_skip, .arg = f };
	buf_reset(&f->out);
	rc = analysis_open(f, DOCUMENT_REFERENCE, document, &reference);
	if (rc == 0)
		rc = entries_read(f->category, &reference, arena, &entries, &f->report);
	buf_putc(&f->out, '{');
	for (uint32_t i = 0; rc == 0 && i < entries.count; i++) {
		const struct json_value *v = map_at(&entries, i);

		buf_printf(&f->out, "%s\"%.*s\":%.*s", i > 0 ? "," : "",
		    (int)entries.keys[i].len, entries.keys[i].p, (int)v->len, v->p);
	}
	buf_add(&f->out, "}", 2);
	arena_free(&arena);
	return rc == -1 ? NULL : f->out.data;
}

struct legacy_case {
	const char *record; /* members, or a row */
	const char *want;   /* members of the v2 record; or "! where: why" */
};

/* The legacy record among a good one: {"good": ..., "k": {record}}. */
static void
check_json(enum category category, const char *good, const char *good_v2,
    const struct legacy_case *cases, size_t n)
{
	char text[2048], want[2048], skipped[512];
	const char *found;
	struct analysis f;

	analysis_init(&f, category);
	for (size_t i = 0; i < n; i++) {
		bool bad = cases[i].want[0] == '!';

		snprintf(text, sizeof(text), "{\"good\":{%s},\"k\":%s}", good,
		    cases[i].record);
		snprintf(want, sizeof(want),
		    bad ? "{\"good\":{%s}}" : "{\"good\":{%s},\"k\":{%s}}", good_v2,
		    cases[i].want);
		snprintf(skipped, sizeof(skipped), "reference record \"k\": %s\n",
		    cases[i].want + 2);
		found = convert(&f, (struct str){ text, strlen(text) });
		assert_non_null(found);
		assert_string_equal(found, want);
		assert_string_equal(f.skipped, bad ? skipped : "");
		assert_int_equal(f.report.skipped, bad);
	}
	analysis_free(&f);
}

#define NAME "\"name\":\"n\""
#define BASE ",\"baseline\":\"SD1\""
#define MIN NAME BASE
#define MIN_V2 NAME BASE ",\"nsfw\":false"
#define TAGS_V2 ",\"tags\":[]"
#define FILES(files, download)                                                         \
	"{" MIN ",\"config\":{\"files\":[" files "],\"download\":[" download "]}}"
#define DOWNLOADS_V2(entries) MIN_V2 TAGS_V2 ",\"config\":{\"download\":[" entries "]}"

static const char image_good[] =
    "\"name\":\"g\",\"type\":\"ckpt\",\"baseline\":\"SDXL\"";
static const char image_good_v2[] =
    "\"name\":\"g\",\"baseline\":\"SDXL\",\"nsfw\":false,\"tags\":[]";

TEST(test_image_members)
{
	static const struct legacy_case cases[] = {
		{ "{" MIN "}", MIN_V2 TAGS_V2 },
		{ "{" MIN
		  ",\"nsfw\":null,\"tags\":null,\"style\":null,\"config\":null}",
		    MIN_V2 TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"stable diffusion 1\",\"nsfw\":true}",
		    NAME ",\"baseline\":\"stable_diffusion_1\",\"nsfw\":true" TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"stable diffusion 2\"}", NAME
		    ",\"baseline\":\"stable_diffusion_2_768\",\"nsfw\":false" TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"stable diffusion 2 512\"}", NAME
		    ",\"baseline\":\"stable_diffusion_2_512\",\"nsfw\":false" TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"stable diffusion 1.5\"}", NAME
		    ",\"baseline\":\"stable diffusion 1.5\",\"nsfw\":false" TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"stable diffusion 2.1\"}", NAME
		    ",\"baseline\":\"stable diffusion 2.1\",\"nsfw\":false" TAGS_V2 },
		{ "{" NAME ",\"baseline\":\"\"}",
		    NAME ",\"baseline\":\"\",\"nsfw\":false" TAGS_V2 },
		{ "{" NAME ",\"baseline\":null}", "! baseline: not a string" },
		{ "{" NAME "}", "! baseline: required" },
		{ "{\"baseline\":\"SD1\"}", "! name: required" },
		{ "{\"name\":7,\"baseline\":\"SD1\"}", "! name: not a string" },
		{ "[]", "! not an object" },
		{ "{" MIN ",\"type\":\"lora\"}", "! type: not \"ckpt\"" },
		{ "{" MIN ",\"type\":null}", "! type: not \"ckpt\"" },
		{ "{" MIN ",\"inpainting\":\"yes\"}",
		    MIN_V2 ",\"inpainting\":true" TAGS_V2 },
		{ "{" MIN ",\"inpainting\":false}", MIN_V2 TAGS_V2 },
		{ "{" MIN ",\"inpainting\":null}", "! inpainting: not a boolean" },
		{ "{" MIN ",\"nsfw\":\"off\"}", MIN_V2 TAGS_V2 },
		{ "{" MIN ",\"nsfw\":\"maybe\"}", "! nsfw: not a boolean" },
		{ "{" MIN ",\"size_on_disk_bytes\":\"12\"}",
		    MIN_V2 ",\"size_on_disk_bytes\":12" TAGS_V2 },
		{ "{" MIN ",\"size_on_disk_bytes\":1.5}",
		    "! size_on_disk_bytes: not an integer of 64 bits" },
		{ "{" MIN ",\"style\":\" anime \"}",
		    MIN_V2 ",\"style\":\"anime\"" TAGS_V2 },
		{ "{" MIN ",\"style\":\"\"}", "! style: not a known value" },
		{ "{" MIN ",\"tags\":[\" a\",\"b\\u00e9 \"]}",
		    MIN_V2 ",\"tags\":[\"a\",\"b\xc3\xa9\"]" },
		{ "{" MIN ",\"tags\":[\"\\ud800\"]}", "! not Unicode" },
		{ "{" MIN ",\"tags\":[1]}", "! tags[0]: not a string" },
		{ "{" MIN ",\"showcases\":[\"https://x.example/1\"]}",
		    NAME ",\"showcases\":[\"https://x.example/1\"]" BASE
			 ",\"nsfw\":false" TAGS_V2 },
		{ "{" MIN ",\"showcases\":[\"a\",\"https://huggingface.co/1\"]}",
		    "! showcases[1]: on huggingface" },
		{ "{" MIN ",\"description\":\"d\",\"trigger\":[\"t\"],\"requirements\":"
		  "{\"clip\":2},\"homepage\":\"h\",\"optimization\":\"o\","
		  "\"min_bridge_version\":\"7\",\"version\":\"1\",\"available\":1}",
		    NAME ",\"description\":\"d\",\"trigger\":[\"t\"],\"requirements\":"
			 "{\"clip\":2}" BASE ",\"nsfw\":false" TAGS_V2 },
		{ "{" MIN ",\"version\":2.1}", "! version: not a string" },
		{ "{" MIN ",\"description\":[]}", "! description: not a string" },
		{ "{" MIN ",\"homepage\":1}", "! homepage: not a string" },
		{ "{" MIN ",\"min_bridge_version\":\"x\"}",
		    "! min_bridge_version: not an integer of 64 bits" },
		{ "{" MIN ",\"requirements\":{\"a\":[1,\"x\"]}}",
		    "! requirements: a mixed array" },
	};

	check_json(
	    CATEGORY_IMAGE_GENERATION, image_good, image_good_v2, cases, NELEM(cases));
}

TEST(test_image_files)
{
	static const struct legacy_case cases[] = {
		{ "{" MIN ",\"config\":{}}", MIN_V2 TAGS_V2 },
		{ "{" MIN ",\"config\":[]}", "! config: not an object" },
		{ "{" MIN ",\"config\":{\"files\":{}}}",
		    "! config.files: not an array" },
		{ "{" MIN ",\"config\":{\"files\":[3]}}",
		    "! config.files[0]: not an object" },
		{ FILES("{\"path\":\"a\"},{\"path\":\"b.YaML\"},{\"path\":\"\"},{}",
		      "{\"file_name\":\"a\",\"file_url\":\"https://h.example/a\"}"),
		    DOWNLOADS_V2("{\"file_name\":\"a\",\"file_url\":"
				 "\"https://h.example/a\"}") },
		{ FILES("{\"path\":\"a\",\"sha256sum\":null,\"file_type\":\"t\"},"
			"{\"path\":\"b\"},{\"path\":\"a\"}",
		      "{\"file_name\":\"b\"}"),
		    DOWNLOADS_V2("{\"file_name\":\"a\",\"file_url\":\"\"},"
				 "{\"file_name\":\"b\",\"file_url\":\"\"}") },
		{ FILES("{\"path\":\"a\"}", "{\"file_name\":\"a\",\"file_url\":\"x\"},"
					    "{\"file_name\":\"a\",\"file_url\":null}"),
		    DOWNLOADS_V2("{\"file_name\":\"a\",\"file_url\":\"\"}") },
		{ FILES("{\"path\":\"a.yaml\"}",
		      "{\"file_name\":\"a.yaml\",\"file_url\":\"x\"}"),
		    "! config.download[0].file_name: none of the files" },
		{ FILES("{\"path\":\"a\"}", "{\"file_name\":\"a\"},{}"),
		    "! config.download[1].file_name: none of the files" },
		{ FILES("{\"path\":\"a\"}",
		      "{\"file_name\":\"a\",\"file_url\":\"https://[1\"}"),
		    "! config.download[0].file_url: not a URL" },
		{ FILES("{\"path\":\"a\",\"sha256sum\":5}", ""),
		    "! config.files[0].sha256sum: not a string" },
		{ FILES("{\"path\":5}", ""), "! config.files[0].path: not a string" },
		{ FILES("{\"path\":\"a\"}", "{\"file_name\":\"a\",\"file_url\":[]}"),
		    "! config.download[0].file_url: not a string" },
	};

	check_json(
	    CATEGORY_IMAGE_GENERATION, image_good, image_good_v2, cases, NELEM(cases));
}

/* Of other categories only names and files are left (doc/reference.md 10.5). */
TEST(test_other_categories)
{
	static const struct legacy_case cases[] = {
		{ "{\"name\":\"n\",\"type\":\"canny\",\"nsfw\":true,\"tags\":[\"t\"],"
		  "\"size_on_disk_bytes\":7}",
		    "\"name\":\"n\"" },
		{ "{\"nsfw\":true}", "! name: required" },
		{ "{\"name\":\"n\",\"version\":1}", "! version: not a string" },
	};

	check_json(CATEGORY_CONTROLNET,
	    "\"name\":\"g\",\"config\":{\"files\":[{\"path\":\"p\"}]}",
	    "\"name\":\"g\",\"config\":{\"download\":[{\"file_name\":\"p\","
	    "\"file_url\":\"\"}]}",
	    cases, NELEM(cases));
}

TEST(test_recognition_of_json)
{
	static const struct {
		const char *document, *want;
	} cases[] = {
		/* v2 documents stay as they are, with or without marks. */
		{ "{}", "{}" },
		{ "{\"a\":{\"x\":\"ckpt\"}}", "{\"a\":{\"x\":\"ckpt\"}}" },
		{ "{\"a\":{\"metadata\":{},\"type\":\"ckpt\"}}",
		    "{\"a\":{\"metadata\":{},\"type\":\"ckpt\"}}" },
		{ "{\"a\":{\"record_type\":\"image_generation\"},"
		  "\"b\":{\"config\":{\"files\":[]}}}",
		    "{\"a\":{\"record_type\":\"image_generation\"},"
		    "\"b\":{\"config\":{\"files\":[]}}}" },
		/* The first record that shows its form decides. */
		{ "{\"a\":1,\"b\":{" MIN "},\"c\":{" MIN ",\"config\":{\"files\":[]}}}",
		    "{\"b\":{" MIN_V2 TAGS_V2 "},\"c\":{" MIN_V2 TAGS_V2 "}}" },
		/* Only the last of duplicates must be convertible. */
		{ "{\"a\":{\"type\":\"bad\"},\"b\":{" MIN "},\"a\":{" MIN
		  ",\"type\":\"ckpt\"}}",
		    "{\"a\":{" MIN_V2 TAGS_V2 "},\"b\":{" MIN_V2 TAGS_V2 "}}" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++)
		assert_string_equal(convert(&f, (struct str){ cases[i].document,
						    strlen(cases[i].document) }),
		    cases[i].want);
	assert_null(convert(&f, STR("{\"a\":{\"type\":\"ckpt\"},\"b\":[]}")));
	assert_string_equal(f.report.reason, "none of its 2 records is valid");
	assert_int_equal(f.report.skipped, 2);
	f.category = CATEGORY_TEXT_GENERATION;
	assert_string_equal(convert(&f, STR("{\"a\":{\"type\":\"ckpt\"}}")),
	    "{\"a\":{\"type\":\"ckpt\"}}");
	analysis_free(&f);
}

#define ROW_V2(description, nsfw)                                                      \
	"\"name\":\"n\",\"baseline\":\"\",\"description\":\"" description              \
	"\",\"style\":\"\",\"nsfw\":" nsfw ",\"config\":{\"download\":[]}"
#define CELLS_V2(parameters, tags)                                                     \
	ROW_V2("", "false") ",\"parameters\":" parameters ",\"tags\":[" tags "]"

TEST(test_rows)
{
	static const char header[] =
	    "x,name,parameters_bn,tags,settings,description,nsfw\n,good,1,,,d,\n";
	static const char good[] =
	    "\"good\":{\"name\":\"good\",\"baseline\":\"\",\"description\":\"d\","
	    "\"style\":\"\",\"nsfw\":false,\"config\":{\"download\":[]},"
	    "\"parameters\":1000000000,\"tags\":[]}";
	static const struct legacy_case cases[] = {
		{ ",n,0.56,", CELLS_V2("560000000", "") },
		{ ",n,8.03,,", CELLS_V2("8029999999", "") },
		{ "1, n\t,,,,,,,more", CELLS_V2("0", "") },
		{ ",n, -1 ,", CELLS_V2("-1000000000", "") },
		{ ",n,1_0e1,", CELLS_V2("100000000000", "") },
		{ ",n,7B,", "! parameters_bn: not a number" },
		{ ",n,nan,", "! parameters_bn: not an integer of 64 bits" },
		{ ",n,-inf,", "! parameters_bn: not an integer of 64 bits" },
		{ ",n,1e10,", "! parameters_bn: not an integer of 64 bits" },
		{ ",n,1,\" a,,b c,a \"",
		    CELLS_V2("1000000000", "\"a\",\"b c\",\"a\"") },
		{ ",n,1,\",\"", CELLS_V2("1000000000", "") },
		{ ",n,1", "! tags: the row ends before it" },
		{ ",n,1,,null", CELLS_V2("1000000000", "") },
		{ ",n,1,, \"{\"\"t\"\": [0.5, 1]}\" ", "! settings: not JSON" },
		{ ",n,1,,\" {\"\"t\"\": [0.5, 1]}\"",
		    CELLS_V2("1000000000", "") ",\"settings\":{\"t\": [0.5, 1]}" },
		{ ",n,1,,{", "! settings: not JSON" },
		{ ",n,1,,\xef\xbb\xbfnull", "! settings: not JSON" },
		{ ",n,1,,7", "! settings: not an object" },
		{ ",n,1,,\"{\"\"a\"\":[1,\"\"x\"\"]}\"", "! settings: a mixed array" },
		{ ",n,1,,,\"two\nlines, \"\"q\"\"\", TRUE",
		    ROW_V2("two\\nlines, \\\"q\\\"",
			"true") ",\"parameters\":1000000000,\"tags\":[]" },
		{ ",n,1,,, d ,yes",
		    ROW_V2(" d ", "false") ",\"parameters\":1000000000,\"tags\":[]" },
	};
	char text[1024], want[1024], skipped[256];
	const char *found;
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		bool bad = cases[i].want[0] == '!';

		snprintf(text, sizeof(text), "%s%s", header, cases[i].record);
		snprintf(want, sizeof(want), bad ? "{%s}" : "{%s,\"n\":{%s}}", good,
		    cases[i].want);
		snprintf(skipped, sizeof(skipped), "reference record \"n\": %s\n",
		    cases[i].want + 2);
		found = convert(&f, (struct str){ text, strlen(text) });
		assert_non_null(found);
		assert_string_equal(found, want);
		assert_string_equal(f.skipped, bad ? skipped : "");
	}
	analysis_free(&f);
}

/* Which rows count: by their names. */
TEST(test_names_of_rows)
{
	static const char document[] = "style,name,style,description\r\n"
				       "a,two,b,first\r\n"
				       "a,aphrodite/x/two,b\r\n"
				       "a,koboldcpp/two,b\r\n"
				       "\r\n"
				       "a,KoboldCPP/two,b\r\n"
				       "a,  ,b\r\n"
				       "a\r\n"
				       "a,two,c,last\r\n";
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	assert_string_equal(convert(&f, STR(document)),
	    "{\"two\":{\"name\":\"two\",\"baseline\":\"\",\"description\":\"last\","
	    "\"style\":\"c\",\"nsfw\":false,\"config\":{\"download\":[]},"
	    "\"parameters\":0,\"tags\":[]},"
	    "\"KoboldCPP/two\":{\"name\":\"KoboldCPP/two\",\"baseline\":\"\","
	    "\"description\":\"\",\"style\":\"b\",\"nsfw\":false,"
	    "\"config\":{\"download\":[]},\"parameters\":0,\"tags\":[]}}");
	assert_string_equal(f.skipped,
	    "reference line 7: name: empty\nreference line 8: name: empty\n");
	analysis_free(&f);
}

TEST(test_refused_documents)
{
	static const struct {
		struct str document;
		const char *why;
	} cases[] = {
		{ STR(""), "empty, not JSON" },
		{ STR("<!DOCTYPE html>\n<title>name, please</title>\n"),
		    "not JSON: byte 0: " },
		{ STR("name"), "CSV without a row after its first" },
		{ STR("name,tags\r\n\r\n\r\n"), "CSV without a row after its first" },
		{ STR("name,tags\nx,\xff\n"), "CSV, but not UTF-8" },
		{ STR("name,parameters_bn\nx,y\n,1\n"),
		    "none of its 2 records is valid" },
		{ STR("\nname,tags\nx,\n"), "not JSON: byte 1: " },
		{ STR("Name,tags\nx,\n"), "not JSON: byte 0: " },
		/* Python leaves the mark in the first column's name. */
		{ STR("\xef\xbb\xbfname,tags\nx,\n"), "not JSON: byte 3: " },
		{ STR("[1,name,2"), "not JSON: byte 3: " },
		{ STR("\xef\xbb\xbf [\",name,\"]"), "not a JSON object" },
	};
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (size_t i = 0; i < NELEM(cases); i++) {
		assert_null(convert(&f, cases[i].document));
		assert_int_equal(f.report.refused, DOCUMENT_REFERENCE);
		if (strstr(f.report.reason, cases[i].why) == NULL)
			fail_msg("%s: want %s", f.report.reason, cases[i].why);
	}
	f.category = CATEGORY_IMAGE_GENERATION;
	assert_null(convert(&f, STR("name,tags\nx,\n")));
	analysis_free(&f);
}

/* What is left out is in none of the views; what is converted is in all. */
TEST(test_views)
{
	static const char image[] =
	    "{\"A\":{\"name\":\"A\",\"type\":\"ckpt\",\"baseline\":\"stable diffusion "
	    "1\","
	    "\"nsfw\":\"no\",\"tags\":[\" t "
	    "\"],\"config\":{\"files\":[{\"path\":\"p\"}],"
	    "\"download\":[{\"file_name\":\"p\",\"file_url\":\"https://h.example/"
	    "p\"}]}},"
	    "\"B\":{\"name\":\"B\",\"baseline\":\"?\",\"style\":\"?\"}}";
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, image, "[]", "{}");
	assert_int_equal(f.dir->raw_entries, 1);
	assert_int_equal(f.dir->typed_entries, 1);
	assert_int_equal(f.dir->skipped, 1);
	analysis_expect(&f, VIEW_STATS, "total_models", "1");
	analysis_expect(&f, VIEW_STATS, "nsfw_count", "0");
	analysis_expect(&f, VIEW_STATS, "top_tags/0/tag", "\"t\"");
	analysis_expect(
	    &f, VIEW_STATS, "baseline_distribution/stable_diffusion_1/count", "1");
	analysis_expect(&f, VIEW_STATS, "download_stats/total_download_entries", "1");
	analysis_free(&f);
}

static char *
read_shared(const char *name, size_t *len)
{
	const char *shared = getenv("HYDRATORD_SHARED");
	char path[512], *text;
	FILE *file;
	long size;

	if (shared == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/current/real-1/%s", shared, name);
	if ((file = fopen(path, "rb")) == NULL)
		skip();
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	text = malloc((size_t)size + 1);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	text[size] = '\0';
	fclose(file);
	*len = (size_t)size;
	return text;
}

/* Every record equals the one that the reference made of it, in all members that we
 * write; what we do not write is not asked for. */
static void
check_real(enum category category, const char *legacy, const char *v2)
{
	json_t *ours, *theirs, *our, *their, *value;
	size_t len, v2_len;
	char *document = read_shared(legacy, &len), *other = read_shared(v2, &v2_len);
	const char *key, *member;
	struct analysis f;

	analysis_init(&f, category);
	ours = json_loads(convert(&f, (struct str){ document, len }), 0, NULL);
	theirs = json_loadb(other, v2_len, 0, NULL);
	assert_non_null(ours);
	assert_non_null(theirs);
	assert_int_equal(json_object_size(ours), json_object_size(theirs));
	assert_string_equal(f.skipped, "");
	json_object_foreach(ours, key, our)
	{
		their = json_object_get(theirs, key);
		json_object_foreach(our, member, value)
		{
			json_t *other_value = json_object_get(their, member);

			if (strcmp(member, "config") != 0 &&
			    !json_equal(value, other_value))
				fail_msg("%s: %s", key, member);
		}
	}
	json_decref(ours);
	json_decref(theirs);
	free(document);
	free(other);
	analysis_free(&f);
}

TEST(test_real_image)
{
	check_real(CATEGORY_IMAGE_GENERATION, "legacy/stable_diffusion.json",
	    "reference/image_generation.json");
}

TEST(test_real_text)
{
	check_real(CATEGORY_TEXT_GENERATION, "legacy/models.csv",
	    "reference/text_generation.json");
}
