/* A row may be cut anywhere: in pieces of any size the body is the same. */
#include <string.h>

#include "base/mem.h"
#include "fixture/answer_world.h"
#include "reader/page.h"
#include "reader/query.h"
#include "reader/row_lengths.h"
#include "reader/selection.h"
#include "reader/store.h"
#include "reader/with_stats_row.h"
#include "unit.h"

static void
assert_pieces(const struct generation *g, const struct selection *s, size_t size)
{
	struct http_response whole = { .fd = -1 }, cut = { .fd = -1 };
	struct buf want = { 0 };
	char piece[200];
	size_t at = 0, n;

	page_put(&whole, g, s);
	page_drain(&whole, &want);
	page_put(&cut, g, s);
	assert_non_null(cut.source);
	at = want.len - cut.source->len;
	while ((n = want.len - at < size ? want.len - at : size) > 0) {
		cut.source->fill(cut.source, piece, n);
		assert_memory_equal(piece, want.data + at, n);
		at += n;
	}
	whole.source->free(whole.source);
	cut.source->free(cut.source);
	http_response_free(&whole);
	http_response_free(&cut);
	buf_free(&want);
}

static void
assert_all_pieces(
    struct answer_world *w, enum view_kind kind, unsigned endpoint, const char *text)
{
	struct arena *arena = arena_new();
	struct buf errors = { 0 }, selected = { 0 };
	struct generation *g = NULL;
	struct selection s;
	struct query q;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g), STORE_HELD);
	assert_true(query_parse(
	    (struct str){ text, strlen(text) }, endpoint, arena, &q, &errors));
	assert_true(selection_make(&s, kind, &q, &selected));
	for (size_t size = 1; size <= 200; size += size < 20 ? 1 : 37)
		assert_pieces(g, &s, size);
	buf_free(&selected);
	arena_free(&arena);
}

TEST(presets_in_pieces_of_any_size)
{
	assert_all_pieces(*state, VIEW_RISK, QUERY_RISK, "preset=critical");
	assert_all_pieces(
	    *state, VIEW_RISK, QUERY_RISK, "preset=zero_usage&limit=9&offset=40");
	assert_all_pieces(
	    *state, VIEW_RISK, QUERY_RISK, "preset=critical&limit=9&offset=400");
}

TEST(with_stats_in_pieces_of_any_size)
{
	assert_all_pieces(*state, VIEW_WITH_STATS, QUERY_WITH_STATS,
	    "include_workers=1&include_backend_variations=1&sort_by=usage_total");
	assert_all_pieces(*state, VIEW_WITH_STATS, QUERY_WITH_STATS,
	    "include_workers=1&min_worker_count=1&sort_by=name");
	assert_all_pieces(
	    *state, VIEW_WITH_STATS, QUERY_WITH_STATS, "min_worker_count=1");
	assert_all_pieces(*state, VIEW_WITH_STATS, QUERY_WITH_STATS,
	    "min_worker_count=1000&sort_by=worker_count");
}

TEST_WITH(filters_and_texts_in_pieces_of_any_size, answer_world_setup_evidence,
    answer_world_teardown)
{
	assert_all_pieces(*state, VIEW_RISK, QUERY_RISK,
	    "preset=deletion_candidates&min_days=90&offset=2");
	assert_all_pieces(
	    *state, VIEW_RISK, QUERY_RISK, "preset=deletion_candidates&min_days=90");
	assert_all_pieces(
	    *state, VIEW_RISK, QUERY_RISK, "preset=deletion_candidates&min_days=9000");
	assert_all_pieces(*state, VIEW_RISK, QUERY_RISK,
	    "preset=deletion_candidates&min_days=9&format=csv");
	assert_all_pieces(*state, VIEW_CHANGES, QUERY_CHANGES, "kinds=many,critical");
	assert_all_pieces(*state, VIEW_HISTORY, QUERY_HISTORY,
	    "preset=critical&format=markdown&limit=3");
}

TEST_WITH(
    a_model_in_pieces_of_any_size, answer_world_setup_evidence, answer_world_teardown)
{
	struct answer_world *w = *state;
	struct generation *g = NULL;
	struct selection s;
	struct buf text = { 0 };

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g), STORE_HELD);
	selection_make_model(&s, 1, STR("m1"), true, STR(""), &text);
	for (size_t size = 1; size <= 200; size += size < 20 ? 1 : 37)
		assert_pieces(g, &s, size);
	selection_make_model(&s, 1, STR("m1"), true, STR("[{\"flag\":1}]"), &text);
	for (size_t size = 1; size <= 200; size += size < 20 ? 1 : 37)
		assert_pieces(g, &s, size);
	buf_free(&text);
}

/* The oracle of row_lengths_sum(): row by row. */
static void
assert_lengths(const struct generation *g, const struct with_stats_choice *c)
{
	struct sink sink = { .to = NULL };
	struct buf digits = { 0 };
	uint32_t n = 0, counted = UINT32_MAX;

	for (uint32_t i = 0; i < g->directory->views[VIEW_WITH_STATS].nrows; i++) {
		if (!with_stats_row_is_chosen(g, c, i))
			continue;
		if (n++ > 0)
			sink_put(&sink, STR(","));
		with_stats_row_put(&sink, g, c, i, &digits);
	}
	assert_int_equal(row_lengths_sum(g, c, &counted), sink.len);
	assert_int_equal(counted, n);
	buf_free(&digits);
}

TEST(lengths_are_those_of_the_rows)
{
	struct answer_world *w = *state;
	struct generation *g = NULL;
	int i;

	assert_int_equal(
	    store_get(w->answerer.store, CATEGORY_IMAGE_GENERATION, &g), STORE_HELD);
	for (int64_t least = -1; least < 60; least++)
		for (i = 0; i < 4; i++)
			assert_lengths(
			    g, &(struct with_stats_choice){ i & 1, i >> 1, least });
	for (i = 0; i < 4; i++)
		assert_lengths(
		    g, &(struct with_stats_choice){ i & 1, i >> 1, INT64_MAX });
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
