/* With-stats: from workers to answers, over small documents computed by hand. */
#include "fixture/analysis_cases.h"
#include "fixture/json_text.h"
#include "reader/generation.h"
#include "reader/page.h"
#include "reader/query.h"
#include "terms/correction.h"
#include "terms/document.h"
#include "unit.h"

#define FILE_OF_CASES "analytics/with_stats.json"

/* The documents that most tests are about. */
static struct cases day;

static int
open_day(void **state UNUSED)
{
	cases_only(&day, FILE_OF_CASES, "day");
	return 0;
}

static int
close_day(void **state UNUSED)
{
	cases_close(&day);
	return 0;
}

/* With f's workers and settings. */
static void
render_again(struct analysis *f)
{
	analysis_render(f, cases_json(&day, "reference"), cases_json(&day, "status"),
	    cases_json(&day, "stats"));
}

static void
render(struct analysis *f)
{
	analysis_init(f, CATEGORY_TEXT_GENERATION);
	f->workers = cases_json(&day, "workers");
	render_again(f);
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
	if (etag != NULL)
		*etag = selection_tag(&s, &g);
	row_lengths_free(&g.lengths);
	row_lists_free(&g.lists);
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

/* The answers of f to each query of the group. */
static void
expect_all(const struct analysis *f, const char *name)
{
	struct cases c;

	for (cases_open(&c, FILE_OF_CASES, name); cases_next(&c);)
		expect(f, cases_text(&c, "query"), cases_json(&c, "body"));
}

TEST(test_plain)
{
	const struct view *v;
	struct analysis f;
	struct cases c;
	const char *plain;

	render(&f);
	expect_all(&f, "plain");
	cases_only(&c, FILE_OF_CASES, "plain");
	plain = cases_json(&c, "body");
	v = &f.dir->views[VIEW_WITH_STATS];
	assert_int_equal(v->body.len, strlen(plain));
	assert_memory_equal(f.out.data + v->body.off, plain, v->body.len);
	cases_close(&c);
	/* Never-used changes nothing here. */
	f.settings.corrections = CORRECT_NEVER_USED;
	render_again(&f);
	expect_all(&f, "plain");
	analysis_free(&f);
}

TEST(test_workers_and_variations)
{
	struct analysis f;

	render(&f);
	expect_all(&f, "workers_and_variations");
	analysis_free(&f);
}

static unsigned
occurrences(const struct buf *in, const char *text)
{
	const char *json = json_text_of("%s", text);
	size_t n = strlen(json);
	unsigned found = 0;

	for (size_t i = 0; i + n <= in->len; i++)
		found += memcmp(in->data + i, json, n) == 0;
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
	assert_int_equal(occurrences(&f.out, "{'id':'x','name':'three'"), 1);
	assert_int_equal(occurrences(&f.out, "{'id':'y','name':'two'"), 1);
	assert_int_equal(occurrences(&f.out, "'idle'"), 0);
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
	render_again(&f);
	analysis_expect(&f, VIEW_WITH_STATS, "Foo-7B/usage_stats/month", "10");
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
	const char *key;
	const char *p;

	ask(f, query, &out, NULL);
	for (p = out.data; *p != '\0'; p++)
		for (size_t i = 0; i < NELEM(all); i++) {
			key = json_text_of("'%s':{'queued_jobs'", all[i]);
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

/* Of one like those of a category that is not ours. */
static const char *
put_worker_in_front(const char *workers, struct buf *out)
{
	struct cases c;

	cases_only(&c, FILE_OF_CASES, "worker");
	buf_reset(out);
	buf_printf(out, "[%.*s,\"models\":[\"elsewhere\"]},%s",
	    (int)strlen(cases_json(&c, "other")) - 1, cases_json(&c, "other"),
	    workers + 1);
	buf_putc(out, '\0');
	cases_close(&c);
	return out->data;
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
	struct buf out = { 0 }, workers = { 0 };
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
	render_again(&f);
	for (size_t i = 0; i < NELEM(queries); i++) {
		ask(&f, queries[i], &out, &again);
		assert_int_equal(again, tags[i]);
		assert_non_null(
		    strstr(out.data, json_text_of("'observed_at':1700003600,")));
		assert_null(
		    strstr(out.data, json_text_of("'observed_at':1700000000,")));
	}
	f.now = NOW;
	/* Workers of other models are none of the answer. */
	f.workers = put_worker_in_front(cases_json(&day, "workers"), &workers);
	render_again(&f);
	ask(&f, queries[1], &out, &again);
	assert_int_equal(again, tags[1]);
	/* What workers do leaves the answers without them as they are. */
	f.workers = "[]";
	render_again(&f);
	for (size_t i = 0; i < NELEM(queries); i++) {
		ask(&f, queries[i], &out, &again);
		if (strstr(queries[i], "workers") != NULL)
			assert_int_not_equal(again, tags[i]);
		else
			assert_int_equal(again, tags[i]);
	}
	buf_free(&workers);
	buf_free(&out);
	analysis_free(&f);
}

/* What is no worker at all; the next test has those that are spoilt. */
TEST(test_bad_workers_are_skipped)
{
	struct buf workers = { 0 };
	struct analysis f;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	f.workers = put_worker_in_front(json_text_of("[1,{'name':'a'}]"), &workers);
	render_again(&f);
	assert_string_equal(f.skipped, "workers element 1: not an object\n"
				       "workers element 2: id: required\n");
	assert_int_equal(f.report.skipped, 2);
	expect_all(&f, "plain");
	buf_free(&workers);
	analysis_free(&f);
}

/* The workers document of a setup: two that serve Zed, of which the second has it. */
static void
put_setup(struct buf *out, const struct cases *setup)
{
	struct cases c;

	cases_only(&c, FILE_OF_CASES, "worker");
	buf_reset(out);
	buf_printf(out, "[%s,%.*s,%s]", cases_json(&c, "other"),
	    (int)strlen(cases_json(&c, "worker")) - 1, cases_json(&c, "worker"),
	    cases_json(setup, "given") + 1);
	buf_putc(out, '\0');
	cases_close(&c);
}

/* A worker that is spoilt is the only one that is missing. */
TEST(test_what_a_worker_is_set_up_for)
{
	struct buf workers = { 0 }, out = { 0 };
	const char *summary, *why;
	char skipped[256];
	struct analysis f;
	struct cases c;

	analysis_init(&f, CATEGORY_TEXT_GENERATION);
	for (cases_open(&c, FILE_OF_CASES, "setups"); cases_next(&c);) {
		summary = cases_json(&c, "summary");
		why = cases_text(&c, "why");
		put_setup(&workers, &c);
		f.workers = workers.data;
		render_again(&f);
		snprintf(skipped, sizeof(skipped), "workers element 1: %s\n",
		    why != NULL ? why : "");
		assert_string_equal(f.skipped, why != NULL ? skipped : "");
		ask(&f, "include_workers=1", &out, NULL);
		assert_non_null(strstr(out.data, json_text_of("{'id':'other',")));
		if (summary != NULL)
			assert_non_null(strstr(out.data, summary));
		else
			assert_null(strstr(out.data, json_text_of("{'id':'z',")));
	}
	buf_free(&workers);
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
	struct cases c;

	analysis_init(&f, CATEGORY_IMAGE_GENERATION);
	for (cases_open(&c, FILE_OF_CASES, "images"); cases_next(&c);) {
		analysis_case(&f, &c);
		expect(&f, cases_text(&c, "query"), cases_json(&c, "body"));
	}
	analysis_free(&f);
}

UNIT_FIXTURE(.setup = open_day, .teardown = close_day);
