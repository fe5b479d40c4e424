/* The gate: what it lets pass, and after how many equal answers. */
#include "hydrator/gate.h"
#include "records/report.h"
#include "terms/document.h"
#include "unit.h"

#define WALL 1700000000

static struct gate gate;
static struct gate_rule rule;
static int64_t now;

static int
setup(void **state UNUSED)
{
	gate = (struct gate){ .population = false };
	rule = (struct gate_rule){ 0.5, 3, 100 };
	now = 1000;
	return 0;
}

/* An answer, `later` after the one before. */
static enum gate_verdict
answer(int64_t later, uint64_t count, uint64_t names)
{
	struct census c = { count, names };

	now += later;
	return gate_judge(&gate, &rule, &c, now, WALL + now);
}

static void
good(uint64_t count)
{
	struct census c = { count, 1 };

	gate_accept(&gate, &c);
}

TEST(test_anything_is_a_beginning)
{
	assert_int_equal(answer(0, 0, 0), GATE_PLAUSIBLE);
	assert_int_equal(gate.seen, 0);
}

TEST(test_half_is_enough_less_is_not)
{
	static const struct {
		double ratio;
		uint64_t good, count;
		enum gate_verdict verdict;
	} row[] = {
		{ 0.5, 10, 5, GATE_PLAUSIBLE },
		{ 0.5, 10, 4, GATE_REFUSED },
		{ 0.5, 10, 100, GATE_PLAUSIBLE },
		{ 0.5, 11, 5, GATE_REFUSED },
		{ 0.5, 1, 0, GATE_REFUSED },
		{ 0.5, 0, 0, GATE_PLAUSIBLE },
		{ 1, 10, 9, GATE_REFUSED },
		{ 1, 10, 10, GATE_PLAUSIBLE },
		{ 0, 10, 0, GATE_PLAUSIBLE },
	};
	size_t i;

	for (i = 0; i < NELEM(row); i++) {
		setup(state);
		rule.min_ratio = row[i].ratio;
		good(row[i].good);
		assert_int_equal(answer(0, row[i].count, 2), row[i].verdict);
		assert_int_equal(gate.seen, row[i].verdict == GATE_REFUSED);
	}
}

TEST(test_equal_answers_are_believed)
{
	good(10);
	assert_int_equal(answer(100, 2, 7), GATE_REFUSED);
	assert_int_equal(gate.since, WALL + now);
	assert_int_equal(answer(100, 2, 7), GATE_REFUSED);
	assert_int_equal(gate.since, WALL + now - 100);
	assert_int_equal(answer(100, 2, 7), GATE_CONFIRMED);
	/* Until somebody could use it, it stays so. */
	assert_int_equal(answer(1, 2, 7), GATE_CONFIRMED);
	good(2);
	assert_int_equal(gate.seen, 0);
	assert_int_equal(gate.since, 0);
	assert_int_equal(answer(100, 1, 7), GATE_PLAUSIBLE);
}

TEST(test_one_confirmation_is_none)
{
	rule.confirmations = 1;
	good(10);
	assert_int_equal(answer(100, 0, 0), GATE_CONFIRMED);
}

TEST(test_answers_in_haste_count_once)
{
	good(10);
	assert_int_equal(answer(100, 2, 7), GATE_REFUSED);
	assert_int_equal(answer(99, 2, 7), GATE_REFUSED);
	assert_int_equal(gate.seen, 1);
	/* Counted from the last that counted: many in haste are not none. */
	assert_int_equal(answer(1, 2, 7), GATE_REFUSED);
	assert_int_equal(gate.seen, 2);
	assert_int_equal(answer(50, 2, 7), GATE_REFUSED);
	assert_int_equal(answer(50, 2, 7), GATE_CONFIRMED);
}

TEST(test_other_names_or_counts_begin_anew)
{
	int i;

	good(10);
	for (i = 0; i < 20; i++) {
		assert_int_equal(answer(100, 2, (uint64_t)i), GATE_REFUSED);
		assert_int_equal(answer(100, 2, (uint64_t)i), GATE_REFUSED);
		assert_int_equal(answer(100, 3, (uint64_t)i), GATE_REFUSED);
		assert_int_equal(gate.seen, 1);
	}
	/* All of it is one time of trouble. */
	assert_int_equal(gate.since, WALL + 1100);
}

TEST(test_a_good_answer_ends_the_row)
{
	int i;

	good(10);
	for (i = 0; i < 20; i++) {
		assert_int_equal(answer(100, 2, 7), GATE_REFUSED);
		assert_int_equal(answer(100, 2, 7), GATE_REFUSED);
		if (i % 2 == 0)
			assert_int_equal(answer(100, 9, 1), GATE_PLAUSIBLE);
		else
			gate_forget(&gate);
		assert_int_equal(gate.since, 0);
	}
}

/* Workers are others in each answer. */
TEST(test_populations_are_equal_in_size)
{
	gate.population = true;
	good(100);
	assert_int_equal(answer(100, 40, 1), GATE_REFUSED);
	assert_int_equal(answer(100, 30, 2), GATE_REFUSED);
	assert_int_equal(answer(100, 45, 3), GATE_CONFIRMED);
	gate_forget(&gate);
	assert_int_equal(answer(100, 40, 1), GATE_REFUSED);
	assert_int_equal(answer(100, 19, 2), GATE_REFUSED);
	assert_int_equal(gate.seen, 1);
	assert_int_equal(answer(100, 39, 2), GATE_REFUSED);
	assert_int_equal(gate.seen, 1);
	assert_int_equal(answer(100, 0, 0), GATE_REFUSED);
	assert_int_equal(answer(100, 1, 0), GATE_REFUSED);
	assert_int_equal(gate.seen, 1);
}

TEST(test_says_what_and_what_to_do)
{
	char text[256];

	good(40);
	assert_int_equal(answer(0, 4, 7), GATE_REFUSED);
	gate_describe(&gate, &rule, DOCUMENT_STATS, text, sizeof(text));
	assert_string_equal(text,
	    "implausible: 4 models with usage, down from 40 (answer 1 of 3 like "
	    "it)");
}

UNIT_FIXTURE(.setup = setup);
