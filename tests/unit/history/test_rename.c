/* Who is whose successor. */
#include "fixture/publications.h"
#include "unit.h"

UNIT_FIXTURE(.setup = publications_set_up, .teardown = publications_tear_down);

static struct history_model_now
of_files(const char *name, uint64_t identity)
{
	struct history_model_now m = model(name, 0, 0, 0);

	m.identity = identity;
	return m;
}

static void
assert_renamed(const char *from, const char *to)
{
	note(MIDNIGHT, model(from, 0, 0, 0));
	note(MIDNIGHT + 60, model(to, 0, 0, 0));
	take_batch();
	assert_event(0, EVENT_RENAMED, to);
	assert_true(str_eq(event_at(0)->former, (struct str){ from, strlen(from) }));
	assert_events(1);
	assert_int_equal(row_of(to)->first_seen, MIDNIGHT);
	assert_int_equal(history_count(history)->models, 1);
}

static void
assert_another(const char *from, const char *to)
{
	note(MIDNIGHT, model(from, 0, 0, 0));
	note(MIDNIGHT + 60, model(to, 0, 0, 0));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, from);
	assert_event(1, EVENT_APPEARED, to);
	assert_int_equal(row_of(to)->first_seen, MIDNIGHT + 60);
}

TEST(case_and_punctuation_are_not_the_name)
{
	assert_renamed("Some Model_v1.5", "some-model V15");
}

TEST(other_bytes_than_ascii_are_the_name)
{
	assert_another("\xc3\xa9tude", "tude");
}

TEST(nothing_but_punctuation_is_no_name)
{
	assert_another("---", "...");
}

TEST(same_files_are_the_same_model)
{
	note(MIDNIGHT, of_files("a", 7));
	note(MIDNIGHT + 60, of_files("z", 7));
	take_batch();
	assert_event(0, EVENT_RENAMED, "z");
	assert_events(1);
}

TEST(unknown_files_are_nobody_s)
{
	note(MIDNIGHT, of_files("a", 0));
	note(MIDNIGHT + 60, of_files("z", 0));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, "a");
}

TEST(two_that_fit_are_none)
{
	note(MIDNIGHT, model("a b", 0, 0, 0));
	note_two(MIDNIGHT + 60, model("ab", 0, 0, 0), model("A-B", 0, 0, 0));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, "a b");
	assert_event(1, EVENT_APPEARED, "ab");
	assert_event(2, EVENT_APPEARED, "A-B");
}

TEST(one_by_name_and_one_by_files_are_none)
{
	note(MIDNIGHT, of_files("ab", 7));
	note_two(MIDNIGHT + 60, of_files("A B", 0), of_files("z", 7));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, "ab");
}

TEST(name_of_a_model_that_had_gone_is_that_model)
{
	note_two(MIDNIGHT, model("a b", 0, 0, 0), model("ab", 0, 0, 0));
	note(MIDNIGHT + 60, model("ab", 0, 0, 0));
	note(MIDNIGHT + 120, model("a b", 0, 0, 0));
	take_batch();
	assert_event(0, EVENT_DISAPPEARED, "a b");
	assert_event(1, EVENT_DISAPPEARED, "ab");
	assert_event(2, EVENT_APPEARED, "a b");
	assert_events(3);
}

TEST(names_that_change_places_stay_findable)
{
	note_two(MIDNIGHT, of_files("a", 1), of_files("b", 2));
	note_two(MIDNIGHT + 60, of_files("c", 2), of_files("d", 1));
	note_two(MIDNIGHT + 120, of_files("a", 2), of_files("b", 1));
	take_batch();
	assert_events(4);
	assert_int_equal(row_of("a")->id, 2);
	assert_int_equal(row_of("b")->id, 1);
}
