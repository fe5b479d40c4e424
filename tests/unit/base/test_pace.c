/* A pace gives its beats in time, and once stopped stays so. */
#include "base/pace.h"

#include "unit.h"

struct beats {
	unsigned given;
	unsigned most; /* the one that says stop; 0: none does */
};

static bool
beat(void *arg)
{
	struct beats *b = arg;

	return ++b->given != b->most;
}

TEST(a_beat_comes_every_so_many_steps)
{
	struct beats beats = { 0 };
	struct pace pace = { .beat = beat, .arg = &beats };

	for (unsigned i = 1; i <= 3 * PACE_STEPS; i++) {
		assert_true(pace_step(&pace));
		assert_int_equal(beats.given, i / PACE_STEPS);
	}
	assert_true(pace_beat(&pace));
	assert_int_equal(beats.given, 4);
	assert_false(pace_stopped(&pace));
}

TEST(once_stopped_it_stays_so)
{
	struct beats beats = { .most = 2 };
	struct pace pace = { .beat = beat, .arg = &beats };

	assert_true(pace_beat(&pace));
	assert_false(pace_beat(&pace));
	assert_true(pace_stopped(&pace));
	for (unsigned i = 0; i < 2 * PACE_STEPS; i++)
		assert_false(pace_step(&pace));
	assert_false(pace_beat(&pace));
	assert_int_equal(beats.given, 2);
}

TEST(nobody_listens)
{
	for (unsigned i = 0; i < 2 * PACE_STEPS; i++)
		assert_true(pace_step(NULL));
	assert_true(pace_beat(NULL));
	assert_false(pace_stopped(NULL));
}
