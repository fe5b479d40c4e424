/* History, changes, names that are not listed, one model, and lists as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture/answer_world.h"
#include "fixture/evidence_views.h"
#include "fixture/json_text.h"
#include "reader/store.h"
#include "unit.h"

#define IMAGE "/model_references/statistics/image_generation"
#define TEXT "/model_references/statistics/text_generation"
#define CANDIDATES IMAGE "/deletion-risk?preset=deletion_candidates"

static int
ask(struct answer_world *w, const char *target)
{
	return answer_world_ask(w, "GET", target, "");
}

/* want: with ' for ". */
static void
assert_body(struct answer_world *w, const char *target, int status, const char *want)
{
	assert_int_equal(ask(w, target), status);
	assert_string_equal(w->body.data, json_text_of("%s", want));
}

static void
assert_has(struct answer_world *w, const char *text)
{
	text = json_text_of("%s", text);
	if (strstr(w->body.data, text) == NULL)
		fail_msg("no %s in %.300s", text, w->body.data);
}

static void
assert_field(struct answer_world *w, const char *line)
{
	if (strstr(w->response.fields.data, line) == NULL)
		fail_msg("no %s in %s", line, w->response.fields.data);
}

TEST(changes_are_those_above_an_id_and_of_some_kinds)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/changes?limit=2", 200,
	    "{'category':'image_generation','last_id':1000,'total_count':22,"
	    "'returned_count':2,'offset':0,'limit':2,'changes':[{'id':1000},{'id':990}"
	    "]}");
	assert_body(w, IMAGE "/changes?since=980", 200,
	    "{'category':'image_generation','last_id':1000,'total_count':2,"
	    "'returned_count':2,'offset':0,'limit':null,'changes':[{'id':1000},"
	    "{'id':990}]}");
	/* Of each kind there are two. */
	assert_body(w, IMAGE "/changes?kinds=disappeared,many", 200,
	    "{'category':'image_generation','last_id':1000,'total_count':4,"
	    "'returned_count':4,'offset':0,'limit':null,'changes':[{'id':990},"
	    "{'id':900},{'id':880},{'id':790}]}");
	assert_body(w,
	    IMAGE "/changes?kinds=many,disappeared&since=880&offset=1&limit=9", 200,
	    "{'category':'image_generation','last_id':1000,'total_count':2,"
	    "'returned_count':1,'offset':1,'limit':9,'changes':[{'id':900}]}");
	assert_body(w, IMAGE "/changes?since=1000", 200,
	    "{'category':'image_generation','last_id':1000,'total_count':0,"
	    "'returned_count':0,'offset':0,'limit':null,'changes':[]}");
	assert_int_equal(ask(w, IMAGE "/changes?kinds=many,none"), 422);
	assert_has(w, "'loc':['query','kinds'],'msg':'Input should be ");
	assert_has(w, "'input':'none'");
	assert_int_equal(ask(w, IMAGE "/changes?since=-1"), 422);
}

TEST(history_is_paged_as_deletion_risk_is)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/history?preset=critical&limit=2&offset=1", 200,
	    "{'category':'image_generation','sampled_at':1,'dates':['2026-01-01'],"
	    "'total_count':5,'returned_count':2,'offset':1,'limit':2,'models':["
	    "{'h':33},{'h':66}]}");
	/* Those that have gone are in no preset, and behind the others. */
	assert_int_equal(ask(w, IMAGE "/history?offset=160"), 200);
	assert_has(w, "'total_count':163,'returned_count':3,'offset':160,'limit':null,"
		      "'models':[{'h':160},{'h':161},{'h':162}]}");
	assert_int_equal(ask(w, IMAGE "/history?preset=x"), 400);
	assert_field(w, "Cache-Control: no-store\r\n");
}

/* Row i of 114 is at risk for i days, but for the last. */
TEST(candidates_of_some_days)
{
	struct answer_world *w = *state;

	assert_int_equal(ask(w, CANDIDATES "&min_days=111"), 200);
	assert_string_equal(w->body.data,
	    json_text_of("{'total_count':2,'returned_count':2,'offset':0,'limit':null,"
			 "'models':[{'n':111},{'n':112}],'summary':"
			 "'deletion_candidates'}"));
	assert_int_equal(ask(w, CANDIDATES "&min_days=100&limit=2&offset=3"), 200);
	assert_has(w, "{'total_count':13,'returned_count':2,'offset':3,'limit':2,"
		      "'models':[{'n':103},{'n':104}],");
	assert_int_equal(ask(w, CANDIDATES "&min_days=99999999999999999999"), 200);
	assert_has(w, "{'total_count':0,'returned_count':0,");
	assert_int_equal(
	    ask(w, CANDIDATES "&min_days=111&format=csv&limit=1&offset=1"), 200);
	assert_string_equal(w->body.data, "name\r\nm112\r\n");
	/* That view has its models in another order. */
	assert_int_equal(ask(w, TEXT "/deletion-risk?preset=deletion_candidates&"
				     "include_backend_variations=1&min_days=1&limit=1"),
	    200);
	assert_has(w, "{'total_count':0,'returned_count':0,");
}

TEST(a_filter_that_would_not_be_applied_is_refused)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/deletion-risk?min_days=1", 400,
	    "{'detail':'min_days goes with preset=deletion_candidates alone'}");
	assert_body(w, IMAGE "/deletion-risk?min_days=1&preset=critical", 400,
	    "{'detail':'min_days goes with preset=deletion_candidates alone'}");
	assert_body(w,
	    TEXT "/deletion-risk?min_days=1&preset=deletion_candidates&"
		 "group_text_models=1",
	    400, "{'detail':'min_days does not go with group_text_models'}");
	assert_int_equal(ask(w, CANDIDATES "&min_days=-1"), 422);
}

/* As time goes on more models are in it, though the list is as it was. */
TEST(the_tag_of_some_days_follows_the_models)
{
	struct answer_world *w = *state;
	char *tag;

	assert_int_equal(ask(w, CANDIDATES "&min_days=30"), 200);
	tag = strdup(strstr(w->response.fields.data, "ETag: "));
	tag[strcspn(tag, "\r")] = '\0';
	assert_int_equal(ask(w, CANDIDATES "&min_days=31"), 200);
	assert_null(strstr(w->response.fields.data, tag));
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	assert_int_equal(ask(w, CANDIDATES "&min_days=30"), 200);
	assert_field(w, tag);
	w->computed_at += 86400;
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 161, 161, 5);
	assert_int_equal(ask(w, CANDIDATES "&min_days=30"), 200);
	assert_has(w, "'models':[{'n':29},");
	assert_null(strstr(w->response.fields.data, tag));
	free(tag);
}

TEST(names_that_are_not_listed)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/unlisted?offset=1", 200,
	    "{'category':'image_generation','total_count':3,'returned_count':2,"
	    "'offset':1,'limit':null,'models':[{'u':1},{'u':2}]}");
	assert_int_equal(ask(w, "/model_references/statistics/blip/unlisted"), 400);
}

#define M1                                                                             \
	"{'category':'image_generation','name':'m1','deletion_risk':{'n':1},"          \
	"'with_stats':{'usage_stats':null,'worker_summaries':%s,"                      \
	"'backend_variations':{'v':{}},'observed_at':7,'worker_count':%d},"

TEST(one_model_is_whole)
{
	struct answer_world *w = *state;
	char want[600];

	snprintf(want, sizeof(want), M1 "'dates':['2026-01-01'],'history':{'h':1}}",
	    "{'w':{}}", 1);
	assert_body(w, IMAGE "/models/m1", 200, want);
	assert_body(w, "/api" IMAGE "/models/%6d1?limit=x", 200, want);
	assert_field(w, "Vary: Accept-Encoding\r\n");
	assert_field(w, "ETag: W/\"");
	assert_int_equal(answer_world_ask(w, "HEAD", IMAGE "/models/m1", ""), 200);
	assert_int_equal(w->length, strlen(json_text_of("%s", want)));
}

TEST_WITH(a_model_without_history, answer_world_setup_filled, answer_world_teardown)
{
	struct answer_world *w = *state;
	char want[600];

	snprintf(want, sizeof(want), M1 "'dates':null,'history':null}", "{'w':{}}", 1);
	assert_body(w, IMAGE "/models/m1", 200, want);
}

/* That the words are true tests/system/test_ctl_model.py sees to. */
TEST(one_model_is_explained_where_that_is_asked)
{
	struct answer_world *w = *state;
	char plain[600], want[800];
	char *end;
	int flags = 0;

	assert_int_equal(ask(w, IMAGE "/models/m1"), 200);
	snprintf(plain, sizeof(plain), "%s", w->body.data);
	assert_body(w, IMAGE "/models/m1?explain=false", 200, plain);
	assert_int_equal(ask(w, IMAGE "/models/m1?explain=true"), 200);
	plain[strlen(plain) - 1] = '\0';
	snprintf(want, sizeof(want),
	    "%s,\"explanation\":[{\"flag\":\"zero_usage_day\","
	    "\"set\":false,\"value\":0.0,\"threshold\":1.0,\"option\":null,"
	    "\"document\":\"stats\",\"document_age\":",
	    plain);
	assert_memory_equal(w->body.data, want, strlen(want));
	for (end = w->body.data; (end = strstr(end, "\"flag\":")) != NULL; end++)
		flags++;
	assert_int_equal(flags, RISK_FLAG_MAX + 1);
	end = w->body.data + strlen(w->body.data);
	assert_string_equal(end - 4, "\"}]}");
	assert_int_equal(ask(w, IMAGE "/models/m1?explain=perhaps"), 422);
	assert_has(w, "'type':'bool_parsing','loc':['query','explain']");
}

/* The tag is of all that is said; an age in it is of the moment. */
TEST(an_explanation_has_another_tag_with_other_rules)
{
	struct answer_world *w = *state;
	char tags[3][40];

	for (int i = 0; i < 3; i++) {
		w->config.analysis.low_usage_percent = i;
		assert_int_equal(ask(w, IMAGE "/models/m1?explain=1"), 200);
		snprintf(tags[i], sizeof(tags[i]), "%.24s",
		    strstr(w->response.fields.data, "ETag: "));
		assert_string_not_equal(tags[i], tags[(i + 1) % 3]);
	}
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "/models/m1?explain=1",
			     "If-Modified-Since: Sun, 06 Nov 2033 08:49:37 GMT\r\n"),
	    200);
}

static void
assert_not_modified(struct answer_world *w, const char *target)
{
	char fields[200];
	char *tag;

	assert_int_equal(ask(w, target), 200);
	tag = strstr(w->response.fields.data, "ETag: ") + 6;
	snprintf(fields, sizeof(fields), "If-None-Match: %.*s\r\n",
	    (int)strcspn(tag, "\r"), tag);
	assert_int_equal(answer_world_ask(w, "GET", target, fields), 304);
	assert_string_equal(w->body.data, "");
	assert_int_equal(
	    answer_world_ask(w, "GET", target, "If-None-Match: \"x\"\r\n"), 200);
	assert_int_equal(
	    answer_world_ask(w, "GET", target, "If-Match: \"x\"\r\n"), 412);
}

TEST(each_has_validators)
{
	assert_not_modified(*state, IMAGE "/history");
	assert_not_modified(*state, IMAGE "/changes?since=900");
	assert_not_modified(*state, IMAGE "/unlisted?format=markdown");
	assert_not_modified(*state, IMAGE "/models/m17");
	assert_not_modified(*state, CANDIDATES "&min_days=3&format=csv&limit=5");
}

/* Each model has its own. */
TEST(models_have_tags_of_their_own)
{
	struct answer_world *w = *state;
	char target[100], tags[60][40];

	for (int i = 0; i < 60; i++) {
		snprintf(target, sizeof(target), IMAGE "/models/m%d", i);
		assert_int_equal(ask(w, target), 200);
		snprintf(tags[i], sizeof(tags[i]), "%.24s",
		    strstr(w->response.fields.data, "ETag: "));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(tags[i], tags[k]);
	}
}

TEST(a_name_that_is_not_there_has_the_closest)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/models/M1x", 404,
	    "{'detail':'Model not found','closest':['m1','m10','m11']}");
	assert_field(w, "Cache-Control: no-store\r\n");
	assert_body(w, IMAGE "/models/m1/", 404,
	    "{'detail':'Model not found','closest':['m1','m10','m11']}");
	assert_int_equal(ask(w, IMAGE "/models/%00%22"), 404);
}

TEST(lists_are_there_as_text)
{
	struct answer_world *w = *state;

	assert_body(w, IMAGE "/unlisted?format=csv", 200, "name\r\nm0\r\nm1\r\nm2\r\n");
	assert_string_equal(
	    w->response.type, "text/csv; charset=utf-8; header=present");
	assert_field(w, "Vary: Accept-Encoding, Accept\r\n");
	assert_body(w, IMAGE "/unlisted?format=markdown&offset=2", 200,
	    "| Model |\n|---|\n| m2 |\n\nfoot\n");
	assert_string_equal(w->response.type, "text/markdown; charset=utf-8");
	assert_body(w, IMAGE "/deletion-risk?format=csv&preset=critical&limit=2", 200,
	    "name\r\nm0\r\nm33\r\n");
	assert_body(w, IMAGE "/history?preset=critical&format=markdown", 200,
	    "| Model |\n|---|\n| m0 |\n| m33 |\n| m66 |\n| m99 |\n| m132 |\n\nfoot\n");
	assert_body(
	    w, IMAGE "/changes?format=csv&kinds=many", 200, "name\r\nm10\r\nm21\r\n");
	assert_body(w, IMAGE "/unlisted?format=csv&offset=7", 200, "name\r\n");
	assert_int_equal(ask(w, IMAGE "/unlisted?format=xml"), 422);
	assert_has(w, "'loc':['query','format'],'msg':'Input should be ");
	assert_has(w, "'input':'xml'");
	assert_int_equal(ask(w, IMAGE "?format=xml"), 200);
}

/* The first line of unlisted for a value of Accept. */
static const struct {
	const char *accept, *begin;
} accepts[] = {
	{ "text/csv", "name" },
	{ "text/markdown", "| M" },
	{ "*/*", "{" },
	{ "text/html,application/xhtml+xml,*/*;q=0.8", "{" },
	{ "text/csv;q=0.5, application/json;q=0.4", "name" },
	{ "text/csv, application/json", "{" },
	{ "image/png", "{" },
	{ "text/csv;q=x", "{" },
};

TEST(accept_chooses_a_format)
{
	struct answer_world *w = *state;
	char fields[200];

	for (size_t i = 0; i < NELEM(accepts); i++) {
		snprintf(fields, sizeof(fields), "Accept: %s\r\n", accepts[i].accept);
		assert_int_equal(
		    answer_world_ask(w, "GET", IMAGE "/unlisted", fields), 200);
		if (strncmp(w->body.data, accepts[i].begin, strlen(accepts[i].begin)) !=
		    0)
			fail_msg("%s: %.20s", accepts[i].accept, w->body.data);
		assert_field(w, "Vary: Accept-Encoding, Accept\r\n");
	}
	/* What is asked for by name comes before what is liked. */
	assert_int_equal(answer_world_ask(w, "GET", IMAGE "/unlisted?format=json",
			     "Accept: text/csv\r\n"),
	    200);
	assert_has(w, "{'category'");
	/* What has one format alone has it for everybody. */
	assert_int_equal(
	    answer_world_ask(w, "GET", IMAGE, "Accept: text/csv\r\n"), 200);
	assert_field(w, "Vary: Accept-Encoding\r\n");
}

TEST_WITH(no_history_is_no_answer, answer_world_setup_filled, answer_world_teardown)
{
	static const char *const targets[] = { IMAGE "/history",
		IMAGE "/changes?limit=1", CANDIDATES "&min_days=1" };
	struct answer_world *w = *state;

	for (size_t i = 0; i < NELEM(targets); i++)
		assert_body(
		    w, targets[i], 404, "{'detail':'History is not kept here'}");
	w->config.history.enabled = true;
	w->config.state_dir = strdup("/");
	for (size_t i = 0; i < NELEM(targets); i++) {
		assert_body(w, targets[i], 503,
		    "{'detail':'The history has not been read yet'}");
		assert_field(w, "Retry-After: 7\r\n");
	}
	answer_world_publish(w, CATEGORY_IMAGE_GENERATION, 0, 0, 5);
	assert_int_equal(ask(w, IMAGE "/history"), 404);
	assert_int_equal(ask(w, IMAGE "/models/m1"), 404);
	assert_int_equal(ask(w, "/model_references/statistics/blip/history"), 400);
	assert_int_equal(ask(w, "/model_references/statistics/x/changes"), 422);
}

UNIT_FIXTURE(.setup = answer_world_setup_evidence, .teardown = answer_world_teardown);
