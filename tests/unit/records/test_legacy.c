/* Documents as they lie on GitHub: what each record becomes, and what is refused. */
#include <stdlib.h>

#include "fixture/analysis_cases.h"
#include "base/buf.h"
#include "records/entries.h"
#include "records/legacy.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

#define FILE_OF_CASES "records/legacy.json"

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

		buf_printf(&f->out, "%s%c%.*s%c:%.*s", i > 0 ? "," : "", '"',
		    (int)entries.keys[i].len, entries.keys[i].p, '"', (int)v->len,
		    v->p);
	}
	buf_add(&f->out, "}", 2);
	arena_free(&arena);
	return rc == -1 ? NULL : f->out.data;
}

/* A document of the only case of a name: the entries as JSON text, which the next
 * convert() ends; NULL if it is refused. */
static const char *
convert_only(struct analysis *f, const char *name)
{
	const char *document, *found;
	struct cases c;

	cases_only(&c, FILE_OF_CASES, name);
	document = cases_json(&c, "document");
	found = convert(f, (struct str){ document, strlen(document) });
	cases_close(&c);
	return found;
}

/* The legacy record of each case among a good one: {"good":{...},"k":{...}}. */
static void
check_json(enum category category, const char *good, const char *name)
{
	char text[2048], want[2048], skipped[512];
	const char *found, *v2;
	struct cases goods, c;
	struct analysis f;

	analysis_init(&f, category);
	cases_only(&goods, FILE_OF_CASES, good);
	for (cases_open(&c, FILE_OF_CASES, name); cases_next(&c);) {
		v2 = cases_json(&c, "v2");
		snprintf(text, sizeof(text), "{\"good\":%s,\"k\":%s}",
		    cases_json(&goods, "record"), cases_json(&c, "record"));
		snprintf(want, sizeof(want), "{\"good\":%s%s%s}",
		    cases_json(&goods, "v2"), v2 != NULL ? ",\"k\":" : "",
		    v2 != NULL ? v2 : "");
		snprintf(skipped, sizeof(skipped), "reference record \"k\": %s\n",
		    v2 == NULL ? cases_text(&c, "why") : "");
		found = convert(&f, (struct str){ text, strlen(text) });
		assert_non_null(found);
		assert_string_equal(found, want);
		assert_string_equal(f.skipped, v2 == NULL ? skipped : "");
		assert_int_equal(f.report.skipped, v2 == NULL);
	}
	cases_close(&goods);
	analysis_free(&f);
}

TEST(test_image_members)
{
	check_json(CATEGORY_IMAGE_GENERATION, "image_good", "image_members");
}

TEST(test_image_files)
{
	check_json(CATEGORY_IMAGE_GENERATION, "image_good", "image_files");
}

/* Of other categories only names and files are left (doc/reference.md 10.5). */
TEST(test_other_categories)
{
	check_json(CATEGORY_CONTROLNET, "other_good", "other_categories");
}

/* v2 documents stay as they are, with or without marks; the first record that shows its
 * form decides; only the last of duplicates must be convertible. */
TEST(test_recognition_of_json)
{
	const char *document;
	struct analysis f;
	struct cases c;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (cases_open(&c, FILE_OF_CASES, "recognition"); cases_next(&c);) {
		document = cases_json(&c, "document");
		assert_string_equal(
		    convert(&f, (struct str){ document, strlen(document) }),
		    cases_json(&c, "v2"));
	}
	assert_null(convert_only(&f, "refused"));
	assert_string_equal(f.report.reason, "none of its 2 records is valid");
	assert_int_equal(f.report.skipped, 2);
	f.category = CATEGORY_TEXT_GENERATION;
	cases_only(&c, FILE_OF_CASES, "text_with_a_mark");
	assert_string_equal(
	    convert_only(&f, "text_with_a_mark"), cases_json(&c, "document"));
	cases_close(&c);
	analysis_free(&f);
}

/* Each row behind a good one. */
TEST(test_rows)
{
	static const char header[] =
	    "x,name,parameters_bn,tags,settings,description,nsfw\n";
	char text[1024], want[1024], skipped[256];
	const char *found, *v2;
	struct cases good, c;
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	cases_only(&good, FILE_OF_CASES, "row_good");
	for (cases_open(&c, FILE_OF_CASES, "rows"); cases_next(&c);) {
		v2 = cases_json(&c, "v2");
		snprintf(text, sizeof(text), "%s%s\n%s", header,
		    cases_text(&good, "row"), cases_text(&c, "row"));
		snprintf(want, sizeof(want), "{\"good\":%s%s%s}",
		    cases_json(&good, "v2"), v2 != NULL ? ",\"n\":" : "",
		    v2 != NULL ? v2 : "");
		snprintf(skipped, sizeof(skipped), "reference record \"n\": %s\n",
		    v2 == NULL ? cases_text(&c, "why") : "");
		found = convert(&f, (struct str){ text, strlen(text) });
		assert_non_null(found);
		assert_string_equal(found, want);
		assert_string_equal(f.skipped, v2 == NULL ? skipped : "");
	}
	cases_close(&good);
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
	struct cases c;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	cases_only(&c, FILE_OF_CASES, "names_of_rows");
	assert_string_equal(convert(&f, STR(document)), cases_json(&c, "v2"));
	cases_close(&c);
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
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_only_case(&f, FILE_OF_CASES, "views");
	assert_int_equal(f.dir->raw_entries, 1);
	assert_int_equal(f.dir->typed_entries, 1);
	assert_int_equal(f.dir->skipped, 1);
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
