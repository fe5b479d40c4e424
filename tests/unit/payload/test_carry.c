/* What a payload takes over from an older one: workers by name, forms by body. */
#include "fixture/analysis_cases.h"
#include "fixture/figures.h"
#include "fixture/full_payload.h"

#include <stdlib.h>

#include "payload/carry.h"
#include "payload/encode.h"
#include "payload/write.h"
#include "unit.h"

static void
render(struct analysis *f, const char *name)
{
	analysis_only_case(f, "payload/carry.json", name);
}

static struct analysis older, newer;

static int
set_up(void **state UNUSED)
{
	analysis_init(&older, CATEGORY_TEXT_GENERATION);
	analysis_init(&newer, CATEGORY_TEXT_GENERATION);
	newer.now = NOW + 60;
	render(&older, "older");
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	analysis_free(&older);
	analysis_free(&newer);
	return 0;
}

/* "a,b" of the workers of a row. */
static void
assert_workers(uint32_t row, const char *ids)
{
	const char *data = newer.out.data;
	const struct with_stats *w = &newer.dir->with_stats;
	const struct with_stats_row *r =
	    (const struct with_stats_row *)(const void *)(data + w->rows) + row;
	const struct with_stats_list *l = (const void *)(data + w->lists);
	const struct view_span *texts = (const void *)(data + w->workers);
	const uint32_t *members = (const void *)(data + w->members);
	char found[64] = "";

	for (uint64_t i = 0; i < r->nworkers; i++) {
		struct view_span text = texts[members[l[r->list].first + i]];

		assert_true(text.len > 4 && data[text.off + 2] == '"');
		found[i] = data[text.off + 1];
	}
	assert_string_equal(found, ids);
}

TEST(workers_are_found_again_by_name)
{
	render(&newer, "other_models");
	assert_workers(2, "");
	payload_carry_workers(&newer.out, older.dir);
	newer.dir = view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(newer.dir);
	assert_workers(0, "");
	assert_workers(1, "a");
	assert_workers(2, "ab");
	assert_workers(3, "");
	assert_int_equal(
	    newer.dir->with_stats.workers_etag, older.dir->with_stats.workers_etag);
	assert_int_not_equal(newer.dir->views[VIEW_WITH_STATS].etag,
	    older.dir->views[VIEW_WITH_STATS].etag);
}

TEST(without_models_there_is_nothing_to_take_over)
{
	size_t len;

	render(&newer, "foo_alone");
	len = newer.out.len;
	payload_carry_workers(&newer.out, older.dir);
	assert_int_equal(newer.out.len, len);
	assert_int_equal(newer.dir->views[VIEW_RISK].present, 0);
	assert_int_equal(newer.dir->views[VIEW_STATS].present, 1);
}

TEST(risk_is_taken_over_beside_new_statistics)
{
	const struct view *risk, *old;

	full_payload_add(&older.out);
	older.dir = view_open(older.out.data, older.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(older.dir);
	render(&newer, "foo_and_new_alone");
	payload_carry_risk(&newer.out, older.dir);
	newer.dir = view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(newer.dir);
	assert_int_equal(newer.dir->typed_entries, 2);
	analysis_expect(&newer, VIEW_STATS, "total_models", "2");
	analysis_expect(&newer, VIEW_STATS_GROUPED, "total_models", "2");
	for (int k = VIEW_RISK; k < VIEW_MAX; k++) {
		if (k == VIEW_STATS || k == VIEW_STATS_GROUPED)
			continue;
		risk = &newer.dir->views[k];
		old = &older.dir->views[k];
		assert_int_equal(risk->etag, old->etag);
		assert_int_equal(risk->body.len, old->body.len);
		assert_memory_equal(newer.out.data + risk->body.off,
		    older.out.data + old->body.off, old->body.len);
	}
	assert_workers(0, "ab"); /* of Foo */
	figures_check(newer.dir);
	assert_true(view_find(newer.dir, STR("Foo")) >= 0);
	assert_int_equal(newer.dir->past.sampled_at, older.dir->past.sampled_at);
	assert_int_equal(newer.dir->views[VIEW_CHANGES].nrows, EVENT_KIND_MAX);
	assert_int_equal(newer.dir->events, older.dir->events);
	/* Numbers are as old as they say. */
	assert_int_equal(newer.dir->with_stats.observed_at, NOW);
	assert_int_equal(newer.dir->computed_at, NOW + 60);
}

/* A payload of `older` whose with-stats view has one row, that text, at its very end;
 * in an allocation of its own size, so that a sanitizer sees a byte too many. */
static char *
with_last_row(const char *text, size_t *len)
{
	uint32_t n = (uint32_t)strlen(text);
	struct view_directory *d;
	struct view *v;
	char *payload;
	uint64_t off;

	buf_putc(&older.out, '{');
	buf_add(&older.out, text, n);
	d = payload_directory(&older.out);
	d->size = older.out.len;
	v = &d->views[VIEW_WITH_STATS];
	off = d->size - n;
	v->nrows = 1;
	v->body = (struct view_span){ off - 1, n + 1 };
	v->count = (struct view_span){ off - 1, 1 };
	v->tail = (struct view_span){ d->size, 0 };
	for (int p = 0; p < PRESET_MAX; p++)
		v->presets[p].matches = 0;
	d->views[VIEW_RISK].figures = 0; /* they name more rows */
	d->names.nslots = 0;
	*(struct view_row *)(void *)(older.out.data + v->rows) =
	    (struct view_row){ off, n, 0 };
	*(struct with_stats_row *)(void *)(older.out.data + d->with_stats.rows) =
	    (struct with_stats_row){ .exact_usage = { off, 0 },
		    .variations = { off, 0 } };
	*len = d->size;
	payload = malloc(*len);
	memcpy(payload, older.out.data, *len);
	assert_non_null(view_open(payload, *len, CATEGORY_TEXT_GENERATION));
	return payload;
}

TEST(names_that_have_no_end)
{
	static const char *const rows[] = { "", "\"", "\"a", "\"a\\", "\\" };
	char *payload;
	size_t len;

	for (size_t i = 0; i < NELEM(rows); i++) {
		payload = with_last_row(rows[i], &len);
		newer.out.len = 0;
		render(&newer, "foo");
		payload_carry_workers(&newer.out, (const void *)payload);
		assert_non_null(
		    view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION));
		assert_workers(0, "");
		free(payload);
	}
}

static struct str
form_of(const struct analysis *f, enum view_kind kind, enum encoding encoding)
{
	struct view_span s = f->dir->views[kind].coded[encoding];

	return (struct str){ f->out.data + s.off, s.len };
}

/* A queue that changes does not change deletion-risk without variations. */
TEST(forms_of_bodies_that_are_the_same_are_taken_over)
{
	const uint32_t wanted = view_form(VIEW_RISK, ENCODING_BROTLI) |
				view_form(VIEW_RISK, ENCODING_GZIP) |
				view_form(VIEW_RISK_VARIATIONS, ENCODING_GZIP);
	uint32_t there;

	assert_true(payload_encode(
	    &older.out, ~view_form(VIEW_RISK, ENCODING_GZIP), SIZE_MAX, NULL));
	older.dir = payload_directory(&older.out);
	render(&newer, "same_models_with_a_queue");
	assert_true(payload_lacks_forms(newer.dir, wanted));
	payload_carry_forms(&newer.out, older.dir, wanted, SIZE_MAX);
	newer.dir = view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(newer.dir);
	there = payload_forms(newer.dir);
	assert_int_equal(there, view_form(VIEW_RISK, ENCODING_BROTLI));
	assert_true(str_eq(form_of(&newer, VIEW_RISK, ENCODING_BROTLI),
	    form_of(&older, VIEW_RISK, ENCODING_BROTLI)));
	/* What is left to be made is made, and no more. */
	assert_true(payload_encode(&newer.out, wanted, SIZE_MAX, NULL));
	newer.dir = view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION);
	assert_int_equal(payload_forms(newer.dir), wanted);
	assert_false(payload_lacks_forms(newer.dir, wanted));
}

TEST(forms_without_room_are_not)
{
	size_t len;

	assert_true(payload_encode(&older.out, UINT32_MAX, SIZE_MAX, NULL));
	older.dir = payload_directory(&older.out);
	render(&newer, "same_models");
	len = newer.out.len;
	payload_carry_forms(&newer.out, older.dir, UINT32_MAX, len);
	assert_int_equal(newer.out.len, len);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* --- Identity -------------------------------------------------------------------- */

#define ALL_FORMS UINT32_MAX

static void
assert_is_identity(const struct view_directory *of, const struct buf *want)
{
	struct buf identity = { 0 };

	payload_identity(of, &identity);
	assert_int_equal(identity.len, want->len);
	assert_memory_equal(identity.data, want->data, want->len);
	assert_non_null(
	    view_open(identity.data, identity.len, CATEGORY_TEXT_GENERATION));
	buf_free(&identity);
}

static void
open_newer(void)
{
	newer.dir = view_open(newer.out.data, newer.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(newer.dir);
}

TEST(the_identity_is_the_same_whatever_forms_there_are)
{
	struct buf plain = { 0 };

	render(&newer, "foo_and_new");
	buf_add(&plain, newer.out.data, newer.out.len);
	assert_is_identity(newer.dir, &plain);
	assert_true(payload_encode(&newer.out,
	    view_form(VIEW_RISK, ENCODING_ZSTD) |
		view_form(VIEW_WITH_STATS, ENCODING_GZIP),
	    SIZE_MAX, NULL));
	open_newer();
	assert_int_not_equal(payload_forms(newer.dir), 0);
	assert_is_identity(newer.dir, &plain);
	assert_true(payload_encode(&newer.out, ALL_FORMS, SIZE_MAX, NULL));
	open_newer();
	assert_is_identity(newer.dir, &plain);
	buf_free(&plain);
}

TEST(the_identity_has_no_form_that_was_taken_over)
{
	struct buf plain = { 0 };

	buf_add(&plain, older.out.data, older.out.len);
	assert_true(payload_encode(&older.out, ALL_FORMS, SIZE_MAX, NULL));
	older.dir = view_open(older.out.data, older.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(older.dir);
	buf_add(&newer.out, plain.data, plain.len);
	payload_carry_forms(&newer.out, older.dir, ALL_FORMS, SIZE_MAX);
	open_newer();
	assert_int_not_equal(payload_forms(newer.dir), 0);
	assert_is_identity(newer.dir, &plain);
	buf_free(&plain);
}

/* What a predecessor left is taken over without its forms, which come from the body. */
TEST(the_identity_of_risk_that_was_taken_over)
{
	struct buf plain = { 0 };
	uint32_t forms;

	render(&newer, "foo_and_new_alone");
	payload_carry_risk(&newer.out, older.dir);
	buf_add(&plain, newer.out.data, newer.out.len);
	assert_true(payload_encode(&older.out, ALL_FORMS, SIZE_MAX, NULL));
	older.dir = view_open(older.out.data, older.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(older.dir);
	forms = payload_forms(older.dir);
	render(&newer, "foo_and_new_alone");
	payload_carry_risk(&newer.out, older.dir);
	assert_int_equal(newer.out.len, plain.len);
	assert_memory_equal(newer.out.data, plain.data, plain.len);
	payload_carry_forms(&newer.out, older.dir, ALL_FORMS, SIZE_MAX);
	open_newer();
	assert_int_not_equal(payload_forms(newer.dir), 0);
	assert_int_equal(payload_forms(newer.dir) | forms, forms);
	assert_is_identity(newer.dir, &plain);
	buf_free(&plain);
}

/* As former versions left it: forms, and statistics behind them. */
TEST(the_identity_of_a_payload_with_forms_in_between)
{
	struct buf identity = { 0 };
	struct view_directory *d;
	struct view_span moved;

	assert_true(payload_encode(&older.out, ALL_FORMS, SIZE_MAX, NULL));
	d = payload_directory(&older.out);
	moved = (struct view_span){ older.out.len, d->views[VIEW_STATS].body.len };
	buf_reserve(&older.out, moved.len);
	d = payload_directory(&older.out);
	memcpy(older.out.data + moved.off,
	    older.out.data + d->views[VIEW_STATS].body.off, moved.len);
	older.out.len += moved.len;
	d->size = older.out.len;
	d->views[VIEW_STATS].count.off += moved.off - d->views[VIEW_STATS].body.off;
	d->views[VIEW_STATS].tail.off += moved.off - d->views[VIEW_STATS].body.off;
	d->views[VIEW_STATS].body.off = moved.off;
	older.dir = view_open(older.out.data, older.out.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(older.dir);
	assert_int_not_equal(payload_forms(older.dir), 0);
	payload_identity(older.dir, &identity);
	assert_int_equal(identity.len, older.out.len);
	older.dir = view_open(identity.data, identity.len, CATEGORY_TEXT_GENERATION);
	assert_non_null(older.dir);
	assert_int_equal(payload_forms(older.dir), 0);
	buf_free(&identity);
}
