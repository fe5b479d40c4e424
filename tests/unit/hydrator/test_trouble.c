/* What is said of trouble, and how often. */
#include <string.h>

#include "base/clock.h"
#include "fixture/hydrator_world.h"
#include "fixture/moved_clock.h"
#include "hydrator/trouble.h"
#include "unit.h"

static struct hydrator_world world;
static struct trouble t;

static int
setup(void **state UNUSED)
{
	hydrator_world_make(&world, "lora", HYDRATOR_WORLD_CAPACITY);
	memset(&t, 0, sizeof(t));
	return moved_clock_start();
}

static int
teardown(void **state UNUSED)
{
	hydrator_world_remove(&world);
	return moved_clock_stop();
}

static int
warnings(void)
{
	int n = hydrator_world_logged("warning: ");

	hydrator_world_forget_log();
	return n;
}

TEST(a_change_is_one_line)
{
	trouble_note(&t, "lora", 1, ": first is wrong");
	trouble_note(&t, "lora", 1, ": first is wrong, 2 s");
	assert_int_equal(hydrator_world_logged("warning: lora: first is wrong"), 1);
	assert_int_equal(warnings(), 1);
	trouble_note(&t, "lora", 2, " not refreshed: second");
	assert_int_equal(
	    hydrator_world_logged("warning: lora not refreshed: second"), 1);
	assert_int_equal(warnings(), 1);
	assert_string_equal(t.first, "first is wrong");
	assert_string_equal(t.last, "not refreshed: second");
}

TEST(it_is_reminded_of_how_it_began)
{
	trouble_remind(&t, "lora");
	trouble_note(&t, "lora", 1, ": first");
	moved_clock_add(TROUBLE_REMINDER - 1);
	trouble_remind(&t, "lora");
	assert_int_equal(warnings(), 1);
	moved_clock_add(1);
	trouble_remind(&t, "lora");
	trouble_remind(&t, "lora");
	assert_int_equal(
	    hydrator_world_logged(
		"lora has not been well for 600 s, which began with: first\n"),
	    1);
	assert_int_equal(warnings(), 1);
	trouble_note(&t, "lora", 1, ": first, later");
	moved_clock_add(TROUBLE_REMINDER);
	trouble_remind(&t, "lora");
	assert_int_equal(
	    hydrator_world_logged("lora has not been well for 1200 s, which "
				  "began with: first; now: first, later\n"),
	    1);
	assert_int_equal(warnings(), 1);
}

TEST(its_end_is_one_line)
{
	trouble_over(&t, "lora");
	assert_int_equal(hydrator_world_logged(""), 0);
	trouble_note(&t, "lora", 1, ": first");
	moved_clock_add(65);
	trouble_over(&t, "lora");
	trouble_over(&t, "lora");
	assert_int_equal(hydrator_world_logged("lora is well again after 65 s, which "
					       "began with: first"),
	    1);
	assert_int_equal(t.since, 0);
	moved_clock_add(2 * TROUBLE_REMINDER);
	trouble_remind(&t, "lora");
	assert_int_equal(warnings(), 1);
}

/* Of a strange upstream, whose text is in it. */
TEST(no_text_commands_a_terminal)
{
	trouble_note(&t, "lora", 1, ": \x1b[2J\nforged line");
	assert_string_equal(t.first, "?[2J?forged line");
	assert_int_equal(hydrator_world_logged(": ?[2J?forged line"), 1);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
