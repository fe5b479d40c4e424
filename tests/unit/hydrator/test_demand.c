/* What was asked for lately, over readers and windows. */
#include "fixture/segment.h"
#include "hydrator/demand.h"
#include "shm/asked.h"
#include "shm/counters.h"
#include "unit.h"

#define MINUTE ASKED_WINDOW
#define BEGIN (1000 * MINUTE)

static struct segment *seg;
static struct demand demand;

static int
set_up(void **state UNUSED)
{
	seg = fixture_segment();
	demand = (struct demand){ { 0 } };
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	segment_close(&seg);
	return 0;
}

static void
ask(unsigned slot, unsigned latch, uint32_t forms, int64_t now)
{
	asked_note(&segment_counters(seg, slot)->asked[latch], forms, now);
}

static uint32_t
look(int64_t now)
{
	demand_look(&demand, seg, 1, now);
	return demand_forms(&demand, now);
}

TEST(nothing_is_wanted_that_nobody_asked_for)
{
	assert_int_equal(look(BEGIN), 0);
	ask(2, 0, 1, BEGIN); /* of another category */
	assert_int_equal(look(BEGIN), 0);
	/* Also in the first hour of a machine. */
	assert_int_equal(look(MINUTE), 0);
}

TEST(what_any_reader_was_asked_for_is_wanted)
{
	ask(1, 1, 1, BEGIN);
	ask(2, 1, 4, BEGIN);
	ask(2, 1, 8, BEGIN + 1);
	assert_int_equal(look(BEGIN + 2), 13);
}

/* A look each second finds also what was asked for at the end of a window. */
TEST(the_last_window_counts)
{
	ask(1, 1, 1, BEGIN - 1);
	assert_int_equal(asked_lately(&segment_counters(seg, 1)->asked[1], BEGIN), 1);
	ask(1, 1, 2, BEGIN);
	assert_int_equal(asked_lately(&segment_counters(seg, 1)->asked[1], BEGIN), 2);
	assert_int_equal(
	    asked_lately(&segment_counters(seg, 1)->asked[1], BEGIN + 2 * MINUTE), 0);
}

TEST(after_an_hour_it_is_forgotten)
{
	ask(1, 1, 1, BEGIN);
	assert_int_equal(look(BEGIN), 1);
	ask(1, 1, 2, BEGIN + DEMAND_KEEP / 2);
	assert_int_equal(look(BEGIN + DEMAND_KEEP / 2), 3);
	assert_int_equal(look(BEGIN + DEMAND_KEEP - 1), 3);
	assert_int_equal(look(BEGIN + DEMAND_KEEP), 2);
	assert_int_equal(look(BEGIN + 2 * DEMAND_KEEP), 0);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
