/* What is counted of each document: what is valid, and of use. */
#include <string.h>

#include "analytics/analytics.h"
#include "records/document.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

static struct census census[DOCUMENT_MAX];

static struct document
document(enum document_kind kind, enum category category, const char *text)
{
	struct document doc = { .data = text };
	char why[256];

	if (text == NULL)
		return doc;
	doc.len = strlen(text);
	assert_int_equal(document_open(&doc, kind, category, why, sizeof(why)), 0);
	return doc;
}

static void
take(enum category category, const char *reference, const char *status,
    const char *stats, const char *workers)
{
	struct analytics_input in = {
		.category = category,
		.reference = document(DOCUMENT_REFERENCE, category, reference),
		.status = document(DOCUMENT_STATUS, category, status),
		.stats = document(DOCUMENT_STATS, category, stats),
		.workers = document(DOCUMENT_WORKERS, category, workers),
		.now = 1700000000,
	};
	struct report report = { .arg = NULL };
	struct analytics_settings settings;
	struct buf out = { 0 };

	analytics_defaults(&settings);
	assert_int_equal(analytics_render(&settings, &in, &out, &report), 0);
	memcpy(census, report.census, sizeof(census));
	buf_free(&out);
}

#define ELM "\"Elm\": {\"name\": \"Elm\", \"baseline\": \"flux_1\", \"nsfw\": true}"
#define ASH "\"Ash\": {\"name\": \"Ash\", \"baseline\": \"flux_1\", \"nsfw\": true}"
#define STATUS(name, count)                                                            \
	"{\"name\": \"" name                                                           \
	"\", \"type\": \"image\", \"performance\": 1, \"queued\": "                    \
	"0, \"jobs\": 0, \"eta\": 0, \"count\": " count "}"

TEST(test_only_valid_records_count)
{
	uint64_t names;

	take(CATEGORY_IMAGE_GENERATION, "{" ELM ", " ASH "}", "[]", "{}", NULL);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_equal(census[DOCUMENT_STATUS].count, 0);
	assert_int_equal(census[DOCUMENT_STATS].count, 0);
	assert_int_equal(census[DOCUMENT_WORKERS].count, 0);
	names = census[DOCUMENT_REFERENCE].names;
	take(CATEGORY_IMAGE_GENERATION, "{" ASH ", \"x\": {}, \"y\": 1, " ELM "}", "[]",
	    "{}", NULL);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_equal(census[DOCUMENT_REFERENCE].names, names);
	take(CATEGORY_IMAGE_GENERATION, "{" ASH "}", "[]", "{}", NULL);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 1);
	assert_int_not_equal(census[DOCUMENT_REFERENCE].names, names);
}

TEST(test_idle_models_and_unused_ones_do_not_count)
{
	take(CATEGORY_IMAGE_GENERATION, "{}",
	    "[" STATUS("Elm", "3") ", " STATUS("Ash", "0") ", " STATUS("Fir", "-1") "]",
	    "{\"day\": {\"Elm\": 0, \"Ash\": 0}, \"month\": {\"Elm\": 5, \"Oak\": 0},"
	    " \"total\": {\"Elm\": 5, \"Ash\": 1, \"Fir\": -3}}",
	    NULL);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 0);
	assert_int_equal(census[DOCUMENT_STATUS].count, 1);
	assert_int_equal(census[DOCUMENT_STATS].count, 2);
}

TEST(test_categories_without_the_horde)
{
	take(CATEGORY_BLIP, "{\"a\": {\"name\": \"a\"}, \"b\": {}, \"c\": 1}", NULL,
	    NULL, NULL);
	assert_int_equal(census[DOCUMENT_REFERENCE].count, 2);
	assert_int_not_equal(census[DOCUMENT_REFERENCE].names, 0);
	assert_int_equal(census[DOCUMENT_STATUS].count, 0);
}

TEST(test_names_of_documents)
{
	assert_string_equal(document_name(DOCUMENT_REFERENCE), "reference");
	assert_string_equal(document_name(DOCUMENT_WORKERS), "workers");
}
