/* What stands in the segment of how cycles ended, and of orders to refresh. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture/directory.h"
#include "fixture/http_stub.h"
#include "fixture/hydrator_world.h"
#include "fixture/json_text.h"
#include "hydrator/cycle.h"
#include "hydrator/refresh.h"
#include "shm/cycles.h"
#include "shm/ledger.h"
#include "unit.h"

static struct hydrator_world world;
static struct cycle cycle;
static int goes_on; /* attends until it is stopped; below 0: never */

static int
setup_with(const char *category, size_t capacity)
{
	hydrator_world_make(&world, category, capacity);
	hydrator_world_open_cycle(&world, &cycle);
	goes_on = -1;
	return 0;
}

static int
setup(void **state UNUSED)
{
	return setup_with("image_generation", HYDRATOR_WORLD_CAPACITY);
}

static int
setup_small(void **state UNUSED)
{
	return setup_with("image_generation", 4096);
}

static int
setup_reference_only(void **state UNUSED)
{
	return setup_with("controlnet", HYDRATOR_WORLD_CAPACITY);
}

static int
teardown(void **state UNUSED)
{
	hydrator_world_close_cycle(&cycle);
	hydrator_world_remove(&world);
	return 0;
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown, .group_setup = http_stub_group_setup,
    .group_teardown = http_stub_group_teardown);

static struct ledger
ledger(void)
{
	struct ledger l;

	assert_true(ledger_read(world.segment, 0, &l));
	return l;
}

static bool
attend(void *arg UNUSED)
{
	return goes_on-- != 0;
}

static enum cycle_result
run(void)
{
	struct permits permits = { .segment = world.segment,
		.state_dir = world.config.state_dir,
		.category = world.category.name };
	struct source_wait wait = { .fd = -1, .attend = attend, .permits = &permits };

	return cycle_run(&cycle, &wait);
}

/* The newest one, whose number is n and which ended so. */
static struct cycles_detail
newest(uint64_t n, enum cycles_result result)
{
	struct cycles_detail d;
	struct cycles_brief b;

	assert_int_equal(cycles_read_details(world.segment, 0, &d, 1), 1);
	assert_int_equal(cycles_read(world.segment, 0, &b, 1), 1);
	assert_memory_equal(&b, &d.brief, sizeof(b));
	assert_int_equal(b.number, n);
	assert_string_equal(cycles_result_name((enum cycles_result)b.result),
	    cycles_result_name(result));
	assert_int_equal(ledger().phase, LEDGER_IDLE);
	return d;
}

static void
assert_reason(const struct cycles_detail *d, const char *why)
{
	if (strstr(d->reason, why) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why, d->reason);
}

TEST(what_is_published_stands_with_its_figures)
{
	int64_t before = clock_wall(), begun = clock_boot();
	struct cycles_detail d, again;

	assert_int_equal(run(), CYCLE_PUBLISHED);
	d = newest(1, CYCLES_PUBLISHED);
	assert_string_equal(d.reason, "");
	assert_in_range(d.brief.begun, before, clock_wall());
	assert_int_equal(d.brief.models, 2);
	assert_int_equal(d.brief.skipped, 0);
	assert_int_equal(d.brief.at_risk, 2); /* nobody uses them, nobody works */
	assert_int_equal(d.brief.generation, 1);
	assert_true(d.brief.bytes > 1000);
	assert_in_range(d.brief.input_age, 0, clock_boot() - begun);
	assert_true(d.brief.fetch > 0 && d.brief.compute > 0 && d.brief.publish > 0);
	assert_true(
	    d.brief.fetch + d.brief.compute + d.brief.publish + d.brief.encode <=
	    (uint64_t)(clock_boot() - begun));
	for (int k = 0; k < CYCLES_DOCUMENTS; k++) {
		assert_int_equal(d.document[k].asked, 1);
		assert_int_equal(d.document[k].state, LEDGER_GOOD);
		assert_int_equal(d.document[k].status, 0); /* a file */
		assert_true(d.document[k].bytes > 0);
		assert_int_equal(ledger().document[k].bytes, d.document[k].bytes);
		assert_in_range(ledger().document[k].asked_wall, before, clock_wall());
	}
	assert_int_equal(run(), CYCLE_PUBLISHED);
	again = newest(2, CYCLES_UNCHANGED);
	assert_int_equal(again.brief.models, 2);
	assert_int_equal(again.brief.bytes, d.brief.bytes);
	assert_int_equal(again.brief.generation, 2);
}

TEST(old_documents_are_told_with_what_was_asked)
{
	struct cycles_detail d;
	int64_t first, second;

	assert_int_equal(run(), CYCLE_PUBLISHED);
	first = clock_boot();
	hydrator_world_places(&world, http_stub_url(&group_stub, "/404"),
	    http_stub_url(&group_stub, "/500"));
	second = clock_boot();
	assert_int_equal(run(), CYCLE_REUSED);
	d = newest(2, CYCLES_PARTIAL);
	assert_true(d.brief.input_age >= second - first);
	assert_reason(&d, " s old: http://");
	assert_int_equal(d.document[0].state, LEDGER_NOT_FETCHED);
	assert_int_equal(d.document[0].place, 1);
	assert_int_equal(d.document[0].status, 500);
	assert_true(d.document[0].nsec > 0);
	assert_int_equal(d.document[1].state, LEDGER_GOOD);
	assert_int_equal(d.brief.models, 2);
	assert_int_equal(ledger().document[0].place, 1);
	assert_int_equal(ledger().document[0].status, 500);
	assert_int_equal(ledger().document[0].nsec, d.document[0].nsec);
}

TEST(what_the_gate_refuses_is_told)
{
	struct cycles_detail d;

	assert_int_equal(run(), CYCLE_PUBLISHED);
	hydrator_world_put("stats_image.json", "{}");
	assert_int_equal(run(), CYCLE_REFUSED);
	d = newest(2, CYCLES_REFUSED);
	assert_reason(&d, "implausible: 0 models with usage, down from 1");
	assert_int_equal(d.document[2].state, LEDGER_IMPLAUSIBLE);
	assert_int_equal(d.brief.generation, 2); /* the others are new */
}

TEST(a_failure_is_told)
{
	struct cycles_detail d;

	hydrator_world_put("reference.json", "<html>");
	assert_int_equal(run(), CYCLE_FAILED);
	d = newest(1, CYCLES_FAILED);
	assert_reason(&d, "not refreshed: reference: file://");
	assert_int_equal(d.document[0].state, LEDGER_NOT_ACCEPTED);
	assert_int_equal(d.document[0].bytes, 6);
	assert_int_equal(d.brief.generation, 0);
	assert_int_equal(d.brief.bytes, 0);
}

TEST_WITH(too_little_room_is_told, setup_small, teardown)
{
	struct cycles_detail d;

	assert_int_equal(run(), CYCLE_NO_ROOM);
	d = newest(1, CYCLES_NO_ROOM);
	assert_reason(&d, "not refreshed: a snapshot of ");
	assert_true(d.brief.publish > 0);
	assert_int_equal(d.brief.generation, 0);
}

TEST(too_little_memory_is_told)
{
	struct memory memory;
	struct cycles_detail d;

	memory_open(&memory, 1);
	cycle.memory = &memory;
	memory.begun = 0; /* all of the process is more than a byte */
	assert_int_equal(run(), CYCLE_NO_ROOM);
	d = newest(1, CYCLES_SHORT_OF_MEMORY);
	assert_reason(&d, "hydration.max_memory is 1");
	memory_close(&memory);
}

TEST(a_stop_is_told)
{
	struct cycles_detail d;

	goes_on = 0;
	hydrator_world_places(&world, http_stub_url(&group_stub, "/hang"), NULL);
	assert_int_equal(run(), CYCLE_STOPPED);
	d = newest(1, CYCLES_STOPPED);
	assert_reason(&d, "stopped");
	assert_true(d.brief.fetch > 0);
	assert_int_equal(d.document[0].asked, 0);
}

TEST_WITH(who_may_ask_nobody_tells_it_once, setup_reference_only, teardown)
{
	struct cycles_detail d;
	char path[256];

	hydrator_world_put("reference.json",
	    "HTTP/1.1 503 Busy\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n");
	snprintf(path, sizeof(path), "/raw%s/reference.json", directory);
	hydrator_world_places(&world, http_stub_url(&group_stub, path), NULL);
	assert_int_equal(run(), CYCLE_FAILED);
	d = newest(1, CYCLES_FAILED);
	assert_int_equal(d.document[0].status, 503);
	for (int i = 0; i < 3; i++)
		assert_int_equal(run(), CYCLE_IDLE);
	d = newest(2, CYCLES_IDLE);
	assert_reason(&d, "nobody may be asked: reference: ");
	assert_int_equal(d.brief.more, 2);
	assert_int_equal(d.document[0].asked, 0);
	assert_int_equal(ledger().document[0].status, 503);
}

/* As whoever sent one waits for it (struct ledger_refresh). */
static bool
has_ended(uint64_t asked, int64_t sent)
{
	const struct ledger_refresh r = ledger().refresh;

	return r.done > asked && r.begun_boot >= sent;
}

TEST(an_order_ends_with_the_cycle_that_began_after_it)
{
	int64_t sent = clock_boot();

	assert_false(refresh_is_open(&cycle));
	refresh_ask(&cycle);
	refresh_ask(&cycle);
	assert_int_equal(ledger().refresh.asked, 2);
	assert_true(refresh_is_open(&cycle));
	refresh_begin(&cycle);
	assert_int_equal(run(), CYCLE_PUBLISHED);
	assert_false(has_ended(0, sent));
	refresh_ask(&cycle); /* too late for this one */
	refresh_end(&cycle, CYCLE_PUBLISHED);
	assert_true(has_ended(0, sent));
	assert_true(has_ended(1, sent));
	assert_false(has_ended(2, sent));
	assert_int_equal(ledger().refresh.asked, 3);
	assert_int_equal(ledger().refresh.outcome, LEDGER_REFRESHED);
	assert_non_null(strstr(ledger().refresh.text, "2 models, 0 skipped, "));
	assert_true(refresh_is_open(&cycle));
	hydrator_world_put("reference.json", NULL);
	sent = clock_boot();
	refresh_begin(&cycle);
	assert_int_equal(run(), CYCLE_REUSED);
	/* Who has not seen the last order counted takes that cycle for no end of his.
	 */
	assert_false(has_ended(1, sent));
	refresh_end(&cycle, CYCLE_REUSED);
	assert_true(has_ended(2, sent));
	assert_int_equal(ledger().refresh.outcome, LEDGER_UNREFRESHED);
	assert_non_null(strstr(ledger().refresh.text, " s old: "));
}

/* A cycle that is stopped leaves it to the successor, which begins with one for all
 * documents. */
TEST(an_order_outlives_its_hydrator)
{
	int64_t sent = clock_boot();
	char err[256];

	refresh_ask(&cycle);
	refresh_begin(&cycle);
	goes_on = 0;
	assert_int_equal(run(), CYCLE_STOPPED);
	refresh_end(&cycle, CYCLE_STOPPED);
	assert_false(has_ended(0, sent));
	goes_on = -1;
	cycle_close(&cycle);
	memset(&cycle.ledger, 0, sizeof(cycle.ledger));
	refresh_ask(&cycle); /* another one, before it has read the ledger */
	assert_int_equal(cycle_open(&cycle, err, sizeof(err)), 0);
	refresh_begin(&cycle);
	assert_int_equal(run(), CYCLE_PUBLISHED);
	refresh_end(&cycle, CYCLE_PUBLISHED);
	assert_true(has_ended(1, sent));
	assert_int_equal(ledger().refresh.asked, 2);
}

TEST(an_order_for_another_machine_ends_at_once)
{
	int64_t sent = clock_boot();

	refresh_ask(&cycle);
	refresh_elsewhere(&cycle, "oak");
	assert_true(has_ended(0, sent));
	assert_int_equal(ledger().refresh.outcome, LEDGER_PASSED_ON);
	assert_string_equal(ledger().refresh.text, "passed on to the leader oak");
	assert_false(refresh_is_open(&cycle));
}
