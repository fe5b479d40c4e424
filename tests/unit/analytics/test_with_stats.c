/* With-stats: from workers to answers, over small documents computed by hand. */
#include "fixture/analysis.h"
#include "reader/generation.h"
#include "reader/page.h"
#include "reader/query.h"
#include "terms/correction.h"
#include "terms/document.h"
#include "unit.h"

#define RECORD(name) "\"" name "\":{\"name\":\"" name "\",\"parameters\":7}"
#define REFERENCE                                                                      \
	"{" RECORD("Foo-7B") "," RECORD("bar") "," RECORD("Bar") "," RECORD("Zed") "}"
#define STATUS                                                                         \
	"[{\"name\":\"Foo-7B\",\"type\":\"text\",\"performance\":2,"                   \
	"\"queued\":3072.0,\"jobs\":\"4\",\"eta\":5,\"count\":1},"                     \
	"{\"name\":\"koboldcpp/Foo-7B\",\"type\":\"text\",\"performance\":NaN,"        \
	"\"queued\":0,\"jobs\":0,\"eta\":0,\"count\":1},"                              \
	"{\"name\":\"aphrodite/ZED\",\"type\":\"text\",\"performance\":1.5,"           \
	"\"queued\":1,\"jobs\":2,\"eta\":3,\"count\":2}]"
#define STATS                                                                          \
	"{\"day\":{\"Foo-7B\":1},"                                                     \
	"\"month\":{\"Foo-7B\":10,\"koboldcpp/Foo-13B\":100,\"bar\":50},"              \
	"\"total\":{\"Foo-7B\":20,\"bar\":70}}"

#define WORKER_REST                                                                    \
	"\"performance\":\"fast\",\"requests_fulfilled\":1,\"kudos_rewards\":1.5,"     \
	"\"kudos_details\":{\"generated\":null},\"threads\":1,"                        \
	"\"uncompleted_jobs\":0,\"maintenance_mode\":false,\"nsfw\":true,"             \
	"\"flagged\":false,\"team\":{\"name\":null,\"id\":\"t\"},"                     \
	"\"bridge_agent\":\"a\","
/* head: name and id; tail: what may be bad, and the models. */
#define WORKER(head, tail)                                                             \
	"{" head ",\"type\":\"text\"," WORKER_REST                                     \
	"\"uptime\":5,\"online\":true,\"trusted\":false" tail "}"
#define WORKERS "[" WORKERS_REST
#define WORKERS_REST                                                                   \
	WORKER("\"name\":\"one\",\"id\":\"x\"", ",\"models\":[\"FOO-7b\",\"foo-"       \
						"7B\"]")                               \
	"," WORKER("\"name\":\"two\",\"id\":\"y\"",                                    \
	    ",\"models\":[\"Foo-7B\",\"BAR\"],\"img2img\":null") "," WORKER("\"name\"" \
									    ":\"three" \
									    "\","      \
									    "\"id\":"  \
									    "\"x\"",   \
	    ",\"models\":[\"Foo-7B\"],\"uptime\":\"7\",\"online\":0") "," WORKER("\"n" \
										 "ame" \
										 "\":" \
										 "\"i" \
										 "dle" \
										 "\"," \
										 "\"i" \
										 "d\"" \
										 ":\"" \
										 "z"   \
										 "\"", \
	    "") "]"

#define HEAD_FOO                                                                       \
	"\"Foo-7B\":{\"queued_jobs\":4,\"performance\":2.0,\"eta\":5,"                 \
	"\"queued\":3072,\"usage_stats\":"
#define HEAD_NONE(name)                                                                \
	"\"" name "\":{\"queued_jobs\":null,\"performance\":null,\"eta\":null,"        \
	"\"queued\":null,\"usage_stats\":"
#define HEAD_ZED                                                                       \
	"\"Zed\":{\"queued_jobs\":2,\"performance\":1.5,\"eta\":3,\"queued\":1,"       \
	"\"usage_stats\":null"
#define FAMILY_FOO "{\"day\":1,\"month\":110,\"total\":20}"
#define EXACT_FOO "{\"day\":1,\"month\":10,\"total\":20}"
#define USAGE_BAR "{\"day\":0,\"month\":50,\"total\":70}"
#define REST(summaries, variations, count)                                             \
	",\"worker_summaries\":" summaries ",\"backend_variations\":" variations       \
	",\"observed_at\":1700000000,\"worker_count\":" count "}"
#define SUMMARY_WITH(id, name, online, uptime, setup)                                  \
	"\"" id "\":{\"id\":\"" id "\",\"name\":\"" name                               \
	"\",\"performance\":\"fast\",\"online\":" online                               \
	",\"trusted\":false,\"uptime\":" uptime "," setup "}"
#define SUMMARY(id, name, online, uptime)                                              \
	SUMMARY_WITH(id, name, online, uptime,                                         \
	    "\"max_length\":null,\"max_context_length\":null,"                         \
	    "\"bridge_agent\":\"a\",\"nsfw\":true")
#define SUMMARIES_FOO                                                                  \
	"{" SUMMARY("x", "three", "false", "7") "," SUMMARY("y", "two", "true", "5") "}"
#define SUMMARIES_BAR "{" SUMMARY("y", "two", "true", "5") "}"
#define VARIATION(backend, name, status, usage)                                        \
	"\"" backend "\":{\"backend\":\"" backend "\",\"variant_name\":\"" name        \
	"\",\"worker_count\":" status "," usage "}"
#define NO_STATUS                                                                      \
	"0,\"performance\":null,\"queued\":null,\"queued_jobs\":null,\"eta\":null"
#define USED(d, m, t) "\"usage_day\":" d ",\"usage_month\":" m ",\"usage_total\":" t
#define VARIATIONS_FOO                                                                 \
	"{" VARIATION("canonical", "Foo-7B",                                           \
	    "1,\"performance\":2.0,\"queued\":3072,\"queued_jobs\":4,\"eta\":5",       \
	    USED("1", "10", "20")) "," VARIATION("koboldcpp", "koboldcpp/Foo-7B",      \
	    "1,\"performance\":null,\"queued\":0,\"queued_jobs\":0,\"eta\":0",         \
	    USED("0", "0", "0")) "}"
#define VARIATIONS_BAR(name)                                                           \
	"{" VARIATION("canonical", name, NO_STATUS, USED("0", "50", "70")) "}"
#define VARIATIONS_ZED                                                                 \
	"{" VARIATION("aphrodite", "aphrodite/ZED",                                    \
	    "2,\"performance\":1.5,\"queued\":1,\"queued_jobs\":2,\"eta\":3",          \
	    USED("0", "0", "0")) "}"

static void
render(struct analysis *f)
{
	analysis_init(f, CATEGORY_TEXT_GENERATION);
	f->workers = WORKERS;
	analysis_render(f, REFERENCE, STATUS, STATS);
	assert_string_equal(f->skipped, "");
}

/* The answer to a query string. */
static void
ask(const struct analysis *f, const char *text, struct buf *out, uint64_t *etag)
{
	struct snapshot snapshot = { .fd = -1, .data = f->out.data, .len = f->out.len };
	struct generation g = { .snapshot = &snapshot, .directory = f->dir };
	struct arena *arena = arena_new();
	struct buf errors = { 0 }, selected = { 0 };
	struct http_response r = { .fd = -1 };
	struct selection s;
	struct query q;

	assert_true(query_parse(
	    (struct str){ text, strlen(text) }, QUERY_WITH_STATS, arena, &q, &errors));
	assert_true(selection_make(&s, VIEW_WITH_STATS, &q, &selected));
	buf_reset(out);
	row_lists_make(&g.lists, g.snapshot->data, g.directory);
	row_lengths_make(&g);
	page_put(&r, &g, &s);
	page_drain(&r, out);
	buf_putc(out, '\0');
	if (r.source != NULL)
		r.source->free(r.source);
	row_lengths_free(&g.lengths);
	row_lists_free(&g.lists);
	if (etag != NULL)
		*etag = selection_tag(&s, f->dir);
	buf_free(&selected);
	arena_free(&arena);
}

static void
expect(const struct analysis *f, const char *query, const char *body)
{
	struct buf out = { 0 };

	ask(f, query, &out, NULL);
	assert_string_equal(out.data, body);
	buf_free(&out);
}

TEST(test_plain)
{
	static const char body[] =
	    "{" HEAD_FOO FAMILY_FOO REST("null", "null", "1") "," HEAD_NONE("bar")
		USAGE_BAR REST("null", "null", "0") "," HEAD_NONE("Bar") USAGE_BAR REST(
		    "null", "null", "0") "," HEAD_ZED REST("null", "null", "2") "}";
	const struct view *v;
	struct analysis f;

	render(&f);
	expect(&f, "", body);
	v = &f.dir->views[VIEW_WITH_STATS];
	assert_int_equal(v->body.len, sizeof(body) - 1);
	assert_memory_equal(f.out.data + v->body.off, body, v->body.len);
	/* Never-used changes nothing here. */
	f.settings.corrections = CORRECT_NEVER_USED;
	analysis_render(&f, REFERENCE, STATUS, STATS);
	expect(&f, "", body);
	analysis_free(&f);
}

TEST(test_workers_and_variations)
{
	struct analysis f;

	render(&f);
	expect(&f, "include_workers=1",
	    "{" HEAD_FOO FAMILY_FOO REST(SUMMARIES_FOO, "null", "2") "," HEAD_NONE(
		"bar") USAGE_BAR REST(SUMMARIES_BAR, "null", "1") "," HEAD_NONE("Bar")
		USAGE_BAR REST(SUMMARIES_BAR, "null", "1") "," HEAD_ZED REST(
		    "null", "null", "2") "}");
	expect(&f, "include_backend_variations=1",
	    "{" HEAD_FOO EXACT_FOO REST("null", VARIATIONS_FOO, "1") "," HEAD_NONE(
		"bar") USAGE_BAR REST("null", VARIATIONS_BAR("bar"),
		"0") "," HEAD_NONE("Bar") USAGE_BAR REST("null", VARIATIONS_BAR("Bar"),
		"0") "," HEAD_ZED REST("null", VARIATIONS_ZED, "2") "}");
	expect(&f, "include_backend_variations=1&include_workers=1&min_worker_count=2",
	    "{" HEAD_FOO EXACT_FOO REST(SUMMARIES_FOO, VARIATIONS_FOO,
		"2") "," HEAD_ZED REST("null", VARIATIONS_ZED, "2") "}");
	analysis_free(&f);
}

static unsigned
occurrences(const struct buf *in, const char *text)
{
	size_t n = strlen(text);
	unsigned found = 0;

	for (size_t i = 0; i + n <= in->len; i++)
		found += memcmp(in->data + i, text, n) == 0;
	return found;
}

/* A worker's text is there once, however many models it serves, and so is a list: else
 * some megabytes of workers become gigabytes. */
TEST(test_workers_are_stored_once)
{
	const struct with_stats *w;
	struct analysis f;

	render(&f);
	w = &f.dir->with_stats;
	assert_int_equal(occurrences(&f.out, SUMMARY("x", "three", "false", "7")), 1);
	assert_int_equal(occurrences(&f.out, SUMMARY("y", "two", "true", "5")), 1);
	assert_int_equal(occurrences(&f.out, "\"idle\""), 0);
	assert_int_equal(w->nworkers, 2);
	assert_int_equal(w->nlists, 2); /* of Foo-7B, of bar and Bar */
	assert_int_equal(w->nmembers, 3);
	analysis_free(&f);
}

/* Both usages are the exact one, and variations are not shown unasked. */
TEST(test_exact_usage)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.settings.corrections = CORRECT_EXACT_USAGE;
	analysis_render(&f, REFERENCE, STATUS, STATS);
	analysis_expect(&f, VIEW_WITH_STATS, "Foo-7B/usage_stats", EXACT_FOO);
	analysis_expect(&f, VIEW_WITH_STATS, "Foo-7B/backend_variations", "null");
	analysis_free(&f);
}

/* Names of the answer's models, with a space behind each. */
static void
expect_order(const struct analysis *f, const char *query, const char *names)
{
	static const char *const all[] = { "Foo-7B", "bar", "Bar", "Zed" };
	struct buf out = { 0 };
	struct buf found = { 0 };
	char key[32];
	const char *p;

	ask(f, query, &out, NULL);
	for (p = out.data; *p != '\0'; p++)
		for (size_t i = 0; i < NELEM(all); i++) {
			snprintf(key, sizeof(key), "\"%s\":{\"queued_jobs\"", all[i]);
			if (strncmp(p, key, strlen(key)) != 0)
				continue;
			buf_printf(&found, "%s ", all[i]);
		}
	buf_putc(&found, '\0');
	if (strcmp(found.data, names) != 0)
		fail_msg("%s: %s", query, found.data);
	buf_free(&found);
	buf_free(&out);
}

TEST(test_selection_and_order)
{
	static const struct {
		const char *query;
		const char *names;
	} cases[] = {
		{ "sort_by=name", "Zed Foo-7B bar Bar " },
		{ "sort_by=name&sort_desc=0", "bar Bar Foo-7B Zed " },
		{ "sort_by=usage_month", "Foo-7B bar Bar Zed " },
		{ "sort_by=usage_month&sort_desc=0", "Zed bar Bar Foo-7B " },
		{ "sort_by=usage_month&include_backend_variations=1",
		    "bar Bar Foo-7B Zed " },
		{ "sort_by=usage_total", "bar Bar Foo-7B Zed " },
		{ "sort_by=usage_total&sort_desc=0&include_backend_variations=1",
		    "Zed Foo-7B bar Bar " },
		/* The number that is shown counts: 1, 0, 0, 2 of the status, */
		{ "sort_by=worker_count", "Zed Foo-7B bar Bar " },
		{ "sort_by=worker_count&sort_desc=0", "bar Bar Foo-7B Zed " },
		/* and 2, 1, 1 listed ones. */
		{ "sort_by=worker_count&include_workers=1", "Foo-7B Zed bar Bar " },
		{ "sort_by=worker_count&include_workers=1&sort_desc=0",
		    "bar Bar Foo-7B Zed " },
		{ "sort_by=", "Foo-7B bar Bar Zed " },
		{ "sort_by=Name", "Foo-7B bar Bar Zed " },
		{ "sort_desc=0", "Foo-7B bar Bar Zed " },
		{ "min_worker_count=0", "Foo-7B bar Bar Zed " },
		{ "min_worker_count=-5&sort_by=name", "Zed Foo-7B bar Bar " },
		{ "min_worker_count=1", "Foo-7B Zed " },
		{ "min_worker_count=2", "Zed " },
		{ "min_worker_count=3", "" },
		{ "min_worker_count=0&include_workers=1", "Foo-7B bar Bar Zed " },
		{ "min_worker_count=-99999999999999999999&include_workers=1",
		    "Foo-7B bar Bar Zed " },
		{ "min_worker_count=1&include_workers=1&sort_by=name",
		    "Zed Foo-7B bar Bar " },
		{ "min_worker_count=2&include_workers=1", "Foo-7B Zed " },
		{ "min_worker_count=2&sort_by=worker_count&sort_desc=0", "Zed " },
		{ "min_worker_count=3&include_workers=1", "" },
		{ "min_worker_count=4294967297&include_workers=1", "" },
		{ "min_worker_count=99999999999999999999&include_workers=1", "" },
	};
	struct analysis f;

	render(&f);
	for (size_t i = 0; i < NELEM(cases); i++)
		expect_order(&f, cases[i].query, cases[i].names);
	expect(&f, "min_worker_count=9", "{}");
	analysis_free(&f);
}

/* The same answer has the same tag, another one another. */
TEST(test_etags)
{
	static const char *const queries[] = { "", "include_workers=1",
		"include_backend_variations=1",
		"include_workers=1&include_backend_variations=1", "sort_by=name",
		"sort_by=name&sort_desc=0", "sort_by=usage_month",
		"include_workers=1&min_worker_count=1",
		"include_workers=1&min_worker_count=2" };
	uint64_t tags[NELEM(queries)], again;
	struct buf out = { 0 };
	struct analysis f;

	render(&f);
	for (size_t i = 0; i < NELEM(queries); i++) {
		ask(&f, queries[i], &out, &tags[i]);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(tags[i], tags[k]);
	}
	ask(&f, "sort_by=other&sort_desc=0", &out, &again);
	assert_int_equal(again, tags[0]);
	ask(&f, "include_workers=1&min_worker_count=-3", &out, &again);
	assert_int_equal(again, tags[1]);
	/* Nor does it matter when it was computed. */
	f.now += 3600;
	analysis_render(&f, REFERENCE, STATUS, STATS);
	for (size_t i = 0; i < NELEM(queries); i++) {
		ask(&f, queries[i], &out, &again);
		assert_int_equal(again, tags[i]);
		assert_non_null(strstr(out.data, "\"observed_at\":1700003600,"));
		assert_null(strstr(out.data, "\"observed_at\":1700000000,"));
	}
	f.now = NOW;
	/* Workers of other models are none of the answer. */
	f.workers = "[" WORKER(
	    "\"name\":\"o\",\"id\":\"o\"", ",\"models\":[\"other\"]") "," WORKERS_REST;
	analysis_render(&f, REFERENCE, STATUS, STATS);
	ask(&f, queries[1], &out, &again);
	assert_int_equal(again, tags[1]);
	/* What workers do leaves the answers without them as they are. */
	f.workers = "[]";
	analysis_render(&f, REFERENCE, STATUS, STATS);
	for (size_t i = 0; i < NELEM(queries); i++) {
		ask(&f, queries[i], &out, &again);
		if (strstr(queries[i], "workers") != NULL)
			assert_int_not_equal(again, tags[i]);
		else
			assert_int_equal(again, tags[i]);
	}
	buf_free(&out);
	analysis_free(&f);
}

TEST(test_bad_workers_are_skipped)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.workers =
	    "[1," WORKER("\"name\":\"a\"", "") "," WORKER("\"name\":\"a\",\"id\":\"a\"",
		",\"models\":null") "," WORKER("\"name\":\"a\",\"id\":\"a\"",
		",\"uptime\":1.5") "," WORKER("\"name\":\"a\",\"id\":\"a\"",
		",\"type\":\"other\"") "," WORKER("\"name\":\"\\ud800\",\"id\":\"a\"",
		"") "," WORKER("\"name\":\"a\",\"id\":\"a\"",
		",\"team\":{\"id\":1}") "," WORKER("\"name\":\"a\",\"id\":\"a\"",
		",\"post-processing\":\"x\"") "," WORKER("\"name\":\"\\u00e9\\\"\","
							 "\"id\":\"a\"",
		",\"models\":[\"zed\"]") "]";
	analysis_render(&f, REFERENCE, STATUS, STATS);
	assert_string_equal(f.skipped,
	    "workers element 0: not an object\n"
	    "workers element 1: id: required\n"
	    "workers element 2: models: not an array\n"
	    "workers element 3: uptime: not an integer of 64 bits\n"
	    "workers element 4: type: not a type of worker\n"
	    "workers element 5: name: not Unicode\n"
	    "workers element 6: team.id: not a string\n"
	    "workers element 7: post-processing: not a boolean\n");
	assert_int_equal(f.report.skipped, 8);
	expect(&f, "min_worker_count=1&include_workers=1",
	    "{" HEAD_FOO FAMILY_FOO REST("null", "null", "1") "," HEAD_ZED REST(
		"{" SUMMARY("a", "\xc3\xa9\\\"", "true", "5") "}", "null", "1") "}");
	analysis_free(&f);
}

/* One worker of each setup serves Zed. */
TEST(test_what_a_worker_is_set_up_for)
{
	static const struct {
		const char *given;
		const char *shown;
		const char *why; /* it is skipped */
	} setups[] = {
		{ ",\"max_length\":512,\"max_context_length\":\" 4096 \","
		  "\"bridge_agent\":\"K\\u00e9\\\":1\",\"nsfw\":\"no\"",
		    "\"max_length\":512,\"max_context_length\":4096,"
		    "\"bridge_agent\":\"K\xc3\xa9\\\":1\",\"nsfw\":false",
		    NULL },
		{ ",\"max_length\":-1,\"max_context_length\":8.0,"
		  "\"bridge_agent\":\"\",\"nsfw\":1",
		    "\"max_length\":-1,\"max_context_length\":8,"
		    "\"bridge_agent\":\"\",\"nsfw\":true",
		    NULL },
		{ ",\"max_length\":null,\"max_context_length\":true,"
		  "\"bridge_agent\":null",
		    "\"max_length\":null,\"max_context_length\":1,"
		    "\"bridge_agent\":null,\"nsfw\":true",
		    NULL },
		{ ",\"max_length\":\"x\"", NULL,
		    "max_length: not an integer of 64 bits" },
		{ ",\"max_length\":9223372036854775808", NULL,
		    "max_length: not an integer of 64 bits" },
		{ ",\"max_context_length\":[1]", NULL,
		    "max_context_length: not an integer of 64 bits" },
		{ ",\"bridge_agent\":5", NULL, "bridge_agent: not a string" },
		{ ",\"bridge_agent\":\"\\udc00\"", NULL, "bridge_agent: not Unicode" },
		{ ",\"nsfw\":null", NULL, "nsfw: not a boolean" },
		{ ",\"nsfw\":\"maybe\"", NULL, "nsfw: not a boolean" },
	};
	char workers[2048], expected[256];
	struct buf out = { 0 };
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.workers = workers;
	for (size_t i = 0; i < NELEM(setups); i++) {
		bool good = setups[i].why == NULL;

		snprintf(workers, sizeof(workers),
		    "[" WORKER("\"name\":\"o\",\"id\":\"other\"",
			",\"models\":[\"Zed\"]") "," WORKER("\"name\":\"n\",\"id\":"
							    "\"z\"",
			",\"models\":[\"Zed\"]%s") "]",
		    setups[i].given);
		analysis_render(&f, REFERENCE, STATUS, STATS);
		snprintf(expected, sizeof(expected), "workers element 1: %s\n",
		    good ? "" : setups[i].why);
		assert_string_equal(f.skipped, good ? "" : expected);
		ask(&f, "include_workers=1", &out, NULL);
		assert_non_null(strstr(out.data, SUMMARY("other", "o", "true", "5")));
		snprintf(expected, sizeof(expected),
		    SUMMARY_WITH("z", "n", "true", "5", "%s"),
		    good ? setups[i].shown : "");
		assert_int_equal(good, strstr(out.data, expected) != NULL);
		assert_int_equal(good, strstr(out.data, "\"id\":\"z\"") != NULL);
	}
	buf_free(&out);
	analysis_free(&f);
}

TEST(test_bad_documents_are_refused)
{
	static const char *const documents[] = { "", "{}", "[", "null", "[1,2]" };
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (size_t i = 0; i < NELEM(documents); i++) {
		f.workers = documents[i];
		assert_int_equal(analysis_try(&f, "{}", "[]", "{}"), -1);
		assert_int_equal(f.report.refused, DOCUMENT_WORKERS);
		assert_true(f.report.reason[0] != '\0');
	}
	analysis_free(&f);
}

/* An empty category, and images, whose variations are counted as well. */
TEST(test_images)
{
	struct analysis f;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	analysis_render(&f, "{}", "[]", "{}");
	expect(&f, "", "{}");
	expect(&f, "sort_by=name&include_workers=1", "{}");
	analysis_render(&f,
	    "{\"A\":{\"name\":\"A\",\"baseline\":\"flux_1\",\"nsfw\":true}}", "[]",
	    "{\"month\":{\"a\":1,\"koboldcpp/A\":2}}");
	expect(&f, "include_backend_variations=1",
	    "{" HEAD_NONE("A") "{\"day\":0,\"month\":3,\"total\":0}" REST("null",
		"{" VARIATION("canonical", "A", NO_STATUS,
		    USED("0", "1", "0")) "," VARIATION("koboldcpp", "koboldcpp/A",
		    NO_STATUS, USED("0", "2", "0")) "}",
		"0") "}");
	analysis_free(&f);
}
