/* Answers over a real segment with a small payload of our own: pages, presets,
 * validators, errors, and the recorded query vectors. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "json_in.h"
#include "publish.h"
#include "view.h"

struct world {
	struct segment *segment;
	struct config config;
	struct config_category categories[2];
	struct counters counters;
	struct answerer answerer;
	struct http_request request;
	struct http_response response;
	struct buf body; /* of the last answer */
};

static struct view_span put(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct view_span
put(struct buf *b, const char *fmt, ...)
{
	struct view_span span = { b->len, 0 };
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_puts(b, text);
	span.len = b->len - span.off;
	return span;
}

/* Which presets row i is in: the first eight are little used, each third is critical.
 */
static unsigned
presets_of(unsigned i)
{
	return (i < 8 ? 1u << PRESET_LOW_USAGE : 0) |
	       (i % 3 == 0 ? 1u << PRESET_CRITICAL : 0);
}

static void
put_risk(struct buf *b, struct view *v, unsigned nrows, unsigned total)
{
	struct view_row rows[719] = { 0 };
	unsigned i;

	v->present = 1;
	v->nrows = nrows;
	v->total_count = total;
	v->etag = 1000 + nrows;
	v->body.off = b->len;
	v->count = put(b, "{\"total_count\":");
	put(b, "%u,\"returned_count\":%u,\"offset\":0,\"limit\":null,\"models\":[",
	    total, nrows);
	for (i = 0; i < nrows; i++) {
		struct view_span s = put(b, "{\"n\":%u}", i);

		rows[i] = (struct view_row){ s.off, (uint32_t)s.len, presets_of(i) };
		if (i + 1 < nrows)
			buf_putc(b, ',');
		v->presets[PRESET_LOW_USAGE].matches += i < 8;
		v->presets[PRESET_CRITICAL].matches += i % 3 == 0;
	}
	v->tail = put(b, "],\"summary\":\"all\"}");
	v->body.len = b->len - v->body.off;
	for (i = 0; i < PRESET_MAX; i++)
		v->presets[i].tail = put(b, "],\"summary\":\"%s\"}", preset_name(i));
	while (b->len % 8 != 0)
		buf_putc(b, ' ');
	v->rows = b->len;
	buf_add(b, rows, nrows * sizeof(rows[0]));
}

static void
put_statistics(struct buf *b, struct view *v)
{
	v->present = 1;
	v->etag = 77;
	v->body.off = b->len;
	v->count = put(b, "{\"offset\":");
	put(b, "0,\"limit\":null");
	v->tail = put(b, ",\"nsfw_count\":1}");
	v->body.len = b->len - v->body.off;
}

/* typed: valid records; raw: entries of the document. */
static void
publish_payload(
    struct world *w, enum category category, unsigned raw, unsigned typed, int64_t age)
{
	unsigned latch = category == CATEGORY_TEXT_GENERATION;
	struct view_directory d = { .magic = VIEW_MAGIC };
	struct publisher *p;
	struct snapshot_stamp stamp = { clock_boot() - age * NSEC_PER_SEC, 0, 0 };
	struct buf b = { 0 };
	char err[200];
	uint64_t generation;

	buf_add(&b, &d, sizeof(d));
	memcpy(d.magic, VIEW_MAGIC, sizeof(d.magic));
	d.category = category;
	d.raw_entries = raw;
	d.typed_entries = typed;
	put_risk(&b, &d.views[VIEW_RISK], latch ? 719 : 161, latch ? 719 : 161);
	if (latch) {
		put_risk(&b, &d.views[VIEW_RISK_GROUPED], 419, 719);
		put_risk(&b, &d.views[VIEW_RISK_VARIATIONS], 719, 719);
	}
	put_statistics(&b, &d.views[VIEW_STATS]);
	d.size = b.len;
	memcpy(b.data, &d, sizeof(d));
	assert_int_equal(publisher_open(w->segment, latch, 0, &p, err, sizeof(err)), 0);
	assert_int_equal(
	    publish(p, b.data, b.len, &stamp, &generation, err, sizeof(err)), 0);
	publisher_close(&p);
	buf_free(&b);
}

static int
setup(void **state)
{
	static const char *const names[] = { "image_generation", "text_generation" };
	struct world *w = calloc(1, sizeof(*w));
	char name[64], err[200];
	struct segment_spec spec = { name, 1 << 20, 2, names, 1 };

	snprintf(name, sizeof(name), "/hydratord-answer-%d", (int)getpid());
	assert_int_equal(segment_create(&spec, &w->segment, err, sizeof(err)), 0);
	segment_unlink(w->segment);
	w->categories[0].name = strdup(names[0]);
	w->categories[1].name = strdup(names[1]);
	w->config.category = w->categories;
	w->config.ncategories = 2;
	w->config.hydration.ttl = 100;
	w->config.hydration.stale_ttl = 1000;
	w->config.hydration.stale_if_error = 5000;
	w->config.http.retry_after = 7;
	w->config.http.replicate_mode = strdup("PRIMARY");
	w->config.http.canonical_format = strdup("legacy");
	w->answerer.config = &w->config;
	w->answerer.arena = arena_new();
	w->answerer.store = store_new(w->segment, &w->config, &w->counters);
	*state = w;
	return 0;
}

static int
setup_filled(void **state)
{
	setup(state);
	publish_payload(*state, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	publish_payload(*state, CATEGORY_TEXT_GENERATION, 719, 719, 5);
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	store_free(&w->answerer.store);
	arena_free(&w->answerer.arena);
	buf_free(&w->answerer.errors);
	http_response_free(&w->response);
	buf_free(&w->body);
	segment_close(&w->segment);
	free(w->categories[0].name);
	free(w->categories[1].name);
	free(w->config.http.replicate_mode);
	free(w->config.http.canonical_format);
	free(w);
	return 0;
}

/* The status; body and field lines are in *w. fields: further request fields. */
static int
ask_with(struct world *w, const char *method, const char *target, const char *fields)
{
	struct http_limits limits = { 20000, 20000 };
	struct buf text = { 0 };
	size_t scanned = 0, i;

	buf_printf(
	    &text, "%s %s HTTP/1.1\r\nHost: h:1\r\n%s\r\n", method, target, fields);
	assert_int_equal(
	    http_parse(text.data, text.len, &limits, &scanned, &w->request),
	    HTTP_PARSE_OK);
	http_response_reset(&w->response);
	answer_handle(&w->answerer, &w->request, &w->response);
	buf_reset(&w->body);
	for (i = 0; i < w->response.nbody; i++)
		buf_add(&w->body, w->response.body[i].p, w->response.body[i].len);
	buf_putc(&w->body, '\0');
	buf_putc(&w->response.fields, '\0');
	if (w->response.release != NULL)
		w->response.release(w->response.owner);
	buf_free(&text);
	return w->response.status;
}

static int
ask(struct world *w, const char *target)
{
	return ask_with(w, "GET", target, "");
}

#define STATISTICS "/model_references/statistics/"
#define IMAGE STATISTICS "image_generation/deletion-risk"
#define TEXT STATISTICS "text_generation/deletion-risk"

/* The rows from `first` on in steps, as a list body. */
static void
assert_list(struct world *w, const char *numbers, unsigned first, unsigned step,
    unsigned n, const char *summary)
{
	struct buf want = { 0 };
	unsigned i;

	buf_printf(&want, "{\"total_count\":%s,\"models\":[", numbers);
	for (i = 0; i < n; i++)
		buf_printf(&want, "%s{\"n\":%u}", i ? "," : "", first + i * step);
	buf_printf(&want, "],\"summary\":\"%s\"}", summary);
	buf_putc(&want, '\0');
	assert_string_equal(w->body.data, want.data);
	buf_free(&want);
}

static void
pages_are_cut_out_of_the_whole(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, IMAGE), 200);
	assert_list(w, "161,\"returned_count\":161,\"offset\":0,\"limit\":null", 0, 1,
	    161, "all");
	assert_int_equal(ask(w, IMAGE "?limit=3&offset=2"), 200);
	assert_list(
	    w, "161,\"returned_count\":3,\"offset\":2,\"limit\":3", 2, 1, 3, "all");
	assert_int_equal(ask(w, IMAGE "?offset=160"), 200);
	assert_list(w, "161,\"returned_count\":1,\"offset\":160,\"limit\":null", 160, 1,
	    1, "all");
	assert_int_equal(ask(w, IMAGE "?offset=161&limit=9223372036854775807"), 200);
	assert_list(w,
	    "161,\"returned_count\":0,\"offset\":161,\"limit\":9223372036854775807", 0,
	    1, 0, "all");
	assert_int_equal(
	    ask(w, IMAGE "?limit=99999999999999999999&offset=1" /* saturates */), 200);
	assert_list(w,
	    "161,\"returned_count\":160,\"offset\":1,\"limit\":99999999999999999999", 1,
	    1, 160, "all");
}

/* Spec section 7.4: total_count of steps 6 and 7. */
static void
presets_are_scanned_rows(void **state)
{
	struct world *w = *state;
	int again;

	for (again = 0; again < 2; again++) {
		assert_int_equal(ask(w, IMAGE "?preset=critical"), 200);
		assert_list(w, "161,\"returned_count\":54,\"offset\":0,\"limit\":null",
		    0, 3, 54, "critical");
		assert_int_equal(
		    ask(w, IMAGE "?preset=critical&limit=4&offset=50"), 200);
		assert_list(w, "54,\"returned_count\":4,\"offset\":50,\"limit\":4", 150,
		    3, 4, "critical");
		assert_int_equal(ask(w, IMAGE "?preset=missing_data"), 200);
		assert_list(w, "161,\"returned_count\":0,\"offset\":0,\"limit\":null",
		    0, 1, 0, "missing_data");
		assert_int_equal(
		    ask(w, TEXT "?preset=low_usage&group_text_models=1"), 200);
		assert_list(w, "719,\"returned_count\":8,\"offset\":0,\"limit\":null",
		    0, 1, 8, "low_usage");
	}
	/* What is kept is bounded by the payload's size; beyond it answers are the
	 * same. */
	assert_int_equal(ask(w, TEXT "?preset=critical&group_text_models=1"), 200);
	assert_int_equal(
	    ask(w, TEXT "?preset=critical&include_backend_variations=1"), 200);
	assert_list(w, "719,\"returned_count\":240,\"offset\":0,\"limit\":null", 0, 3,
	    240, "critical");
}

static void
statistics_echo_what_was_asked(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, STATISTICS "image_generation?offset=0"), 200);
	assert_string_equal(
	    w->body.data, "{\"offset\":0,\"limit\":null,\"nsfw_count\":1}");
	assert_int_equal(ask(w, STATISTICS "image_generation?limit=005"), 200);
	assert_string_equal(
	    w->body.data, "{\"offset\":0,\"limit\":5,\"nsfw_count\":1}");
	assert_int_equal(ask(w, STATISTICS "image_generation?offset=9"), 200);
	assert_string_equal(
	    w->body.data, "{\"offset\":9,\"limit\":null,\"nsfw_count\":1}");
}

static void
assert_error(struct world *w, const char *target, int status, const char *body)
{
	assert_int_equal(ask(w, target), status);
	assert_string_equal(w->body.data, body);
	assert_non_null(strstr(w->response.fields.data, "Cache-Control: no-store\r\n"));
}

static void
errors_come_in_the_references_order(void **state)
{
	struct world *w = *state;

	assert_error(w, "/x", 404, "{\"detail\":\"Not Found\"}");
	assert_error(w, STATISTICS "blip/deletion-risk?preset=foo", 400,
	    "{\"detail\":\"Deletion risk analysis is only supported for "
	    "image_generation and text_generation categories\"}");
	assert_error(w, STATISTICS "blip", 404,
	    "{\"detail\":\"Category 'blip' not found or has no models\"}");
	assert_error(w, IMAGE "?preset=%22x", 400,
	    "{\"detail\":\"Invalid preset: Unknown preset: '\\\"x'. Valid presets: "
	    "deletion_candidates, zero_usage, no_workers, missing_data, host_issues, "
	    "critical, low_usage\"}");
	assert_int_equal(ask(w, IMAGE "?preset=x&limit=0"), 422);
	publish_payload(w, CATEGORY_IMAGE_GENERATION, 0, 0, 0);
	assert_error(w, IMAGE "?preset=x", 404,
	    "{\"detail\":\"Category 'image_generation' not found or has no models\"}");
	assert_error(w, STATISTICS "image_generation", 404,
	    "{\"detail\":\"Category 'image_generation' not found or has no models\"}");
}

static void
methods_redirects_and_fixed_answers(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask_with(w, "POST", IMAGE, ""), 405);
	assert_string_equal(w->body.data, "{\"detail\":\"Method Not Allowed\"}");
	assert_non_null(
	    strstr(w->response.fields.data, "Allow: GET, HEAD, OPTIONS\r\n"));
	assert_int_equal(ask_with(w, "POST", "/x", ""), 404);
	assert_int_equal(ask_with(w, "OPTIONS", IMAGE, ""), 204);
	assert_int_equal(ask_with(w, "OPTIONS", "*", ""), 204);
	assert_int_equal(ask_with(w, "POST", "/api/heartbeat//?a=%20b", ""), 307);
	assert_string_equal(
	    w->response.fields.data, "Location: http://h:1/api/heartbeat?a=%20b\r\n");
	/* A line end in the path must not become one in the answer. */
	assert_int_equal(ask(w, STATISTICS "a%0d%0aX:%20y%C3%A9/"), 307);
	assert_string_equal(w->response.fields.data,
	    "Location: http://h:1" STATISTICS "a%0D%0AX:%20y%C3%A9\r\n");
	assert_int_equal(ask(w, "/replicate_mode"), 200);
	assert_string_equal(w->body.data,
	    "{\"replicate_mode\":\"PRIMARY\",\"canonical_format\":\"legacy\","
	    "\"writable\":true}");
}

/* The value of the ETag line, for the caller to free. */
static char *
etag_of(struct world *w, const char *target)
{
	char *line, *end;

	assert_int_equal(ask(w, target), 200);
	line = strstr(w->response.fields.data, "ETag: ");
	assert_non_null(line);
	end = strstr(line, "\r\n");
	return strndup(line + 6, (size_t)(end - line - 6));
}

static void
tags_follow_the_selection(void **state)
{
	static const char *const targets[] = { IMAGE, IMAGE "?limit=1",
		IMAGE "?offset=1", IMAGE "?limit=1&offset=1", IMAGE "?preset=critical",
		IMAGE "?preset=critical&limit=1", IMAGE "?preset=low_usage", TEXT,
		TEXT "?group_text_models=1", STATISTICS "image_generation",
		STATISTICS "image_generation?limit=1" };
	struct world *w = *state;
	char *tags[NELEM(targets)], *same, field[100];
	size_t i, j;

	for (i = 0; i < NELEM(targets); i++) {
		tags[i] = etag_of(w, targets[i]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(tags[i], tags[j]);
	}
	same = etag_of(w, IMAGE "?limit=%2B1.0&x=y");
	assert_string_equal(same, tags[1]);
	free(same);
	snprintf(field, sizeof(field), "If-None-Match: \"a\" , %s\r\n", tags[1]);
	assert_int_equal(ask_with(w, "GET", IMAGE "?limit=1", field), 304);
	assert_non_null(strstr(w->response.fields.data, tags[1]));
	assert_non_null(strstr(w->response.fields.data, "Cache-Control: public"));
	assert_int_equal(ask_with(w, "GET", IMAGE, field), 200);
	snprintf(field, sizeof(field), "If-None-Match: \"a\"\r\nif-none-match: %s\r\n",
	    tags[0] + 2);
	assert_int_equal(ask_with(w, "HEAD", IMAGE, field), 304);
	assert_int_equal(ask_with(w, "GET", IMAGE, "If-None-Match: *\r\n"), 304);
	snprintf(field, sizeof(field), "If-None-Match: x, %s\r\n", tags[0]);
	assert_int_equal(ask_with(w, "GET", IMAGE, field), 200);
	assert_int_equal(ask_with(w, "GET", IMAGE, "If-None-Match: W/\"\r\n"), 200);
	for (i = 0; i < NELEM(targets); i++)
		free(tags[i]);
}

static void
assert_aged(struct world *w, int64_t age, int status, const char *line)
{
	publish_payload(w, CATEGORY_IMAGE_GENERATION, 1, 1, age);
	assert_int_equal(ask(w, IMAGE), status);
	if (strstr(w->response.fields.data, line) == NULL)
		fail_msg("%s", w->response.fields.data);
}

static void
age_decides_what_is_said(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, IMAGE), 503);
	assert_non_null(strstr(w->response.fields.data, "Retry-After: 7\r\n"));
	assert_non_null(strstr(w->response.fields.data, "Cache-Control: no-store\r\n"));
	assert_aged(w, -50, 200, "Age: 0\r\nCache-Control: public, max-age=100, ");
	assert_aged(w, 98, 200,
	    "max-age=100, stale-while-revalidate=900, stale-if-error=4900\r\n");
	assert_aged(w, 100, 200, "Cache-Control: public, max-age=0, ");
	assert_aged(w, 4999, 200, "Cache-Control: public, max-age=0, ");
	assert_aged(w, 5001, 503, "Cache-Control: no-store\r\n");
	assert_aged(w, 1, 200, "max-age=100, ");
}

/* Two JSON texts say the same, to the order of members and the digits of numbers. */
static bool
json_same(const struct json_value *a, const struct json_value *b, struct arena *arena)
{
	struct json_walk wa, wb;
	struct json_value ka, kb, va, vb;
	bool more;

	if (a->type != b->type)
		return false;
	if (a->type == JSON_T_STRING)
		return str_eq(json_string(a, arena), json_string(b, arena));
	if (a->type != JSON_T_OBJECT && a->type != JSON_T_ARRAY)
		return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
	wa = json_walk(a);
	wb = json_walk(b);
	for (;;) {
		if (a->type == JSON_T_OBJECT) {
			more = json_member(&wa, &ka, &va);
			if (json_member(&wb, &kb, &vb) != more ||
			    (more && !json_same(&ka, &kb, arena)))
				return false;
		} else {
			more = json_element(&wa, &va);
			if (json_element(&wb, &vb) != more)
				return false;
		}
		if (!more)
			return true;
		if (!json_same(&va, &vb, arena))
			return false;
	}
}

static struct json_value
member(const struct json_value *object, struct str name, struct arena *arena)
{
	struct json_walk walk = json_walk(object);
	struct json_value key, value;

	while (json_member(&walk, &key, &value))
		if (str_eq(json_string(&key, arena), name))
			return value;
	return (struct json_value){ .type = JSON_T_NONE };
}

/* Of a 200 the vector has some numbers, which must be ours; of an error all. */
static bool
vector_holds(struct world *w, const struct json_value *want, struct arena *arena)
{
	struct json_value got, key, value, other;
	struct json_error err;
	struct json_walk walk = json_walk(want);

	if (json_scan(w->body.data, w->body.len - 1, &got, &err) == -1)
		return false;
	if (w->response.status != 200)
		return json_same(&got, want, arena);
	while (json_member(&walk, &key, &value)) {
		other = member(&got, json_string(&key, arena), arena);
		if (!json_same(&other, &value, arena))
			return false;
	}
	return true;
}

static bool
contains(struct str s, const char *part)
{
	return memmem(s.p, s.len, part, strlen(part)) != NULL;
}

static void
recorded_vectors_hold(void **state)
{
	struct world *w = *state;
	const char *shared = getenv("HYDRATORD_SHARED");
	struct arena *arena = arena_new();
	struct json_value all, vector, body, status_value;
	struct json_error err;
	struct json_walk walk;
	struct buf file = { 0 };
	char path[4096], target[20000];
	struct str query;
	int64_t status;
	unsigned held = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/spec/query_params.json", shared ? shared : "");
	if (shared == NULL || (fd = open(path, O_RDONLY)) == -1) {
		arena_free(&arena);
		skip();
	}
	while ((n = read(fd, buf_reserve(&file, 65536), 65536)) > 0)
		file.len += (size_t)n;
	close(fd);
	assert_int_equal(json_scan(file.data, file.len, &all, &err), 0);
	walk = json_walk(&all);
	while (json_element(&walk, &vector)) {
		body = member(&vector, STR("query"), arena);
		query = json_string(&body, arena);
		body = member(&vector, STR("body"), arena);
		status_value = member(&vector, STR("status"), arena);
		assert_true(json_int64(&status_value, &status));
		if (contains(query, "/with-stats"))
			continue;
		snprintf(target, sizeof(target), "%.*s", (int)query.len, query.p);
		if (ask(w, target) != status)
			fail_msg("%s: status %d", target, w->response.status);
		/* The recorded statistics show what others had asked for before. */
		if (status == 200 && !contains(query, "/deletion-risk"))
			continue;
		if (!vector_holds(w, &body, arena))
			fail_msg("%s: %s", target, w->body.data);
		held++;
	}
	assert_true(held > 150);
	buf_free(&file);
	arena_free(&arena);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_filled, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_are_cut_out_of_the_whole),
		TEST(presets_are_scanned_rows),
		TEST(statistics_echo_what_was_asked),
		TEST(errors_come_in_the_references_order),
		TEST(methods_redirects_and_fixed_answers),
		TEST(tags_follow_the_selection),
		cmocka_unit_test_setup_teardown(
		    age_decides_what_is_said, setup, teardown),
		TEST(recorded_vectors_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
