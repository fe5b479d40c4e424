/* Answers: pages, presets, statistics, validators, errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture/answer_world.h"
#include "fixture/json_text.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "reader/store.h"
#include "unit.h"

static int
ask(struct answer_world *w, const char *target)
{
	return answer_world_ask(w, "GET", target, "");
}

#define STATISTICS "/model_references/statistics/"
#define IMAGE STATISTICS "image_generation/deletion-risk"
#define TEXT STATISTICS "text_generation/deletion-risk"

/* The rows from `first` on in steps, as a list body; numbers: with ' for ". */
static void
assert_list(struct answer_world *w, const char *numbers, unsigned first, unsigned step,
    unsigned n, const char *summary)
{
	struct buf want = { 0 };
	unsigned i;

	json_text_put(&want, "{'total_count':%s,'models':[", numbers);
	for (i = 0; i < n; i++)
		json_text_put(&want, "%s{'n':%u}", i ? "," : "", first + i * step);
	json_text_put(&want, "],'summary':'%s'}", summary);
	buf_putc(&want, '\0');
	assert_string_equal(w->body.data, want.data);
	buf_free(&want);
}

TEST(pages_are_cut_out_of_the_whole)
{
	struct answer_world *w = *state;

	assert_int_equal(ask(w, IMAGE), 200);
	assert_list(
	    w, "161,'returned_count':161,'offset':0,'limit':null", 0, 1, 161, "all");
	assert_int_equal(ask(w, IMAGE "?limit=3&offset=2"), 200);
	assert_list(w, "161,'returned_count':3,'offset':2,'limit':3", 2, 1, 3, "all");
	assert_int_equal(ask(w, IMAGE "?offset=160"), 200);
	assert_list(
	    w, "161,'returned_count':1,'offset':160,'limit':null", 160, 1, 1, "all");
	assert_int_equal(ask(w, IMAGE "?offset=161&limit=9223372036854775807"), 200);
	assert_list(w,
	    "161,'returned_count':0,'offset':161,'limit':9223372036854775807", 0, 1, 0,
	    "all");
	assert_int_equal(
	    ask(w, IMAGE "?limit=99999999999999999999&offset=1" /* saturates */), 200);
	assert_list(w,
	    "161,'returned_count':160,'offset':1,'limit':99999999999999999999", 1, 1,
	    160, "all");
}

/* doc/reference.md 8.6 and 8.7: total_count. */
TEST(presets_are_rows_that_match)
{
	struct answer_world *w = *state;
	int again;

	for (again = 0; again < 2; again++) {
		assert_int_equal(ask(w, IMAGE "?preset=critical"), 200);
		assert_list(w, "161,'returned_count':5,'offset':0,'limit':null", 0, 33,
		    5, "critical");
		assert_int_equal(
		    ask(w, IMAGE "?preset=critical&limit=2&offset=3"), 200);
		assert_list(w, "5,'returned_count':2,'offset':3,'limit':2", 99, 33, 2,
		    "critical");
		assert_int_equal(ask(w, IMAGE "?preset=missing_data"), 200);
		assert_list(w, "161,'returned_count':0,'offset':0,'limit':null", 0, 1,
		    0, "missing_data");
		assert_int_equal(
		    ask(w, TEXT "?preset=low_usage&group_text_models=1"), 200);
		assert_list(w, "719,'returned_count':8,'offset':0,'limit':null", 0, 1,
		    8, "low_usage");
	}
	/* What is kept is bounded by the payload's size; beyond it answers are the
	 * same. */
	assert_int_equal(ask(w, TEXT "?preset=critical&group_text_models=1"), 200);
	assert_int_equal(
	    ask(w, TEXT "?preset=critical&include_backend_variations=1"), 200);
	assert_list(w, "719,'returned_count':22,'offset':0,'limit':null", 0, 33, 22,
	    "critical");
}

/* Bytes of the bodies that were made of the category's generation. */
static size_t
made(struct answer_world *w, enum category category)
{
	struct generation *g = NULL;

	assert_int_equal(store_get(w->answerer.store, category, &g), STORE_HELD);
	return cache_bytes(g->made);
}

/* There are as many of them as there are limits: they must not push out what is kept.
 */
TEST(a_page_of_a_preset_is_not_kept)
{
	struct answer_world *w = *state;
	size_t before = made(w, CATEGORY_IMAGE_GENERATION);
	char target[200];

	for (int i = 1; i < 30; i++) {
		snprintf(target, sizeof(target),
		    IMAGE "?preset=critical&limit=%d&offset=1", i);
		assert_int_equal(ask(w, target), 200);
		snprintf(target, sizeof(target),
		    "5,'returned_count':%d,'offset':1,'limit':%d", i < 4 ? i : 4, i);
		assert_list(w, target, 33, 33, i < 4 ? (unsigned)i : 4, "critical");
	}
	assert_int_equal(made(w, CATEGORY_IMAGE_GENERATION), before);
	assert_int_equal(ask(w, IMAGE "?preset=critical"), 200);
	assert_true(made(w, CATEGORY_IMAGE_GENERATION) > before);
}

static void
assert_statistics(struct answer_world *w, const char *query, const char *body)
{
	char target[200];

	snprintf(target, sizeof(target), STATISTICS "image_generation%s", query);
	assert_int_equal(ask(w, target), 200);
	assert_string_equal(w->body.data, json_text_of("%s", body));
}

TEST(statistics_echo_what_was_asked)
{
	struct answer_world *w = *state;

	assert_statistics(w, "?offset=0", "{'offset':0,'limit':null,'nsfw_count':1}");
	assert_statistics(w, "?limit=005", "{'offset':0,'limit':5,'nsfw_count':1}");
	assert_statistics(w, "?offset=9", "{'offset':9,'limit':null,'nsfw_count':1}");
}

static void
assert_detail(struct answer_world *w, const char *detail)
{
	struct buf want = { 0 };

	json_text_put(&want, "{'detail':'");
	buf_puts(&want, detail);
	json_text_put(&want, "'}");
	buf_putc(&want, '\0');
	assert_string_equal(w->body.data, want.data);
	buf_free(&want);
}

/* detail: as it stands in the JSON. */
static void
assert_error(struct answer_world *w, const char *target, int status, const char *detail)
{
	assert_int_equal(ask(w, target), status);
	assert_detail(w, detail);
	assert_non_null(strstr(w->response.fields.data, "Cache-Control: no-store\r\n"));
}

#define WITH STATISTICS "image_generation/with-stats"

/* text: with ' for ". */
static void
assert_begins(struct answer_world *w, const char *text)
{
	text = json_text_of("%s", text);
	if (strncmp(w->body.data, text, strlen(text)) != 0)
		fail_msg("%.200s", w->body.data);
}

TEST(with_stats_is_put_together)
{
	struct answer_world *w = *state;
	char *etag;

	assert_int_equal(ask(w, WITH), 200);
	assert_begins(w, "{'m0':{'usage_stats':null,'worker_summaries':null,"
			 "'backend_variations':null,'observed_at':7,"
			 "'worker_count':0},'m1':");
	etag = strdup(strstr(w->response.fields.data, "ETag: ") + 6);
	etag[strcspn(etag, "\r")] = '\0';
	assert_int_equal(ask(w, WITH "?include_workers=1&sort_by=name&"
				     "min_worker_count=1"),
	    200);
	assert_begins(w, "{'m59':{'usage_stats':null,'worker_summaries':{'w':{}},"
			 "'backend_variations':null,'observed_at':7,'worker_count':1},"
			 "'m58':");
	assert_null(strstr(w->response.fields.data, etag));
	assert_int_equal(ask(w, WITH "?min_worker_count=1"), 200);
	assert_string_equal(w->body.data, "{}");
	/* All, in their own order: it is the same answer. */
	assert_int_equal(ask(w, WITH "?sort_by=other&min_worker_count=0"), 200);
	assert_non_null(strstr(w->response.fields.data, etag));
	free(etag);
}

TEST_WITH(with_stats_has_its_own_errors, answer_world_setup, answer_world_teardown)
{
	struct answer_world *w = *state;

	assert_int_equal(ask(w, STATISTICS "blip/with-stats?sort_desc=x"), 422);
	assert_error(w, STATISTICS "blip/with-stats", 400,
	    "Category 'blip' does not support Horde statistics. Only "
	    "image_generation and text_generation are supported.");
	assert_error(w, WITH, 503, "The data has not been fetched yet");
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 0, 0, 1);
	assert_error(w, WITH, 404, "Category 'image_generation' not found");
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 5001);
	assert_error(w, WITH, 503, "The data is too old to be served");
}

/* Records of which none is valid are counted, but no model is known. */
TEST(statistics_need_no_valid_record)
{
	struct answer_world *w = *state;
	const char *const others[] = { IMAGE, IMAGE "?limit=1", IMAGE "?preset=x", WITH,
		WITH "?include_workers=1" };

	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 3, 0, 1);
	assert_int_equal(ask(w, STATISTICS "image_generation"), 200);
	for (size_t i = 0; i < NELEM(others); i++) {
		assert_error(
		    w, others[i], 503, "None of the category's records is valid");
		assert_non_null(strstr(w->response.fields.data, "Retry-After: 7\r\n"));
	}
}

TEST(errors_come_in_the_references_order)
{
	struct answer_world *w = *state;

	assert_error(w, "/x", 404, "Not Found");
	assert_error(w, STATISTICS "blip/deletion-risk?preset=foo", 400,
	    "Deletion risk analysis is only supported for "
	    "image_generation and text_generation categories");
	assert_error(
	    w, STATISTICS "blip", 404, "Category 'blip' not found or has no models");
	assert_error(w, IMAGE "?preset=%22x", 400,
	    "Invalid preset: Unknown preset: '\\\"x'. Valid presets: "
	    "deletion_candidates, zero_usage, no_workers, missing_data, host_issues, "
	    "critical, low_usage");
	assert_int_equal(ask(w, IMAGE "?preset=x&limit=0"), 422);
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 0, 0, 0);
	assert_error(w, IMAGE "?preset=x", 404,
	    "Category 'image_generation' not found or has no models");
	assert_int_equal(ask(w, STATISTICS "image_generation"), 200);
}

TEST(methods_redirects_and_fixed_answers)
{
	struct answer_world *w = *state;

	assert_int_equal(answer_world_ask(w, "POST", IMAGE, ""), 405);
	assert_detail(w, "Method Not Allowed");
	assert_non_null(
	    strstr(w->response.fields.data, "Allow: GET, HEAD, OPTIONS\r\n"));
	assert_int_equal(answer_world_ask(w, "POST", "/x", ""), 404);
	assert_int_equal(answer_world_ask(w, "OPTIONS", IMAGE, ""), 204);
	assert_int_equal(answer_world_ask(w, "OPTIONS", "*", ""), 204);
	assert_int_equal(
	    answer_world_ask(w, "POST", "/api/heartbeat//?a=%20b", ""), 307);
	assert_string_equal(
	    w->response.fields.data, "Location: /api/heartbeat?a=%20b\r\n");
	/* A line end in the path must not become one in the answer. */
	assert_int_equal(ask(w, STATISTICS "a%0d%0aX:%20y%C3%A9/"), 307);
	assert_string_equal(
	    w->response.fields.data, "Location: " STATISTICS "a%0D%0AX:%20y%C3%A9\r\n");
	assert_int_equal(ask(w, "/replicate_mode"), 200);
	assert_string_equal(w->body.data,
	    json_text_of("{'replicate_mode':'PRIMARY','canonical_format':'legacy',"
			 "'writable':true}"));
}

/* The value of the ETag line, for the caller to free. */
static char *
etag_of(struct answer_world *w, const char *target)
{
	char *line, *end;

	assert_int_equal(ask(w, target), 200);
	line = strstr(w->response.fields.data, "ETag: ");
	assert_non_null(line);
	end = strstr(line, "\r\n");
	return strndup(line + 6, (size_t)(end - line - 6));
}

TEST(tags_follow_the_selection)
{
	static const char *const targets[] = { IMAGE, IMAGE "?limit=1",
		IMAGE "?offset=1", IMAGE "?limit=1&offset=1", IMAGE "?preset=critical",
		IMAGE "?preset=critical&limit=1", IMAGE "?preset=low_usage", TEXT,
		TEXT "?group_text_models=1", STATISTICS "image_generation",
		STATISTICS "image_generation?limit=1" };
	struct answer_world *w = *state;
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
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "?limit=1", field), 304);
	assert_non_null(strstr(w->response.fields.data, tags[1]));
	assert_non_null(strstr(w->response.fields.data, "Cache-Control: public"));
	assert_int_equal(answer_world_ask(w, "GET", IMAGE, field), 200);
	snprintf(field, sizeof(field), "If-None-Match: \"a\"\r\nif-none-match: %s\r\n",
	    tags[0] + 2);
	assert_int_equal(answer_world_ask(w, "HEAD", IMAGE, field), 304);
	assert_int_equal(
	    answer_world_ask(w, "GET", IMAGE, "If-None-Match: *\r\n"), 304);
	snprintf(field, sizeof(field), "If-None-Match: x, %s\r\n", tags[0]);
	assert_int_equal(answer_world_ask(w, "GET", IMAGE, field), 200);
	assert_int_equal(
	    answer_world_ask(w, "GET", IMAGE, "If-None-Match: W/\"\r\n"), 200);
	for (i = 0; i < NELEM(targets); i++)
		free(tags[i]);
}

TEST(a_304_makes_nothing)
{
	static const char *const targets[] = { IMAGE "?preset=critical",
		WITH "?include_workers=1&min_worker_count=1&sort_by=name",
		IMAGE "?limit=150" };
	struct answer_world *w = *state;
	size_t before;

	for (size_t i = 0; i < NELEM(targets); i++) {
		before = made(w, CATEGORY_IMAGE_GENERATION);
		assert_int_equal(answer_world_ask(w, "GET", targets[i],
				     "If-None-Match: *\r\nAccept-Encoding: gzip\r\n"),
		    304);
		assert_int_equal(w->response.nbody, 0);
		assert_null(w->response.owner);
		assert_int_equal(made(w, CATEGORY_IMAGE_GENERATION), before);
		assert_int_equal(
		    answer_world_ask(w, "GET", targets[i], "Accept-Encoding: gzip\r\n"),
		    200);
		assert_true(made(w, CATEGORY_IMAGE_GENERATION) > before);
	}
}

/* The data are of Sun, 06 Nov 1994 08:49:37 GMT. */
TEST(last_modified_is_never_after_date)
{
	static const char lm[] = "Last-Modified: Sun, 06 Nov 1994 08:49:";
	struct answer_world *w = *state;
	char field[100];
	int second;

	for (second = 36; second <= 38; second++) {
		w->date = 784111740 + second;
		snprintf(
		    field, sizeof(field), "%s%d GMT\r\n", lm, second < 37 ? 36 : 37);
		assert_int_equal(ask(w, IMAGE), 200);
		assert_non_null(strstr(w->response.fields.data, field));
		/* What was said of the future is not believed when it comes back. */
		memcpy(field, "If-Modified-Since: ", 19);
		memcpy(field + 19, strstr(w->response.fields.data, lm) + 15, 29);
		snprintf(field + 48, sizeof(field) - 48, "\r\n");
		assert_int_equal(
		    answer_world_ask(w, "GET", IMAGE, field), second < 37 ? 200 : 304);
	}
}

TEST(a_condition_that_fails_is_412)
{
	static const char *const targets[] = { IMAGE, IMAGE "?limit=1", WITH,
		STATISTICS "image_generation", "/openapi.json" };
	struct answer_world *w = *state;
	size_t i;

	for (i = 0; i < NELEM(targets); i++) {
		assert_int_equal(
		    answer_world_ask(w, "GET", targets[i], "If-Match: \"x\"\r\n"), 412);
		assert_detail(w, "Precondition Failed");
		assert_string_equal(
		    w->response.fields.data, "Cache-Control: no-store\r\n");
	}
	/* Only what would be answered 200 is held against conditions. */
	assert_int_equal(
	    answer_world_ask(w, "GET", IMAGE "?limit=0", "If-Match: \"x\"\r\n"), 422);
	assert_int_equal(
	    answer_world_ask(w, "POST", IMAGE, "If-Match: \"x\"\r\n"), 405);
	assert_int_equal(
	    answer_world_ask(w, "OPTIONS", IMAGE, "If-Match: \"x\"\r\n"), 204);
}

static void
assert_head(struct answer_world *w, const char *target, const char *fields,
    bool length_unknown, const char *coding)
{
	size_t before = made(w, CATEGORY_IMAGE_GENERATION);
	const char *said;

	assert_int_equal(answer_world_ask(w, "HEAD", target, fields), 200);
	assert_int_equal(w->response.length_unknown, length_unknown);
	assert_int_equal(made(w, CATEGORY_IMAGE_GENERATION), before);
	said = strstr(w->response.fields.data, "Content-Encoding: ");
	if (coding == NULL)
		assert_null(said);
	else
		assert_int_equal(strncmp(said + 18, coding, strlen(coding)), 0);
}

/* Encoding is done on the loop, so there is so much of it and no more: then clients get
 * identity, or are told to come again if they refuse that. */
TEST(encoding_has_a_budget)
{
	static const char gzip[] = "Accept-Encoding: gzip\r\n";
	struct answer_world *w = *state;
	const char *coding = "Content-Encoding: gzip";
	char target[200];
	int i;

	w->answerer.maker.paid = clock_boot() + 3600 * NSEC_PER_SEC;
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "?limit=150", gzip), 200);
	assert_null(strstr(w->response.fields.data, coding));
	/* Another page: the thread may have encoded the first one by now. */
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "?limit=151",
			     "Accept-Encoding: gzip, identity;q=0\r\n"),
	    503);
	assert_non_null(strstr(w->response.fields.data, "Retry-After: 1\r\n"));
	/* Nothing of the page that was set before is left in it. */
	assert_int_equal(w->response.nbody, 1);
	assert_memory_equal(w->response.body[0].p, json_text_of("{'detail':'The"), 14);
	w->answerer.maker.paid = 0;
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "?limit=150", gzip), 200);
	assert_non_null(strstr(w->response.fields.data, coding));
	/* Whoever asks for ever other pages comes to the end of it: on a machine that
	 * has no time for us with the first. */
	for (i = 0; i < 100000; i++) {
		snprintf(target, sizeof(target), IMAGE "?limit=%d", 1000 + i);
		assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
		if (strstr(w->response.fields.data, coding) == NULL)
			break;
	}
	assert_int_not_equal(i, 100000);
	/* What is kept costs nothing. */
	w->answerer.maker.paid = 0;
	assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
	w->answerer.maker.paid = clock_boot() + 3600 * NSEC_PER_SEC;
	assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
	assert_non_null(strstr(w->response.fields.data, coding));
}

/* What hydratorctl and metrics make the cache's hit ratio of. */
TEST(bodies_are_counted_by_where_they_are_from)
{
	static const char filter[] = IMAGE "?preset=critical";
	struct answer_world *w = *state;
	const struct counters *c = &w->counters;

	assert_int_equal(answer_world_ask(w, "GET", IMAGE, ""), 200);
	assert_int_equal(counter_get(c, COUNTER_BODIES_READY), 1);
	assert_int_equal(answer_world_ask(w, "GET", filter, ""), 200);
	assert_int_equal(counter_get(c, COUNTER_BODIES_MADE), 1);
	assert_int_equal(answer_world_ask(w, "GET", filter, ""), 200);
	assert_int_equal(counter_get(c, COUNTER_BODIES_KEPT), 1);
	assert_int_equal(answer_world_ask(w, "HEAD", filter, ""), 200);
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "?limit=x", ""), 422);
	assert_int_equal(counter_get(c, COUNTER_BODIES_READY) +
			     counter_get(c, COUNTER_BODIES_KEPT) +
			     counter_get(c, COUNTER_BODIES_MADE),
	    3);
}

/* A long body is not encoded on the loop at all: whoever asks first gets it as it is.
 */
TEST(long_bodies_are_encoded_beside_the_loop)
{
	static const char target[] =
	    STATISTICS "text_generation/with-stats?sort_by=name&include_workers=1";
	static const char gzip[] = "Accept-Encoding: gzip\r\n";
	static const char only_br[] = "Accept-Encoding: br, identity;q=0\r\n";
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct answer_world *w = *state;
	int i;

	assert_int_equal(answer_world_ask(w, "HEAD", target, gzip), 200);
	assert_null(strstr(w->response.fields.data, "Content-Encoding"));
	assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
	assert_null(strstr(w->response.fields.data, "Content-Encoding"));
	assert_non_null(strstr(w->response.fields.data, "Vary: Accept-Encoding"));
	assert_begins(w, "{'m718':");
	assert_int_equal(answer_world_ask(w, "GET", target, only_br), 503);
	assert_non_null(strstr(w->response.fields.data, "Retry-After: 1\r\n"));
	for (i = 0; i < 60000; i++) {
		nanosleep(&pause, NULL);
		assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
		if (strstr(w->response.fields.data, "Content-Encoding: gzip") != NULL)
			break;
	}
	assert_true(i < 60000);
	for (i = 0; i < 60000; i++) {
		if (answer_world_ask(w, "GET", target, only_br) == 200)
			break;
		nanosleep(&pause, NULL);
	}
	assert_non_null(strstr(w->response.fields.data, "Content-Encoding: br"));
	/* Of two that are there the better one; of those that are not, none. */
	assert_int_equal(
	    answer_world_ask(w, "GET", target, "Accept-Encoding: zstd, gzip;q=0.5\r\n"),
	    200);
	assert_non_null(strstr(w->response.fields.data, "Content-Encoding: gzip"));
}

/* A client that refuses identity would be told to come again for ever. */
TEST(what_is_asked_for_in_many_words_is_kept_as_well)
{
	static const char gzip[] = "Accept-Encoding: gzip, identity;q=0\r\n";
	struct answer_world *w = *state;
	char target[1000];

	snprintf(target, sizeof(target), TEXT "?limit=%0500d", 0);
	memset(target + strlen(target) - 500, '9', 500);
	assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
	w->answerer.maker.paid = clock_boot() + 3600 * NSEC_PER_SEC;
	assert_int_equal(answer_world_ask(w, "GET", target, gzip), 200);
	assert_non_null(strstr(w->response.fields.data, "Content-Encoding: gzip"));
}

/* What an answer says of itself, without what the clock may change meanwhile. */
static char *
timeless_fields(struct answer_world *w)
{
	char *fields = xstrdup(w->response.fields.data);

	char *age = strstr(fields, "Age: ");

	if (age != NULL)
		*age = '\0';
	return fields;
}

TEST(audit_is_deletion_risk)
{
	static const char *const queries[] = { "", "?preset=zero_usage",
		"?limit=3&offset=1", "?limit=0", "?preset=x" };
	struct answer_world *w = *state;
	char target[160], *fields, *again;
	const char *body;
	size_t i;
	int status;

	for (i = 0; i < NELEM(queries); i++) {
		snprintf(target, sizeof(target), TEXT "%s", queries[i]);
		status = ask(w, target);
		fields = timeless_fields(w);
		body = w->response.body[0].p;
		snprintf(target, sizeof(target),
		    "/api" STATISTICS "text_generation/audit%s", queries[i]);
		assert_int_equal(ask(w, target), status);
		again = timeless_fields(w);
		assert_string_equal(again, fields);
		/* The same memory: what was made for one name is there for both. */
		assert_ptr_equal(w->response.body[0].p, body);
		free(fields);
		free(again);
	}
}

/* Of what is not there a HEAD counts the length, and leaves it open if it would have to
 * encode to know it; of what a GET has made it says all. */
TEST(a_head_makes_nothing)
{
	static const char *const targets[] = {
		IMAGE "?preset=deletion_candidates",
		WITH "?include_workers=1&min_worker_count=1&sort_by=name",
	};
	static const char gzip[] = "Accept-Encoding: gzip\r\n";
	struct answer_world *w = *state;

	for (size_t i = 0; i < NELEM(targets); i++) {
		assert_head(w, targets[i], "", false, NULL);
		assert_head(w, targets[i], gzip, true, "gzip");
		assert_null(w->response.owner);
		assert_int_equal(answer_world_ask(w, "GET", targets[i], gzip), 200);
		assert_head(w, targets[i], gzip, false, "gzip");
		assert_head(w, targets[i], "", false, NULL);
	}
	assert_head(w, IMAGE "?limit=150", "", false, NULL);
	assert_head(w, IMAGE "?limit=150", gzip, true, "gzip");
	/* It owns nothing any more, so it must not ask what that pins. */
	assert_null(w->response.owner);
	assert_null(w->response.pinned);
	assert_null(w->response.pin);
	/* Too short to be encoded, which is known without a body. */
	assert_head(w, IMAGE "?preset=critical", gzip, false, NULL);
	assert_head(w, IMAGE "?preset=critical",
	    "Accept-Encoding: gzip, identity;q=0\r\n", true, "gzip");
}

/* Presets, pages and with-stats answers, as they are and encoded: one bound for all. */
TEST(what_is_made_is_kept_within_one_bound)
{
	static const char *const sorts[] = { "name", "usage_month", "usage_total" };
	static const char *const codings[] = { "gzip", "br", "identity" };
	struct answer_world *w = *state;
	struct generation *g = NULL;
	const struct timespec pause = { .tv_nsec = 1000000 };
	char target[200], fields[50];
	size_t most = 0, last;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_TEXT_GENERATION, &g), STORE_HELD);
	for (unsigned i = 0; i < 360; i++) {
		snprintf(
		    fields, sizeof(fields), "Accept-Encoding: %s\r\n", codings[i % 3]);
		if (i % 2)
			snprintf(target, sizeof(target),
			    TEXT "?preset=deletion_candidates&limit=%u", 100 + i);
		else
			snprintf(target, sizeof(target),
			    STATISTICS "text_generation/with-stats?sort_by=%s&"
				       "sort_desc=%u&include_workers=%u",
			    sorts[i / 6 % 3], i / 18 % 2, i / 36 % 2);
		assert_int_equal(answer_world_ask(w, "GET", target, fields), 200);
		last = made(w, CATEGORY_TEXT_GENERATION);
		assert_true(last <= g->snapshot->len);
		if (last > most)
			most = last;
	}
	assert_true(most > g->snapshot->len / 2);
	for (int i = 0; g->lent > 0; i++) {
		assert_true(i < 60000);
		nanosleep(&pause, NULL);
		coder_collect(w->answerer.maker.coder);
	}
	assert_int_equal(answer_world_ask(w, "GET", target, fields), 200);
	last = made(w, CATEGORY_TEXT_GENERATION);
	assert_int_equal(answer_world_ask(w, "GET", target, fields), 200);
	assert_int_equal(made(w, CATEGORY_TEXT_GENERATION), last);
}

static void
assert_aged(struct answer_world *w, int64_t age, int status, const char *line)
{
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 1, 1, age);
	assert_int_equal(ask(w, IMAGE), status);
	if (strstr(w->response.fields.data, line) == NULL)
		fail_msg("%s", w->response.fields.data);
}

TEST_WITH(age_decides_what_is_said, answer_world_setup, answer_world_teardown)
{
	struct answer_world *w = *state;

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

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
