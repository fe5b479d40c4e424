/* Cycles: documents in a directory become a snapshot, and bad ones leave the last. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "fixture/json_text.h"
#include "hydrator/cycle.h"
#include "hydrator/accept.h"
#include "hydrator/account.h"
#include "hydrator/gate_file.h"
#include "hydrator/recall.h"
#include "fixture/hydrator_world.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/document.h"
#include "terms/part.h"
#include "unit.h"

static struct hydrator_world world;
static struct cycle cycle;

static int
setup_with(const char *category, size_t capacity)
{
	hydrator_world_make(&world, category, capacity);
	hydrator_world_open_cycle(&world, &cycle);
	return 0;
}

static int
setup(void **state UNUSED)
{
	return setup_with("image_generation", HYDRATOR_WORLD_CAPACITY);
}

static int
teardown(void **state UNUSED)
{
	hydrator_world_close_cycle(&cycle);
	hydrator_world_remove(&world);
	return 0;
}

static bool
go_on(void *arg)
{
	(void)arg;
	return true;
}

static enum cycle_result
run(void)
{
	struct source_wait wait = { .fd = -1, .attend = go_on };

	hydrator_world_forget_log();
	return cycle_run(&cycle, &wait);
}

static uint64_t
count(enum counter id)
{
	return counter_get(cycle.counters, id);
}

static void
assert_published(uint64_t generation)
{
	enum cycle_result result = run();

	if (result != CYCLE_PUBLISHED)
		hydrator_world_logged("");
	assert_int_equal(result, CYCLE_PUBLISHED);
	assert_int_equal(snapshot_generation(world.segment, 0), generation);
	assert_int_equal(cycle.generation, generation);
	assert_int_equal(hydrator_world_logged("hydrated "), 1);
}

/* One line says all of why; the last snapshot stays; the failure is counted once. */
static void
assert_fails(const char *why, const char *and_why)
{
	uint64_t generation = snapshot_generation(world.segment, 0);
	uint64_t failures = count(COUNTER_REFRESH_FAILURES);

	assert_int_equal(run(), CYCLE_FAILED);
	assert_int_equal(snapshot_generation(world.segment, 0), generation);
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), failures + 1);
	assert_int_equal(hydrator_world_logged(" not refreshed: "), 1);
	assert_int_equal(hydrator_world_logged(why), 1);
	assert_int_equal(hydrator_world_logged(and_why), 1);
}

static struct snapshot_stamp
stamp(void)
{
	struct snapshot *s;
	struct snapshot_stamp stamp;

	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	stamp = s->stamp;
	snapshot_release(&s);
	return stamp;
}

/* One line says which documents are old or absent and why; what is published of them is
 * as old as they are, or not there; it is no success. */
static void
assert_partial(enum cycle_result result, const char *why, const char *and_why)
{
	uint64_t generation = snapshot_generation(world.segment, 0);
	uint64_t partial = count(COUNTER_REFRESHES_PARTIAL);
	uint64_t refreshes = count(COUNTER_REFRESHES);
	uint64_t in_row = atomic_load(&cycle.counters->failures_in_row);
	int64_t success = atomic_load(&cycle.counters->last_success);
	int64_t begun = clock_boot();

	assert_int_equal(run(), result);
	assert_int_equal(snapshot_generation(world.segment, 0), generation + 1);
	assert_int_equal(count(COUNTER_REFRESHES_PARTIAL), partial + 1);
	assert_int_equal(count(COUNTER_REFRESHES), refreshes);
	assert_int_equal(atomic_load(&cycle.counters->failures_in_row), in_row + 1);
	assert_int_equal(atomic_load(&cycle.counters->last_success), success);
	assert_true(stamp().part[PART_WORKERS].fetched_boot < begun);
	assert_int_equal(hydrator_world_logged(why), 1);
	assert_int_equal(hydrator_world_logged(and_why), 1);
}

/* As a new process that finds the last snapshot. */
static void
restart(void)
{
	char err[256];

	cycle_close(&cycle);
	memset(cycle.gate, 0, sizeof(cycle.gate));
	memset(&cycle.demand, 0, sizeof(cycle.demand));
	cycle.generation = 0;
	assert_int_equal(cycle_open(&cycle, err, sizeof(err)), 0);
	recall(&cycle);
}

static struct ledger
ledger(void)
{
	struct ledger l;

	assert_true(ledger_read(world.segment, 0, &l));
	return l;
}

/* text: with ' for ". */
static bool
view_has(const struct snapshot *s, const struct view *v, const char *text)
{
	text = json_text_of("%s", text);
	return memmem(s->data + v->body.off, v->body.len, text, strlen(text)) != NULL;
}

TEST(test_readers_can_take_what_was_published)
{
	const struct view_directory *d;
	struct snapshot *s;
	int64_t before = clock_boot(), before_wall = clock_wall();

	assert_published(1);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	d = view_open(s->data, s->len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_int_equal(d->typed_entries, 2);
	assert_int_equal(d->skipped, 0);
	assert_int_equal(d->views[VIEW_RISK].total_count, 2);
	assert_true(view_has(s, &d->views[VIEW_RISK], "'name':'Old Oak'"));
	assert_true(view_has(s, &d->views[VIEW_STATS], "image_generation"));
	for (int p = 0; p < PART_MAX; p++) {
		const struct part_stamp *part = &s->stamp.part[p];

		assert_in_range(part->fetched_boot, before, clock_boot());
		assert_in_range(part->fetched_wall, before_wall, clock_wall());
		assert_in_range(
		    s->stamp.published_wall, part->fetched_wall, clock_wall());
	}
	assert_in_range(
	    d->computed_at, before_wall / NSEC_PER_SEC, clock_wall() / NSEC_PER_SEC);
	snapshot_release(&s);
	assert_int_equal(count(COUNTER_REFRESHES), 1);
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 0);
	assert_in_range(
	    atomic_load(&cycle.counters->last_success), before, clock_boot());
	assert_int_equal(
	    hydrator_world_logged("hydrated image_generation: 2 models, 0 skipped, "),
	    1);
}

TEST(test_missing_documents)
{
	hydrator_world_put("stats_image.json", NULL);
	assert_partial(CYCLE_REUSED, "image_generation: stats is absent: file://",
	    "stats_image.json: No such file");
	assert_int_equal(count(COUNTER_REUSED_DOCUMENTS), 0);
	hydrator_world_put("stats_image.json", "{}");
	assert_published(2);
	/* All that are missing stand in the one line. */
	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("reference.json", NULL);
	assert_partial(CYCLE_REUSED, "image_generation: reference is 0 s old: file://",
	    "; status is 0 s old: file://");
	assert_int_equal(count(COUNTER_FETCH_FAILURES), 3);
	assert_int_equal(count(COUNTER_BAD_DOCUMENTS), 0);
	assert_int_equal(count(COUNTER_REUSED_DOCUMENTS), 2);
	assert_int_equal(count(COUNTER_NOT_FETCHED), 2);
}

static unsigned
parts(void)
{
	const struct snapshot_stamp s = stamp();
	unsigned p, there = 0;

	for (p = 0; p < PART_MAX; p++)
		there |= (unsigned)part_stamp_is_there(&s.part[p]) << p;
	return there;
}

#define STATISTICS (1u << PART_STATISTICS)
#define RISK (1u << PART_DELETION_RISK)
#define WORKERS (1u << PART_WORKERS)

/* What is missing makes only its own answers missing. */
TEST(test_parts_are_there_by_themselves)
{
	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("workers.json", "<html>");
	assert_partial(
	    CYCLE_REUSED, "status is absent: file://", "workers is absent: file://");
	assert_int_equal(parts(), STATISTICS);
	hydrator_world_put("status_image.json", "[]");
	assert_partial(CYCLE_REUSED, "workers is absent: file://", "JSON");
	assert_int_equal(parts(), STATISTICS | RISK);
	hydrator_world_put("workers.json", "[]");
	assert_published(3);
	assert_int_equal(parts(), STATISTICS | RISK | WORKERS);
}

/* And each is as old as its own documents. */
TEST(test_parts_have_ages_of_their_own)
{
	struct snapshot_stamp first, later;

	assert_published(1);
	first = stamp();
	hydrator_world_put("workers.json", NULL);
	hydrator_world_put("stats_image.json", NULL);
	assert_partial(CYCLE_REUSED, "stats is 0 s old", "stats_image.json");
	later = stamp();
	assert_true(later.part[PART_STATISTICS].fetched_boot >
		    first.part[PART_STATISTICS].fetched_boot);
	assert_in_range(later.part[PART_DELETION_RISK].fetched_boot,
	    first.part[PART_STATISTICS].fetched_boot,
	    later.part[PART_STATISTICS].fetched_boot - 1);
	assert_int_equal(later.part[PART_WORKERS].fetched_boot,
	    later.part[PART_DELETION_RISK].fetched_boot);
}

/* A cycle that fails loses nothing of what it had. */
TEST(test_documents_outlive_a_failed_cycle)
{
	hydrator_world_put("reference.json", NULL);
	assert_fails("not refreshed: reference: file://", "reference.json");
	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("stats_image.json", NULL);
	hydrator_world_put("reference.json", "{}");
	assert_partial(CYCLE_REUSED, "status is 0 s old", "stats is 0 s old");
	assert_int_equal(parts(), STATISTICS | RISK | WORKERS);
}

/* Directories of documents may be older than the interest in workers. */
TEST(test_missing_workers_are_none)
{
	hydrator_world_put("workers.json", NULL);
	assert_published(1);
	assert_int_equal(hydrator_world_logged("workers.json does not exist"), 1);
	assert_published(2);
	assert_int_equal(hydrator_world_logged("warning: "), 0);
	hydrator_world_put("workers.json", "[]");
	assert_published(3);
	hydrator_world_put("workers.json", NULL);
	assert_published(4);
	assert_int_equal(hydrator_world_logged("workers.json does not exist"), 1);
	assert_int_equal(count(COUNTER_FETCH_FAILURES), 0);
	/* But it must not be another thing. */
	hydrator_world_put("workers.json", "");
	assert_partial(CYCLE_REUSED, "workers is 0 s old: file://", "JSON");
	hydrator_world_put("workers.json", "[1]");
	assert_partial(CYCLE_REUSED,
	    "workers is 0 s old: none of its 1 elements is valid", " s old: ");
}

/* With ' for ". */
static const char *const bad_reference[] = { "", "<html>", "{'a': ", "[]",
	"{'a': '\xff'}", "null" };
static const char *const bad_horde[] = { "", "<html>", "[{", "'x'", "null", "7" };

static void
put_bad(const char *file, const char *text)
{
	hydrator_world_put(file, json_text_of("%s", text));
}

/* Before there is anything to go on with. */
TEST(test_bad_first_documents)
{
	size_t i;

	for (i = 0; i < NELEM(bad_reference); i++) {
		put_bad("reference.json", bad_reference[i]);
		assert_fails("not refreshed: reference: file://", "JSON");
	}
	assert_int_equal(count(COUNTER_BAD_DOCUMENTS), NELEM(bad_reference));
	hydrator_world_put("reference.json", "{}");
	restart(); /* the others were good, and are kept */
	for (i = 0; i < NELEM(bad_horde); i++) {
		put_bad("status_image.json", bad_horde[i]);
		assert_partial(CYCLE_REUSED, "status is absent: file://", "JSON");
	}
	hydrator_world_put("status_image.json", "[]");
	/* Good JSON of the right kind that holds nothing usable. */
	restart();
	hydrator_world_put("stats_image.json", json_text_of("{'day': 3}"));
	assert_partial(CYCLE_REUSED, "stats is absent: ", "day");
	assert_int_equal(
	    count(COUNTER_BAD_DOCUMENTS), NELEM(bad_reference) + NELEM(bad_horde) + 1);
	assert_int_equal(count(COUNTER_NOT_ACCEPTED), count(COUNTER_BAD_DOCUMENTS));
	assert_int_equal(count(COUNTER_FETCH_FAILURES), 0);
	world.config.gate.min_ratio = 0; /* the first run has seen usage */
	hydrator_world_put("stats_image.json", "{}");
	assert_published(NELEM(bad_horde) + 2);
}

TEST(test_bad_later_documents)
{
	size_t i;

	assert_published(1);
	for (i = 0; i < NELEM(bad_reference); i++) {
		put_bad("reference.json", bad_reference[i]);
		assert_partial(CYCLE_REUSED, "reference is 0 s old: file://", "JSON");
	}
	for (i = 0; i < NELEM(bad_horde); i++) {
		put_bad("stats_image.json", bad_horde[i]);
		assert_partial(CYCLE_REUSED, "; stats is 0 s old: file://", "JSON");
	}
	hydrator_world_put("stats_image.json", json_text_of("{'day': 3}"));
	assert_partial(CYCLE_REUSED, "; stats is 0 s old: day: not an object", "JSON");
	assert_int_equal(count(COUNTER_BAD_DOCUMENTS),
	    NELEM(bad_reference) + 2 * NELEM(bad_horde) + 2);
	assert_int_equal(count(COUNTER_NOT_ACCEPTED), count(COUNTER_REFRESHES_PARTIAL));
}

TEST(test_invalid_records_are_skipped)
{
	hydrator_world_put_case("elm_and_a_bad_ash");
	assert_published(1);
	assert_int_equal(hydrator_world_logged("warning: "), 1);
	assert_int_equal(hydrator_world_logged("Ash"), 1);
	assert_int_equal(
	    hydrator_world_logged("hydrated image_generation: 1 models, 1 skipped"), 1);
	assert_int_equal(count(COUNTER_SKIPPED_RECORDS), 1);
	/* Again, but not said again. */
	assert_published(2);
	assert_int_equal(hydrator_world_logged("Ash"), 0);
	assert_int_equal(count(COUNTER_SKIPPED_RECORDS), 2);
}

TEST(test_next_place_is_tried)
{
	hydrator_world_places(&world, http_stub_url(&group_stub, "/404"), world.own);
	assert_published(1);
	assert_int_equal(hydrator_world_logged("/404: HTTP status 404; taken from"), 1);
	assert_int_equal(count(COUNTER_FETCH_FAILURES), 1);
	/* Status 200 is not enough to be a reference document. */
	hydrator_world_places(&world, http_stub_url(&group_stub, "/empty"), world.own);
	assert_published(2);
	assert_int_equal(count(COUNTER_BAD_DOCUMENTS), 1);
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 0);
}

/* The reference is asked for a second after the others, whose age is what counts. */
TEST(test_stamp_is_of_the_oldest_document)
{
	struct snapshot *s;
	int64_t begin = clock_boot();

	hydrator_world_places(
	    &world, http_stub_url(&group_stub, "/slow/404"), world.own);
	assert_published(1);
	assert_true(clock_boot() - begin > HTTP_STUB_SLOW_MS * NSEC_PER_MSEC);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	assert_true(s->stamp.part[PART_DELETION_RISK].fetched_boot <
		    s->stamp.part[PART_STATISTICS].fetched_boot);
	assert_true(s->stamp.part[PART_STATISTICS].fetched_boot - begin >
		    HTTP_STUB_SLOW_MS * NSEC_PER_MSEC);
	snapshot_release(&s);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

TEST(test_stopped_cycle_leaves_no_trace)
{
	struct source_wait wait = { .fd = -1, .attend = never };

	hydrator_world_places(&world, http_stub_url(&group_stub, "/hang"), NULL);
	assert_int_equal(cycle_run(&cycle, &wait), CYCLE_STOPPED);
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 0);
	assert_int_equal(hydrator_world_logged(""), 0);
	hydrator_world_places(&world, world.own, NULL);
	assert_published(1);
}

/* A large reference document of image models. */
static void
put_models(unsigned n)
{
	struct buf b = { 0 };

	for (unsigned i = 0; i < n; i++)
		json_text_put(&b,
		    "%s'm%u':{'name':'m%u','baseline':'flux_1','nsfw':true}",
		    i > 0 ? "," : "{", i, i);
	buf_add(&b, "}", 2);
	hydrator_world_put("reference.json", b.data);
	buf_free(&b);
}

struct patience {
	unsigned attended;
	unsigned most; /* the call that ends it */
};

static bool
lose_patience(void *arg)
{
	struct patience *p = arg;

	return ++p->attended != p->most;
}

/* Each beat may be the one at which the order comes: of fetching, rendering, encoding.
 */
static int
setup_large(void **state UNUSED)
{
	return setup_with("image_generation", 64 * 1024 * 1024);
}

TEST_WITH(test_a_cycle_stops_while_it_computes, setup_large, teardown)
{
	struct patience patience = { 0 };
	struct source_wait wait = {
		.fd = -1, .attend = lose_patience, .arg = &patience
	};
	unsigned all;

	put_models(40);
	assert_int_equal(cycle_run(&cycle, &wait), CYCLE_PUBLISHED);
	all = patience.attended;
	put_models(3 * PACE_STEPS);
	for (unsigned most = all - 1; most < all + 20; most++) {
		patience = (struct patience){ .most = most };
		hydrator_world_forget_log();
		assert_int_equal(cycle_run(&cycle, &wait), CYCLE_STOPPED);
		assert_int_equal(patience.attended, most);
		assert_int_equal(hydrator_world_logged(""), 0);
	}
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 0);
	assert_int_equal(snapshot_generation(world.segment, 0), 1);
}

TEST(test_all_documents_fail)
{
	assert_published(1);
	hydrator_world_put("reference.json", NULL);
	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("stats_image.json", NULL);
	hydrator_world_put("workers.json", "<html>");
	assert_fails("not refreshed: reference: file://", "; workers: file://");
	assert_int_equal(count(COUNTER_REUSED_DOCUMENTS), 0);
}

TEST(test_unchanged_documents_are_published_anew)
{
	struct snapshot *before, *after;

	assert_published(1);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &before), SNAPSHOT_FRESH);
	assert_published(2);
	assert_int_equal(hydrator_world_logged(": unchanged, 2 models, "), 1);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &after), SNAPSHOT_FRESH);
	assert_int_equal(before->len, after->len);
	assert_memory_equal(before->data, after->data, before->len);
	for (int p = 0; p < PART_MAX; p++) {
		const struct part_stamp *then = &before->stamp.part[p];
		const struct part_stamp *now = &after->stamp.part[p];

		assert_true(now->fetched_boot > then->fetched_boot);
		assert_true(now->fetched_wall > then->fetched_wall);
	}
	snapshot_release(&before);
	snapshot_release(&after);
	assert_int_equal(count(COUNTER_REFRESHES), 2);
	assert_int_equal(count(COUNTER_REFRESHES_UNCHANGED), 1);
	hydrator_world_put("status_image.json", "[]");
	world.config.gate.min_ratio = 0;
	assert_published(3);
	assert_int_equal(count(COUNTER_REFRESHES_UNCHANGED), 1);
	/* Neither is there anything to compute if the rest is unchanged. */
	hydrator_world_put("stats_image.json", NULL);
	assert_partial(CYCLE_REUSED, "stats is 0 s old", " s old: ");
	assert_int_equal(count(COUNTER_REFRESHES_UNCHANGED), 2);
}

/* The rest of the cycle is new, and so is its content. */
TEST(test_old_document_beside_new_ones)
{
	struct snapshot *s;
	const struct view_directory *d;
	int64_t first, then;

	assert_published(1);
	first = stamp().part[PART_DELETION_RISK].fetched_boot;
	then = clock_boot();
	hydrator_world_put("stats_image.json", NULL);
	hydrator_world_put_case("elm_and_ash");
	assert_partial(CYCLE_REUSED, "stats is 0 s old", "stats_image.json");
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	d = view_open(s->data, s->len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_true(view_has(s, &d->views[VIEW_RISK], "'name':'Ash'"));
	assert_true(view_has(s, &d->views[VIEW_RISK], "'usage_month':50"));
	assert_in_range(s->stamp.part[PART_DELETION_RISK].fetched_boot, first, then);
	snapshot_release(&s);
	/* Once more, and it is still that old. */
	assert_partial(CYCLE_REUSED, "stats is 0 s old", " s old: ");
	hydrator_world_put("stats_image.json",
	    json_text_of("{'month': {'Elm': 60}, 'total': {'Elm': 60}}"));
	assert_published(4);
	assert_true(stamp().part[PART_DELETION_RISK].fetched_boot > first);
	assert_int_equal(atomic_load(&cycle.counters->failures_in_row), 0);
}

static unsigned
refused(void)
{
	return COUNTERS_REFUSED_DOCUMENTS(counter_read(&cycle.counters->refused));
}

static const char no_usage[] = "stats is 0 s old: implausible: 0 models with usage, "
			       "down from 1 (answer ";

TEST(test_shrunken_document_must_come_again)
{
	world.config.hydration.interval =
	    0; /* else answers as quick as these are one */
	assert_published(1);
	hydrator_world_put("stats_image.json", "{}");
	assert_partial(CYCLE_REFUSED, no_usage, "(answer 1 of 3 like it)");
	assert_int_equal(refused(), 1u << DOCUMENT_STATS);
	assert_int_equal(count(COUNTER_IMPLAUSIBLE), 1);
	assert_partial(CYCLE_REFUSED, no_usage, "(answer 2 of 3 like it)");
	/* A failed fetch says nothing about it. */
	hydrator_world_put("stats_image.json", NULL);
	assert_partial(CYCLE_REUSED, "stats is 0 s old: file://", " s old: ");
	assert_int_equal(refused(), 1u << DOCUMENT_STATS);
	hydrator_world_put("stats_image.json", json_text_of("{'total': {'Elm': 0}}"));
	assert_published(5);
	assert_int_equal(
	    hydrator_world_logged("stats is accepted with 0 models with usage, down "
				  "from 1: it came often enough"),
	    1);
	assert_int_equal(refused(), 0);
	assert_int_equal(count(COUNTER_IMPLAUSIBLE), 2);
	/* It is the good one now. */
	assert_published(6);
	assert_int_equal(count(COUNTER_REFRESHES_UNCHANGED), 4);
}

/* Full documents, but of other models, or without what flags a model. */
TEST(test_documents_of_other_models_have_shrunk)
{
	static const char *const periods[][2] = {
		{ "day", "total" },
		{ "day", "month" },
	};
	size_t i;

	assert_published(1);
	for (i = 0; i < NELEM(periods); i++) {
		hydrator_world_put("stats_image.json",
		    json_text_of("{'%s': {'Elm': 4}, '%s': {'Elm': 600}}",
			periods[i][0], periods[i][1]));
		assert_partial(CYCLE_REFUSED, no_usage, "of 3 like it)");
	}
	hydrator_world_put("stats_image.json",
	    json_text_of(
		"{'month': {'Fir': 5, 'Yew': 7}, 'total': {'Fir': 6, 'Yew': 7}}"));
	assert_partial(CYCLE_REFUSED, no_usage, "of 3 like it)");
	hydrator_world_put_case("two_models");
	assert_published(5);
	hydrator_world_put_case("fir_has_workers");
	assert_partial(CYCLE_REFUSED,
	    "status is 0 s old: implausible: 0 models with a worker, down from 1 ",
	    "(answer 1 of 3 like it)");
}

static void
put_usage(size_t month)
{
	hydrator_world_put("stats_image.json",
	    json_text_of(
		"{'month': {'Elm': %zu, 'Ash': 5, 'Fir': 5}, 'total': {'Elm': 600, "
		"'Ash': 5, 'Fir': 5}}",
		month));
}

/* What is wrong with the reference is not said of the documents that are held against
 * it, and a smaller one that is believed makes them no smaller. */
TEST(test_others_are_measured_by_the_reference)
{
	size_t i;

	world.config.hydration.interval = 0;
	hydrator_world_put_case("four_models");
	assert_published(1);
	hydrator_world_put_case("elm");
	for (i = 0; i < 2; i++) {
		put_usage(50 + i);
		assert_partial(CYCLE_REFUSED,
		    "reference is 0 s old: implausible: 1 models, down from 4 ",
		    " of 3 like it)");
		assert_int_equal(refused(), 1u << DOCUMENT_REFERENCE);
	}
	put_usage(60);
	assert_published(4);
	assert_int_equal(refused(), 0);
	assert_int_equal(cycle.gate[INPUT_STATUS].good.count, 1);
	hydrator_world_put("stats_image.json", "{}");
	assert_partial(CYCLE_REFUSED, no_usage, "(answer 1 of 3 like it)");
}

TEST(test_answers_in_haste_are_one)
{
	int i;

	assert_published(1);
	hydrator_world_put("stats_image.json", "{}");
	for (i = 0; i < 5; i++)
		assert_partial(CYCLE_REFUSED, no_usage, "(answer 1 of 3 like it)");
}

/* Nothing but the order to accept passes it. */
TEST(test_an_order_passes_the_gate)
{
	assert_published(1);
	hydrator_world_put("stats_image.json", "{}");
	hydrator_world_put("reference.json", "{}");
	hydrator_world_put("status_image.json", "[]");
	/* Only the workers are new, which were and are none. */
	assert_partial(CYCLE_REFUSED,
	    "reference is 0 s old: implausible: 0 models, down from 2 ",
	    "status is 0 s old: implausible: 0 models with a worker, down from "
	    "1 ");
	assert_int_equal(refused(),
	    1u << DOCUMENT_REFERENCE | 1u << DOCUMENT_STATUS | 1u << DOCUMENT_STATS);
	cycle.forced = true; /* somebody wants a refresh */
	assert_partial(CYCLE_REFUSED, "reference is 0 s old: implausible: 0 models",
	    "models with a worker, down from 1 ");
	assert_true(accept_begin(&cycle));
	assert_published(4);
	assert_int_equal(hydrator_world_logged("down from 2: it was ordered"), 1);
	assert_int_equal(hydrator_world_logged("it was ordered"), 3);
	accept_end(&cycle, CYCLE_PUBLISHED);
	assert_int_equal(refused(), 0);
	assert_int_equal(ledger().orders, 1);
	assert_int_equal(ledger().order_done, 1);
	assert_string_equal(ledger().order_text,
	    "reference is accepted with 0 models, down from 2; "
	    "status is accepted with 0 models with a worker, down from 1; "
	    "stats is accepted with 0 models with usage, down from 1");
	/* It was for that once. */
	assert_false(accept_begin(&cycle));
	assert_int_equal(ledger().orders, 2);
	assert_int_equal(ledger().order_done, 0);
	assert_string_equal(ledger().order_text, "nothing is refused");
}

/* What is accepted is what was seen, not what comes instead. */
TEST(test_an_order_is_for_what_was_refused)
{
	put_models(40);
	assert_published(1);
	put_models(4);
	assert_partial(CYCLE_REFUSED, "implausible: 4 models, down from 40 ", "of 3");
	put_models(2);
	assert_true(accept_begin(&cycle));
	assert_partial(CYCLE_REFUSED, "implausible: 2 models, down from 40 ", "of 3");
	accept_end(&cycle, CYCLE_REFUSED);
	assert_int_equal(ledger().order_done, 0);
	assert_non_null(
	    strstr(ledger().order_text, "reference is not: implausible: 2"));
	assert_partial(CYCLE_REFUSED, "implausible: 2 models, down from 40 ", "of 3");
	/* Or does not come at all. */
	hydrator_world_put("reference.json", NULL);
	assert_true(accept_begin(&cycle));
	assert_partial(CYCLE_REUSED, "reference is 0 s old: file://", "reference");
	accept_end(&cycle, CYCLE_REUSED);
	assert_int_equal(ledger().order_done, 0);
	assert_non_null(strstr(ledger().order_text, "reference is not: file://"));
	/* Or is whole again. */
	put_models(41);
	assert_true(accept_begin(&cycle));
	assert_published(6);
	accept_end(&cycle, CYCLE_PUBLISHED);
	assert_int_equal(ledger().order_done, 1);
	assert_string_equal(ledger().order_text, "reference has 41 models again");
}

/* What a predecessor in this run left in the ledger, and what is in the file. */
TEST(test_a_successor_compares_with_the_same)
{
	struct gate found[GATE_FILE_DOCUMENTS] = { { .population = false } };
	char err[512];

	assert_published(1);
	hydrator_world_put("status_image.json", "[]");
	assert_partial(
	    CYCLE_REFUSED, "status is 0 s old: implausible: 0 models", "1 of 3");
	restart();
	assert_int_equal(cycle.gate[INPUT_STATUS].good.count, 1);
	assert_false(cycle.gate[INPUT_STATUS].at_least);
	assert_int_equal(cycle.gate[INPUT_STATUS].seen, 1);
	assert_partial(
	    CYCLE_REFUSED, "status is absent: implausible: 0 models", "1 of 3");

	assert_int_equal(gate_load(directory, "image_generation", 60, clock_wall(),
			     found, err, sizeof(err)),
	    0);
	assert_int_equal(gate_save(directory, "image_generation", cycle.gate,
			     clock_wall(), err, sizeof(err)),
	    0);
	assert_int_equal(gate_load(directory, "image_generation", 60,
			     clock_wall() + 62 * NSEC_PER_SEC, found, err, sizeof(err)),
	    0);
	assert_int_equal(gate_load(directory, "image_generation", 60, clock_wall(),
			     found, err, sizeof(err)),
	    4);
	assert_int_equal(found[INPUT_STATUS].good.count, 1);
	assert_int_equal(
	    found[INPUT_STATUS].good.names, cycle.gate[INPUT_STATUS].good.names);
	assert_int_equal(found[INPUT_STATUS].seen, 0);
	/* What is known already is newer. */
	found[INPUT_STATUS].good.count = 77;
	assert_int_equal(gate_load(directory, "image_generation", 60, clock_wall(),
			     found, err, sizeof(err)),
	    0);
	assert_int_equal(found[INPUT_STATUS].good.count, 77);
	hydrator_world_put("image_generation.gate", NULL);
}

TEST(test_a_bad_file_of_a_gate_is_not_believed)
{
	struct gate gates[GATE_FILE_DOCUMENTS] = { { .known = true } };
	char path[256], err[512], byte;
	FILE *fp;

	assert_int_equal(gate_save(directory, "lora", gates, 1, err, sizeof(err)), 0);
	snprintf(path, sizeof(path), "%s/lora.gate", directory);
	for (long at = 0; at < 168; at++) {
		fp = fopen(path, "r+");
		assert_non_null(fp);
		assert_int_equal(fseek(fp, at, SEEK_SET), 0);
		assert_int_equal(fread(&byte, 1, 1, fp), 1);
		byte = (char)(byte + 1);
		fseek(fp, at, SEEK_SET);
		fwrite(&byte, 1, 1, fp);
		fclose(fp);
		memset(gates, 0, sizeof(gates));
		assert_int_equal(
		    gate_load(directory, "lora", 60, 1, gates, err, sizeof(err)), -1);
		assert_non_null(strstr(err, path));
		assert_false(gates[0].known);
		gates[0].known = true;
		assert_int_equal(
		    gate_save(directory, "lora", gates, 1, err, sizeof(err)), 0);
	}
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(
	    gate_load(directory, "lora", 60, 1, gates, err, sizeof(err)), -1);
	hydrator_world_put("lora.gate", NULL);
	assert_int_equal(
	    gate_save("/proc/none", "lora", gates, 1, err, sizeof(err)), -1);
}

TEST(test_flapping_document_never_passes)
{
	const char *full = json_text_of("{'month':{'Elm':5}, 'total':{'Elm':5}}");
	uint64_t g;

	world.config.hydration.interval = 0;
	hydrator_world_put("stats_image.json", full);
	assert_published(1);
	for (g = 2; g < 12; g += 2) {
		hydrator_world_put("stats_image.json", "{}");
		assert_partial(CYCLE_REFUSED, no_usage, "(answer 1 of 3 like it)");
		hydrator_world_put("stats_image.json", full);
		assert_published(g + 1);
		assert_int_equal(refused(), 0);
	}
}

static unsigned
with_models(void)
{
	const struct view_directory *d;
	struct snapshot *s;
	unsigned present;

	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	d = view_open(s->data, s->len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_int_equal(d->views[VIEW_STATS].present, 1);
	present = d->views[VIEW_RISK].present;
	snapshot_release(&s);
	return present;
}

/* Statistics are better than nothing, but not than models: also not than those that a
 * predecessor has published. */
TEST(test_no_record_is_valid)
{
	hydrator_world_put_case("none_is_valid");
	assert_published(1);
	assert_int_equal(with_models(), 0);
	assert_int_equal(
	    hydrator_world_logged("image_generation: none of the 2 records is valid"),
	    1);
	assert_published(2);
	hydrator_world_put_case("one_is_valid");
	assert_published(3);
	assert_int_equal(with_models(), 1);
	hydrator_world_put_case("none_is_valid");
	assert_partial(CYCLE_REUSED,
	    "reference is 0 s old: none of its 2 records is valid", " s old: ");
	assert_int_equal(with_models(), 1);
	restart();
	assert_fails("reference: none of its 2 records is valid", " not refreshed: ");
	assert_int_equal(with_models(), 1);
}

/* A process that has no document yet goes by the snapshot it finds, if nobody has left
 * more. */
TEST(test_first_cycle_is_judged_by_the_last_snapshot)
{
	static const struct ledger nothing;

	assert_published(1);
	ledger_write(world.segment, 0, &nothing);
	restart();
	hydrator_world_put("stats_image.json", "{}");
	assert_int_equal(run(), CYCLE_REFUSED);
	assert_int_equal(hydrator_world_logged(
			     ": stats is absent: implausible: 0 models with usage, "
			     "down from at least 1 (answer 1"),
	    1);
	assert_int_equal(snapshot_generation(world.segment, 0), 2);
	assert_int_equal(count(COUNTER_REFRESHES_PARTIAL), 1);
	assert_int_equal(parts(), STATISTICS | RISK | WORKERS);
	hydrator_world_put("stats_image.json",
	    json_text_of("{'month': {'Elm': 1}, 'total': {'Elm': 1}}"));
	assert_published(3);
	assert_int_equal(refused(), 0);
}

/* It may follow now, or be in no fleet any more. */
TEST(test_a_successor_has_no_place_in_the_fleet_yet)
{
	struct ledger l;

	assert_published(1);
	l = ledger();
	l.fleet = (struct ledger_fleet){ .used = 1, .up = 1, .role = LEDGER_LEADER };
	ledger_write(world.segment, 0, &l);
	restart();
	assert_published(2);
	assert_int_equal(ledger().fleet.used, 0);
	assert_int_equal(ledger().fleet.role, LEDGER_ALONE);
}

/* Answers that can be served are not given up for those that can be made now. */
TEST(test_a_restart_loses_no_answers)
{
	struct snapshot_stamp first, then, now;

	assert_published(1);
	restart();
	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("workers.json", "<html>");
	first = stamp();
	assert_partial(
	    CYCLE_REUSED, "status is absent: file://", "; workers is absent: file://");
	assert_int_equal(parts(), STATISTICS | RISK | WORKERS);
	then = stamp();
	assert_true(then.part[PART_STATISTICS].fetched_boot >
		    first.part[PART_STATISTICS].fetched_boot);
	assert_memory_equal(&then.part[PART_DELETION_RISK],
	    &first.part[PART_DELETION_RISK], 2 * sizeof(struct part_stamp));
	assert_int_equal(with_models(), 1);
	/* The workers alone are taken over likewise. */
	hydrator_world_put_case("elm_has_workers");
	assert_partial(CYCLE_REUSED, "workers is absent: file://", "JSON");
	assert_int_equal(parts(), STATISTICS | RISK | WORKERS);
	now = stamp();
	assert_true(now.part[PART_DELETION_RISK].fetched_boot >
		    then.part[PART_DELETION_RISK].fetched_boot);
	assert_int_equal(
	    now.part[PART_WORKERS].fetched_boot, then.part[PART_WORKERS].fetched_boot);
	/* But not what is too old to be served. */
	restart();
	world.config.hydration.stale_if_error = -1;
	hydrator_world_put("status_image.json", NULL);
	assert_partial(CYCLE_REUSED, "status is absent: file://", "status_image.json");
	assert_int_equal(parts(), STATISTICS);
	hydrator_world_put("status_image.json", "[]");
	hydrator_world_put("workers.json", "[]");
	assert_partial(CYCLE_REFUSED, "status is absent: implausible", "implausible");
}

static char *
body_of(const struct snapshot *s)
{
	const struct view *v =
	    &((const struct view_directory *)(const void *)s->data)->views[VIEW_RISK];

	return strndup(s->data + v->body.off, v->body.len);
}

/* Identity is published first: what clients take encoded is another generation of the
 * same content and age. */
TEST(test_encoded_forms_follow)
{
	const uint32_t gzip = view_form(VIEW_RISK, ENCODING_GZIP);
	const struct view_directory *d;
	struct snapshot *s, *t;
	char *one, *two;

	hydrator_world_put_case("elm_and_ash");
	assert_published(1);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	one = body_of(s);
	d = (const void *)s->data;
	assert_int_equal(payload_forms(d), 0);
	/* Asked for: the same content again, and then its form. */
	demand_note(&cycle.demand, gzip, clock_boot());
	assert_int_equal(run(), CYCLE_PUBLISHED);
	assert_int_equal(cycle.generation, 3);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &t), SNAPSHOT_FRESH);
	two = body_of(t);
	assert_int_equal(t->generation, 3);
	assert_string_equal(one, two);
	d = (const void *)t->data;
	assert_int_equal(payload_forms(d) & gzip, gzip);
	assert_int_equal(payload_forms(d) & view_form(VIEW_RISK, ENCODING_BROTLI), 0);
	snapshot_release(&t);
	/* Now it is there, and is kept while its body is as it was. */
	assert_published(4);
	hydrator_world_put("workers.json", NULL); /* computed anew */
	assert_published(5);
	assert_int_equal(hydrator_world_logged("unchanged"), 0);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &t), SNAPSHOT_FRESH);
	assert_int_equal(payload_forms((const void *)t->data) & gzip, gzip);
	snapshot_release(&s);
	snapshot_release(&t);
	free(one);
	free(two);
}

/* The second publication is as old as the first. */
TEST(test_encoded_forms_are_of_the_same_age)
{
	struct snapshot_stamp first;

	assert_published(1);
	demand_note(&cycle.demand, UINT32_MAX, clock_boot());
	assert_int_equal(run(), CYCLE_PUBLISHED);
	assert_int_equal(cycle.generation, 3);
	first = stamp();
	demand_note(&cycle.demand, UINT32_MAX, clock_boot());
	restart();
	assert_memory_equal(&first, &cycle.recalled->stamp, sizeof(first));
	/* A successor goes on with the forms that there are. */
	assert_int_not_equal(demand_forms(&cycle.demand, clock_boot()), 0);
}

static int
setup_narrow(void **state UNUSED)
{
	return setup_with("image_generation", 20000);
}

/* Identity is never refused for its forms: they ask for a larger segment, and while
 * there is none those that fit are made. */
TEST_WITH(test_forms_without_room, setup_narrow, teardown)
{
	static const char hex[] = "0123456789abcdef";
	char name[3501] = "";
	struct snapshot *s;
	uint32_t forms;
	size_t i;

	world.config.segment.max = 1000000;
	restart();
	for (i = 0; i < sizeof(name) - 1; i++)
		name[i] = hex[arc4random_uniform(16)];
	hydrator_world_put("reference.json",
	    json_text_of("{'a':{'name':'%s','baseline':'flux_1','nsfw':true}}", name));
	demand_note(&cycle.demand, UINT32_MAX, clock_boot());
	assert_published(2);
	assert_int_equal(hydrator_world_logged("warning"), 0);
	assert_true(segment_wanted(world.segment, 0) > segment_capacity(world.segment));
	assert_int_equal(run(), CYCLE_PUBLISHED);
	assert_int_equal(cycle.generation, 3);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	forms = payload_forms((const void *)s->data);
	assert_true(forms != 0);
	assert_true(payload_lacks_forms((const void *)s->data, UINT32_MAX));
	snapshot_release(&s);
	assert_true(segment_wanted(world.segment, 0) > segment_capacity(world.segment));
}

static int
setup_blip(void **state UNUSED)
{
	return setup_with("blip", HYDRATOR_WORLD_CAPACITY);
}

/* No Horde documents are asked for where there are none. */
TEST_WITH(test_category_without_horde, setup_blip, teardown)
{
	struct snapshot *s;

	hydrator_world_put("status_image.json", NULL);
	hydrator_world_put("stats_image.json", NULL);
	hydrator_world_put_case("without_horde");
	assert_published(1);
	assert_int_equal(snapshot_take(world.segment, 0, 0, &s), SNAPSHOT_FRESH);
	assert_non_null(view_open(s->data, s->len, CATEGORY_BLIP));
	snapshot_release(&s);
}

/* A document of one model, whose name is a number of so many digits. */
static const char *
model_of(int digits, int number)
{
	return json_text_of(
	    "{'a':{'name':'%0*d','baseline':'flux_1','nsfw':true}}", digits, number);
}

static int
setup_small(void **state UNUSED)
{
	return setup_with("image_generation", 4096);
}

TEST_WITH(test_too_large_for_the_segment, setup_small, teardown)
{
	hydrator_world_put("reference.json", model_of(5000, 0));
	assert_int_equal(run(), CYCLE_NO_ROOM); /* no early try */
	assert_int_equal(
	    hydrator_world_logged("image_generation not refreshed: a snapshot of "), 1);
	assert_true(segment_wanted(world.segment, 0) > 4096);
	/* Another content, as large. */
	hydrator_world_put("reference.json", model_of(5000, 1));
	assert_int_equal(run(), CYCLE_NO_ROOM);
	assert_int_equal(hydrator_world_logged("warning: "), 0);
	assert_int_equal(count(COUNTER_PUBLISH_REJECTED), 2);
}

TEST(test_short_of_memory)
{
	struct memory memory;

	assert_published(1);
	memory_open(&memory, 1);
	cycle.memory = &memory;
	hydrator_world_put("stats_image.json",
	    json_text_of("{'month': {'Elm': 9}, 'total': {'Elm': 9}}"));
	memory.begun = 0; /* all of the process is more than a byte */
	assert_int_equal(run(), CYCLE_NO_ROOM);
	assert_int_equal(hydrator_world_logged("not refreshed: it takes "), 1);
	assert_int_equal(hydrator_world_logged("hydration.max_memory is 1: raise"), 1);
	assert_int_equal(count(COUNTER_SHORT_OF_MEMORY), 1);
	assert_int_equal(snapshot_generation(world.segment, 0), 1);
	memory.limit = SIZE_MAX;
	assert_published(2);
	memory_close(&memory);
}

/* Rendering ends where no segment could have room, and that is said once, too. */
TEST(test_larger_than_any_segment)
{
	cycle.settings.payload_max = 16384;
	put_models(40);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(run(), CYCLE_NO_ROOM);
		assert_int_equal(count(COUNTER_PUBLISH_REJECTED), i);
		assert_int_equal(count(COUNTER_REFRESH_FAILURES), i);
		assert_int_equal(hydrator_world_logged("more than 16384 bytes"), 1);
		assert_int_equal(hydrator_world_logged("warning: "), i == 1);
		assert_true(segment_wanted(world.segment, 0) > 16384);
	}
	put_models(1);
	assert_published(1);
	assert_int_equal(segment_wanted(world.segment, 0), 0);
}

/* Said again if it comes again. */
TEST(test_too_large_for_now)
{
	const char *text = model_of(HYDRATOR_WORLD_CAPACITY, 0);
	int i;

	for (i = 1; i <= 2; i++) {
		hydrator_world_put("reference.json", text);
		assert_int_equal(run(), CYCLE_NO_ROOM);
		assert_int_equal(hydrator_world_logged("the segment has room"), 1);
		hydrator_world_put_case("one_is_valid");
		assert_published((uint64_t)i);
		assert_int_equal(segment_wanted(world.segment, 0), 0);
	}
}

/* Said once, kept until it is over, and known to a successor. */
TEST(test_the_reason_of_a_failure_is_kept)
{
	struct ledger l;

	assert_published(1);
	l = ledger();
	assert_int_equal(l.ndocuments, 4);
	assert_string_equal(l.document[INPUT_STATS].name, "stats");
	assert_int_equal(l.document[INPUT_STATS].state, LEDGER_GOOD);
	assert_true(l.document[INPUT_STATS].fetched_wall > 0);
	assert_int_equal(l.document[INPUT_STATS].error.wall, 0);
	assert_int_equal(l.failing_since, 0);
	hydrator_world_put("stats_image.json", "<html>\n");
	assert_partial(CYCLE_REUSED, "warning: image_generation: stats is ", "JSON");
	assert_partial(CYCLE_REUSED, "]: image_generation: stats is ", "JSON");
	l = ledger();
	assert_int_equal(l.document[INPUT_STATS].state, LEDGER_NOT_ACCEPTED);
	assert_true(l.document[INPUT_STATS].error.wall > 0);
	assert_string_equal(l.document[INPUT_STATS].error.host, "");
	assert_non_null(strstr(l.document[INPUT_STATS].error.text, "JSON"));
	assert_int_equal(l.document[INPUT_STATUS].state, LEDGER_GOOD);
	assert_true(l.failing_since > 0);
	assert_non_null(strstr(l.cause, "stats is "));
	assert_non_null(strstr(l.cause, " s old: file://"));
	/* Something else is wrong: a line, but it began with the other. */
	hydrator_world_put("reference.json", NULL);
	assert_partial(CYCLE_REUSED, "warning: image_generation: reference ", "JSON");
	assert_memory_equal(ledger().cause, l.cause, sizeof(l.cause));
	restart();
	assert_int_equal(cycle.trouble.since, l.failing_since);
	assert_fails("reference.json", "JSON");
	assert_memory_equal(ledger().cause, l.cause, sizeof(l.cause));
}

TEST(test_the_end_of_trouble_is_said_once)
{
	assert_published(1);
	hydrator_world_put("stats_image.json", NULL);
	assert_partial(CYCLE_REUSED, "stats is 0 s old", "stats_image.json");
	hydrator_world_put("stats_image.json",
	    json_text_of("{'month': {'Elm': 60}, 'total': {'Elm': 60}}"));
	assert_int_equal(run(), CYCLE_PUBLISHED);
	assert_int_equal(hydrator_world_logged("image_generation is well again after 0 "
					       "s, which began with: stats is 0 s old"),
	    1);
	assert_int_equal(ledger().failing_since, 0);
	assert_string_equal(ledger().cause, "");
	assert_int_equal(ledger().document[INPUT_STATS].state, LEDGER_GOOD);
	assert_true(ledger().document[INPUT_STATS].error.wall > 0);
	assert_published(4);
	assert_int_equal(hydrator_world_logged("well again"), 0);
}

static int
setup_reference_only(void **state UNUSED)
{
	return setup_with("controlnet", HYDRATOR_WORLD_CAPACITY);
}

static enum cycle_result
run_with_permits(void)
{
	struct permits permits = { .segment = world.segment,
		.state_dir = world.config.state_dir,
		.category = world.category.name };
	struct source_wait wait = { .fd = -1, .attend = go_on, .permits = &permits };

	hydrator_world_forget_log();
	return cycle_run(&cycle, &wait);
}

static const char wants_rest[] = "HTTP/1.1 503 Busy\r\nRetry-After: 600\r\n"
				 "Content-Length: 0\r\n\r\n";

/* Whoever may ask nobody has not failed. */
TEST_WITH(test_a_cycle_that_may_ask_nobody_is_none, setup_reference_only, teardown)
{
	char path[256];
	int i;

	hydrator_world_put("reference.json", wants_rest);
	snprintf(path, sizeof(path), "/raw%s/reference.json", directory);
	hydrator_world_places(&world, http_stub_url(&group_stub, path), NULL);
	assert_int_equal(run_with_permits(), CYCLE_FAILED);
	assert_int_equal(
	    hydrator_world_logged("warning: controlnet not refreshed: reference: "), 1);
	assert_int_equal(ledger().document[INPUT_REFERENCE].error.status, 503);
	for (i = 0; i < 3; i++) {
		cycle.forced = i == 2;
		assert_int_equal(run_with_permits(), CYCLE_IDLE);
		assert_int_equal(hydrator_world_logged("warning: "), 0);
		assert_int_equal(hydrator_world_logged(
				     "controlnet: nobody may be asked: reference: "),
		    1);
		assert_int_equal(hydrator_world_logged("not asked for another 600 s "
						       "(Retry-After), before that: "
						       "HTTP status 503"),
		    1);
		assert_in_range(
		    cycle.unsent_wait, 590 * NSEC_PER_SEC, 600 * NSEC_PER_SEC);
	}
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 1);
	assert_int_equal(counter_read(&cycle.counters->failures_in_row), 1);
	assert_int_equal(count(COUNTER_UNSENT), 3);
	assert_non_null(strstr(ledger().cause, "HTTP status 503"));
	assert_string_equal(
	    ledger().document[INPUT_REFERENCE].error.text, "HTTP status 503");
}

/* It never asked itself, because others had the trouble: it is trouble all the same. */
TEST_WITH(test_who_never_may_ask_has_a_reason, setup_reference_only, teardown)
{
	struct host *h;
	char url[256];

	strlcpy(url, http_stub_url(&group_stub, "/ok"), sizeof(url));
	hydrator_world_places(&world, url, NULL);
	url[strlen(url) - strlen("/ok")] = '\0';
	h = hosts_claim(world.segment, url);
	assert_non_null(h);
	assert_true(
	    host_raise_floor(h, clock_boot() + 60 * NSEC_PER_SEC, clock_boot()));
	assert_int_equal(run_with_permits(), CYCLE_IDLE);
	assert_int_equal(
	    hydrator_world_logged("warning: controlnet: nobody may be asked: "), 1);
	assert_true(ledger().failing_since > 0);
	assert_int_equal(ledger().document[INPUT_REFERENCE].state, LEDGER_NOT_FETCHED);
	assert_int_equal(ledger().document[INPUT_REFERENCE].error.wall, 0);
	assert_int_equal(run_with_permits(), CYCLE_IDLE);
	assert_int_equal(hydrator_world_logged("warning: "), 0);
	assert_int_equal(count(COUNTER_REFRESH_FAILURES), 0);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = http_stub_group_setup,
    .group_teardown = http_stub_group_teardown);
