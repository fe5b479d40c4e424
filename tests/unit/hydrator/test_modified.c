/* Since when views are what they are: kept while nothing changes, also over a death. */
#include "hydrator/modified.h"
#include "unit.h"

static void
stamp(struct modified *m, struct view_directory *d, uint64_t etag, int64_t now)
{
	d->views[VIEW_RISK].present = 1;
	d->views[VIEW_RISK].etag = etag;
	modified_stamp(m, d, now);
}

TEST(kept_while_the_etag_is)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 };

	stamp(&m, &d, 7, 100);
	assert_int_equal(d.views[VIEW_RISK].modified, 100);
	modified_note(&m, &d);
	stamp(&m, &d, 7, 200);
	assert_int_equal(d.views[VIEW_RISK].modified, 100);
	stamp(&m, &d, 8, 300);
	assert_int_equal(d.views[VIEW_RISK].modified, 300);
	assert_int_equal(d.views[VIEW_STATS].modified, 0);
}

TEST(a_time_in_the_future_is_not_kept)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 };

	stamp(&m, &d, 7, 200000);
	modified_note(&m, &d);
	stamp(&m, &d, 7, 100);
	assert_int_equal(d.views[VIEW_RISK].modified, 100);
	modified_note(&m, &d);
	stamp(&m, &d, 7, 300);
	assert_int_equal(d.views[VIEW_RISK].modified, 100);
}

/* All with-stats answers share a date, which each of their parts must move. */
TEST(with_stats_is_new_when_any_part_of_it_is)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 };
	uint64_t *const parts[] = { &d.views[VIEW_WITH_STATS].etag,
		&d.with_stats.workers_etag, &d.with_stats.variations_etag };
	int64_t now = 100;

	d.views[VIEW_WITH_STATS].present = 1;
	modified_stamp(&m, &d, now);
	for (size_t i = 0; i < NELEM(parts); i++) {
		modified_note(&m, &d);
		modified_stamp(&m, &d, now + 50);
		assert_int_equal(d.views[VIEW_WITH_STATS].modified, now);
		*parts[i] += 1;
		now += 100;
		modified_stamp(&m, &d, now);
		assert_int_equal(d.views[VIEW_WITH_STATS].modified, now);
	}
}

/* What was rendered but not published was never seen by anyone. */
TEST(only_what_was_published_counts)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 };

	stamp(&m, &d, 7, 100);
	modified_note(&m, &d);
	stamp(&m, &d, 8, 200);
	stamp(&m, &d, 7, 300);
	assert_int_equal(d.views[VIEW_RISK].modified, 100);
}

TEST(a_view_that_was_gone_is_new)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 }, without = { 0 };

	stamp(&m, &d, 0, 100);
	modified_note(&m, &d);
	modified_note(&m, &without);
	stamp(&m, &d, 0, 200);
	assert_int_equal(d.views[VIEW_RISK].modified, 200);
}

/* A list has a date of its own in each format: its text may have more in it, or less.
 */
TEST(texts_have_their_own)
{
	struct modified m = { 0 };
	struct view_directory d = { 0 };
	struct view *v = &d.views[VIEW_RISK];
	const struct view_text *csv = &v->texts[FORMAT_CSV];
	const struct view_text *markdown = &v->texts[FORMAT_MARKDOWN];

	v->texts[FORMAT_CSV].body.len = 1;
	stamp(&m, &d, 7, 100);
	assert_int_equal(csv->modified, 100);
	assert_int_equal(markdown->modified, 0);
	modified_note(&m, &d);
	v->texts[FORMAT_MARKDOWN].body.len = 1;
	stamp(&m, &d, 8, 200);
	assert_int_equal(v->modified, 200);
	assert_int_equal(csv->modified, 100);
	assert_int_equal(markdown->modified, 200);
	modified_note(&m, &d);
	v->texts[FORMAT_CSV].etag++;
	stamp(&m, &d, 8, 300);
	assert_int_equal(v->modified, 200);
	assert_int_equal(csv->modified, 300);
	assert_int_equal(markdown->modified, 200);
	modified_note(&m, &d);
	v->present = 0;
	modified_note(&m, &d);
	stamp(&m, &d, 8, 400);
	assert_int_equal(csv->modified, 400);
}
