/* Encoding in a thread: what is asked for comes, once, and only where it is wanted. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "codec/gunzip.h"
#include "fixture/answer_world.h"
#include "fixture/json_text.h"
#include "reader/coder.h"
#include "reader/page.h"
#include "reader/store.h"
#include "unit.h"

static struct generation *
held(struct answer_world *w)
{
	struct generation *g = NULL;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_TEXT_GENERATION, &g), STORE_HELD);
	return g;
}

static void
ask(struct coder *c, struct generation *g, const char *text, const char *key)
{
	struct arena *arena = arena_new();
	struct buf errors = { 0 }, selected = { 0 };
	struct selection s;
	struct query q;

	assert_true(query_parse(
	    (struct str){ text, strlen(text) }, QUERY_RISK, arena, &q, &errors));
	assert_true(selection_make(&s, VIEW_RISK, &q, &selected));
	coder_ask(c, g, &s, ENCODING_GZIP, (struct str){ key, strlen(key) }, 5000);
	buf_free(&selected); /* what it needs of it, it has copied */
	arena_free(&arena);
}

static struct blob *
find(const struct generation *g, const char *key)
{
	return cache_find(g->made, (struct str){ key, strlen(key) });
}

static void
wait_a_little(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	nanosleep(&pause, NULL);
}

/* What is kept in the end; the caller's. */
static struct blob *
wait_for(struct coder *c, const struct generation *g, const char *key)
{
	struct blob *blob;

	for (int i = 0; i < 60000; i++) {
		coder_collect(c);
		if ((blob = find(g, key)) != NULL)
			return blob;
		wait_a_little();
	}
	fail_msg("%s is not encoded", key);
	return NULL;
}

static void
wait_until_all_came_back(struct coder *c, const struct generation *g)
{
	for (int i = 0; g->lent > 0; i++) {
		assert_true(i < 60000);
		coder_collect(c);
		wait_a_little();
	}
}

/* first, last: with ' for ". */
static void
assert_body(struct blob *blob, const char *first, const char *last)
{
	struct buf body = { 0 };

	first = json_text_of("%s", first);
	last = json_text_of("%s", last);
	buf_add(&body, blob->data, blob->len);
	assert_int_equal(gunzip(&body, 1 << 20), GUNZIP_OK);
	assert_memory_equal(body.data, first, strlen(first));
	assert_memory_equal(body.data + body.len - strlen(last), last, strlen(last));
	buf_free(&body);
	blob_unref(blob);
}

TEST(each_kind_of_body_is_encoded)
{
	struct answer_world *w = *state;
	struct coder *c = w->answerer.maker.coder;
	struct generation *g = held(w);

	ask(c, g, "", "whole");
	ask(c, g, "limit=3&offset=1", "page");
	ask(c, g, "preset=critical", "preset");
	assert_body(wait_for(c, g, "whole"), "{'total_count':719,",
	    ",{'n':718}],'summary':'all'}");
	assert_body(wait_for(c, g, "page"),
	    "{'total_count':719,'returned_count':3,'offset':1,'limit':3,"
	    "'models':[{'n':1},",
	    "{'n':3}],'summary':'all'}");
	assert_body(wait_for(c, g, "preset"), "{'total_count':719,",
	    ",{'n':693}],'summary':'critical'}");
	wait_until_all_came_back(c, g);
	assert_int_equal(g->refs, 1);
	assert_int_equal(blob_unkept(), 0);
}

/* Of pages half as many as of all; nothing is asked for twice. */
TEST(what_is_under_way_is_bounded)
{
	struct answer_world *w = *state;
	struct coder *c = w->answerer.maker.coder;
	struct generation *g = held(w);
	char query[50], key[50];

	for (unsigned i = 0; i < 3 * CODER_JOBS; i++) {
		snprintf(query, sizeof(query), "limit=%u", i + 1);
		snprintf(key, sizeof(key), "page %u", i);
		ask(c, g, query, key);
		ask(c, g, query, key);
		ask(c, g, query, "page 0");
	}
	assert_int_equal(g->lent, CODER_PAGES);
	for (unsigned i = 0; i < 3 * CODER_JOBS; i++) {
		snprintf(key, sizeof(key), "whole %u", i);
		ask(c, g, "", key);
	}
	assert_int_equal(g->lent, CODER_JOBS);
	wait_until_all_came_back(c, g);
	assert_int_equal(g->refs, 1);
}

TEST(what_belongs_to_an_old_generation_is_dropped)
{
	struct answer_world *w = *state;
	struct coder *c = w->answerer.maker.coder;
	struct generation *old = held(w);

	old->refs++; /* as an answer would */
	for (int i = 0; i < 3; i++)
		ask(c, old, "", (const char *[]){ "a", "b", "c" }[i]);
	answer_world_publish(w, CATEGORY_TEXT_GENERATION, 719, 719, 5);
	assert_ptr_not_equal(held(w), old);
	wait_until_all_came_back(c, old);
	assert_int_equal(old->refs, 2);
	assert_null(old->made);
	assert_int_equal(blob_unkept(), 0);
	generation_unref(old);
	store_poll(w->answerer.store);
}

/* Nor does the coder pin it: that is no client's doing. */
TEST(a_lent_generation_is_not_pinned)
{
	struct answer_world *w = *state;
	struct coder *c = w->answerer.maker.coder;
	struct generation *old = held(w);

	ask(c, old, "", "a");
	answer_world_publish(w, CATEGORY_TEXT_GENERATION, 719, 719, 5);
	assert_int_equal(store_pinned(w->answerer.store), 0);
	/* Collected, it is nobody's. */
	for (int i = 0; i < 60000 &&
			counter_get(&w->counters, COUNTER_SNAPSHOTS_TAKEN) -
				counter_get(&w->counters, COUNTER_SNAPSHOTS_RELEASED) >
			    2;
	     i++) {
		coder_collect(c);
		store_poll(w->answerer.store);
		wait_a_little();
	}
	assert_int_equal(held(w)->lent, 0);
}

TEST(an_end_does_not_wait_for_all_that_was_asked)
{
	struct answer_world *w = *state;
	struct coder *c = coder_new();
	struct generation *g = held(w);
	char key[50];

	for (unsigned i = 0; i < CODER_JOBS; i++) {
		snprintf(key, sizeof(key), "whole %u", i);
		ask(c, g, "", key);
	}
	coder_free(&c);
	assert_null(c);
	assert_int_equal(g->lent, 0);
	assert_int_equal(g->refs, 1);
	coder_free(&c);
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
