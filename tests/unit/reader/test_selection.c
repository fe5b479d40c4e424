/* Selections: every combination of the parameters is asked, and what tells answers
 * apart is held against the answers themselves. */
#include <stdlib.h>
#include <string.h>

#include "fixture/answer_world.h"
#include "base/attr.h"
#include "reader/query.h"
#include "reader/store.h"
#include "unit.h"

#define STATISTICS "/model_references/statistics/text_generation"
#define RISK STATISTICS "/deletion-risk"
#define WITH STATISTICS "/with-stats"
#define HISTORY STATISTICS "/history"
#define CHANGES STATISTICS "/changes"
#define UNLISTED STATISTICS "/unlisted"
#define COLUMNS STATISTICS "/columns"
#define MODEL STATISTICS "/models/m1"

#define VALUES_MAX 6
#define ASKED_MAX 2048

#define LISTS (QUERY_RISK | QUERY_HISTORY | QUERY_CHANGES | QUERY_UNLISTED)

/* What is tried of each parameter; the first value is that it is not there. */
static const struct {
	struct str name;
	unsigned endpoints;
	const char *values[VALUES_MAX];
} parameters[] = {
	{ STR("group_text_models"), QUERY_STATISTICS | QUERY_RISK | QUERY_COLUMNS,
	    { NULL, "1" } },
	{ STR("include_workers"), QUERY_WITH_STATS, { NULL, "1" } },
	{ STR("include_backend_variations"),
	    QUERY_RISK | QUERY_WITH_STATS | QUERY_COLUMNS, { NULL, "1" } },
	{ STR("preset"), QUERY_RISK | QUERY_HISTORY,
	    { NULL, "critical", "low_usage", "deletion_candidates" } },
	{ STR("limit"), QUERY_STATISTICS | LISTS, { NULL, "1", "719" } },
	{ STR("offset"), QUERY_STATISTICS | LISTS, { NULL, "0", "12" } },
	{ STR("min_worker_count"), QUERY_WITH_STATS, { NULL, "0", "1", "2" } },
	{ STR("sort_by"), QUERY_WITH_STATS,
	    { NULL, "worker_count", "usage_total", "usage_month", "name", "other" } },
	{ STR("sort_desc"), QUERY_WITH_STATS, { NULL, "0" } },
	{ STR("min_days"), QUERY_RISK, { NULL, "30" } },
	{ STR("format"), LISTS, { NULL, "csv", "markdown" } },
	{ STR("since"), QUERY_CHANGES, { NULL, "900" } },
	{ STR("kinds"), QUERY_CHANGES, { NULL, "appeared", "many,at_risk" } },
	{ STR("explain"), QUERY_MODEL, { NULL, "1" } },
};

struct asked {
	unsigned endpoint;
	unsigned value[NELEM(parameters)];
	char *target, *text, *body, *tag;
};

static char *
tag_of(const struct answer_world *w)
{
	const char *line = strstr(w->response.fields.data, "ETag: ");

	assert_non_null(line);
	return strndup(line + 6, strcspn(line + 6, "\r"));
}

/* Kept bodies would hide a choice that is missing in the text: the second question
 * would be answered as the first. */
static void
keep_nothing(struct answer_world *w)
{
	struct generation *g = NULL;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_TEXT_GENERATION, &g), STORE_HELD);
	cache_free(&g->made);
	g->made = cache_new(0);
}

static void
ask(struct answer_world *w, const char *target, struct asked *a)
{
	const struct buf *selected = &w->answerer.selected;

	keep_nothing(w);
	assert_int_equal(answer_world_ask(w, "GET", target, ""), 200);
	a->target = strdup(target);
	a->text = strndup(selected->data, selected->len);
	a->body = strdup(w->body.data);
	a->tag = tag_of(w);
	keep_nothing(w);
	assert_int_equal(answer_world_ask(w, "HEAD", target, ""), 200);
	/* An age may have got another digit. */
	if (strstr(a->body, "document_age") == NULL)
		assert_int_equal(w->length, strlen(a->body));
}

static void
asked_free(struct asked *a)
{
	free(a->target);
	free(a->text);
	free(a->body);
	free(a->tag);
}

/* The next combination of the endpoint's parameters; false: that was the last. */
static bool
next(struct asked *a)
{
	for (size_t p = 0; p < NELEM(parameters); p++) {
		unsigned *v = &a->value[p];

		if (!(parameters[p].endpoints & a->endpoint))
			continue;
		if (++*v < VALUES_MAX && parameters[p].values[*v] != NULL)
			return true;
		*v = 0;
	}
	return false;
}

static bool
is_set(const struct asked *a, const char *name)
{
	for (size_t p = 0; p < NELEM(parameters); p++)
		if (strcmp(parameters[p].name.p, name) == 0)
			return a->value[p] > 0;
	return false;
}

/* A filter by days goes with one preset, the last that is tried, and not with groups.
 */
static bool
is_refused(const struct asked *a, const char *target)
{
	return is_set(a, "min_days") &&
	       (strstr(target, "deletion_candidates") == NULL ||
		   is_set(a, "group_text_models"));
}

static size_t
ask_all(struct answer_world *w, unsigned endpoint, const char *path, struct asked *all)
{
	struct asked a = { .endpoint = endpoint };
	struct buf target = { 0 };
	size_t n = 0;

	do {
		buf_reset(&target);
		buf_printf(&target, "%s?", path);
		for (size_t p = 0; p < NELEM(parameters); p++)
			if (a.value[p] > 0)
				buf_printf(&target, "%s=%s&", parameters[p].name.p,
				    parameters[p].values[a.value[p]]);
		buf_putc(&target, '\0');
		if (is_refused(&a, target.data))
			continue;
		ask(w, target.data, &a);
		assert_true(n < ASKED_MAX);
		all[n++] = a;
	} while (next(&a));
	buf_free(&target);
	return n;
}

/* The only parameter in which they differ, or -1. */
static int
only_difference(const struct asked *a, const struct asked *b)
{
	int found = -1;

	if (a->endpoint != b->endpoint)
		return -1;
	for (size_t p = 0; p < NELEM(parameters); p++) {
		if (a->value[p] == b->value[p])
			continue;
		if (found != -1)
			return -1;
		found = (int)p;
	}
	return found;
}

TEST(answers_that_differ_have_different_texts)
{
	struct answer_world *w = *state;
	struct asked *all = calloc(ASKED_MAX, sizeof(*all));
	bool changes[NELEM(parameters)] = { 0 };
	size_t n, i, k;
	int p;

	for (i = 0; query_parameter_name(i).len > 0; i++)
		assert_true(i < NELEM(parameters) &&
			    str_eq(query_parameter_name(i), parameters[i].name));
	assert_int_equal(i, NELEM(parameters));
	n = ask_all(w, QUERY_STATISTICS, STATISTICS, all);
	n += ask_all(w, QUERY_RISK, RISK, all + n);
	n += ask_all(w, QUERY_WITH_STATS, WITH, all + n);
	n += ask_all(w, QUERY_HISTORY, HISTORY, all + n);
	n += ask_all(w, QUERY_CHANGES, CHANGES, all + n);
	n += ask_all(w, QUERY_UNLISTED, UNLISTED, all + n);
	n += ask_all(w, QUERY_COLUMNS, COLUMNS, all + n);
	n += ask_all(w, QUERY_MODEL, MODEL, all + n);
	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++) {
			bool other = strcmp(all[i].text, all[k].text) != 0;

			if (strcmp(all[i].body, all[k].body) != 0) {
				if (!other)
					fail_msg("%s and %s: %s", all[i].target,
					    all[k].target, all[i].text);
				if ((p = only_difference(&all[i], &all[k])) >= 0)
					changes[p] = true;
			}
			if (other != (strcmp(all[i].tag, all[k].tag) != 0))
				fail_msg("%s and %s: %s and %s", all[i].target,
				    all[k].target, all[i].tag, all[k].tag);
		}
	for (i = 0; i < NELEM(parameters); i++)
		if (!changes[i])
			fail_msg("%s changes no answer here", parameters[i].name.p);
	for (i = 0; i < n; i++)
		asked_free(&all[i]);
	free(all);
}

/* Targets that are the same question, and the text that all of them have. */
static const struct {
	const char *text;
	const char *targets[8];
} equals[] = {
	{ "stats",
	    { STATISTICS, STATISTICS "?offset=0",
		STATISTICS "?group_text_models=1" /* there is no such view here */,
		STATISTICS "?preset=critical&sort_by=name" /* not its parameters */ } },
	{ "stats&offset=0&limit=5",
	    { STATISTICS "?limit=5", STATISTICS "?limit=%2B05.0&offset=-0",
		STATISTICS "?limit=3&limit=5" } },
	{ "stats&offset=7&limit=null", { STATISTICS "?offset=7" } },
	{ "risk", { RISK, RISK "?offset=0&preset=&x=y", RISK "?sort_by=name",
		      RISK "?group_text_models=no&include_backend_variations=f" } },
	{ "risk-grouped", { RISK "?group_text_models=1", RISK
			      "?group_text_models=1&include_backend_variations=1" } },
	{ "risk&preset=critical",
	    { RISK "?preset=critical", RISK "?preset=critical&offset=0",
		RISK "?preset=x&preset=critical" } },
	{ "risk&preset=deletion_candidates&days=30",
	    { RISK "?preset=deletion_candidates&min_days=30",
		RISK "?min_days=30.0&format=json&preset=deletion_candidates" } },
	{ "risk&preset=deletion_candidates",
	    { RISK "?preset=deletion_candidates",
		RISK "?min_days=0&preset=deletion_candidates" } },
	{ "changes",
	    { CHANGES, CHANGES "?since=0&kinds=", CHANGES "?kinds=,,",
		CHANGES "?kinds=many,usage_rose,usage_fell,flag_cleared,flag_set,"
			"recovered,critical,at_risk,renamed,disappeared,appeared" } },
	{ "changes&kind=appeared&kind=many",
	    { CHANGES "?kinds=many,appeared", CHANGES "?kinds=appeared,many,many",
		CHANGES "?kinds=critical&kinds=appeared%2Cmany" } },
	{ "changes&since=9007199254740991", { CHANGES "?since=9007199254740991", CHANGES
						"?since=99999999999999999999" } },
	{ "history&format=csv",
	    { HISTORY "?format=csv", HISTORY "?format=json&format=csv" } },
	{ "with-stats",
	    { WITH, WITH "?sort_desc=0", WITH "?sort_by=other&sort_desc=0",
		WITH "?min_worker_count=0", WITH "?min_worker_count=-5",
		WITH "?include_workers=0&sort_by=&sort_desc=true&limit=1" } },
	{ "with-stats&least=1",
	    { WITH "?min_worker_count=1", WITH "?sort_desc=0&min_worker_count=01" } },
	{ "with-stats&workers=1", { WITH "?include_workers=1",
				      WITH "?include_workers=1&min_worker_count=0" } },
	{ "with-stats&workers=1&least=9223372036854775807",
	    { WITH "?include_workers=1&min_worker_count=9223372036854775807",
		WITH "?include_workers=1&min_worker_count=9223372036854775808" } },
	{ "with-stats&sort=worker_count&desc=1",
	    { WITH "?sort_by=worker_count",
		WITH "?sort_by=worker_count&min_worker_count=-1" } },
	{ "with-stats&workers=1&variations=1&sort=name&desc=1",
	    { WITH "?include_workers=1&include_backend_variations=1&sort_by=name",
		WITH "?include_workers=1&include_backend_variations=1&sort_by=name"
		     "&sort_desc=1" } },
};

TEST(the_same_question_has_one_text)
{
	struct answer_world *w = *state;
	struct asked first, other;
	size_t i, k;

	for (i = 0; i < NELEM(equals); i++) {
		ask(w, equals[i].targets[0], &first);
		assert_string_equal(first.text, equals[i].text);
		for (k = 1; equals[i].targets[k] != NULL; k++) {
			ask(w, equals[i].targets[k], &other);
			assert_string_equal(other.text, first.text);
			assert_string_equal(other.tag, first.tag);
			assert_string_equal(other.body, first.body);
			asked_free(&other);
		}
		asked_free(&first);
	}
}

TEST(the_whole_has_the_tag_of_its_content)
{
	struct answer_world *w = *state;
	struct asked a;

	ask(w, RISK, &a);
	assert_string_equal(a.tag, "W/\"00000000000006b7\"");
	asked_free(&a);
	ask(w, WITH, &a);
	assert_string_equal(a.tag, "W/\"0000000000000037\"");
	asked_free(&a);
}

/* Of the text and the content alone, whatever the machine. */
TEST(the_tag_of_a_part_never_changes)
{
	struct answer_world *w = *state;
	struct asked a;

	ask(w, RISK "?limit=1", &a);
	assert_string_equal(a.tag, "W/\"0820e9a5d707dc4c\"");
	asked_free(&a);
	ask(w, WITH "?include_workers=1", &a);
	assert_string_equal(a.tag, "W/\"9683ff6150b17e93\"");
	asked_free(&a);
}

UNIT_FIXTURE(.setup = answer_world_setup_evidence, .teardown = answer_world_teardown);
