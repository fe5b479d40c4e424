/* What keys do. */
#include <limits.h>

#include "ctl/top_view.h"
#include "unit.h"

static void
press(struct top_view *v, const char *keys)
{
	while (*keys != '\0')
		top_view_press(v, *keys++, 10);
}

TEST(panes_are_turned_round_and_named_by_number)
{
	struct top_view v = { 0 };

	press(&v, "3");
	assert_int_equal(v.pane, PANE_PROCESSES);
	press(&v, "\t\t\t");
	assert_int_equal(v.pane, PANE_OVERVIEW);
	top_view_press(&v, TOP_KEY_BACK_TAB, 10);
	assert_int_equal(v.pane, PANE_WARNINGS);
	press(&v, "06x");
	assert_int_equal(v.pane, PANE_WARNINGS);
}

TEST(each_pane_has_its_own_order)
{
	struct top_view v = { 0 };
	unsigned n;

	press(&v, "2s");
	assert_int_equal(v.order[PANE_ROUTES], 1);
	assert_int_equal(v.order[PANE_PROCESSES], 0);
	press(&v, "r");
	assert_true(v.reversed[PANE_ROUTES]);
	press(&v, "3r2r");
	assert_true(v.reversed[PANE_PROCESSES]);
	assert_false(v.reversed[PANE_ROUTES]);
	for (v.pane = PANE_OVERVIEW; v.pane < PANE_MAX; v.pane++) {
		v.order[v.pane] = 0;
		for (n = 0; top_view_order(v.pane, n) != NULL; n++)
			press(&v, "s");
		assert_in_range(n, 1, TOP_ORDERS_MAX);
		assert_int_equal(v.order[v.pane], 0);
		assert_non_null(top_view_title(v.pane));
	}
}

TEST(scrolling_ends_at_both_ends)
{
	struct top_view v = { .pane = PANE_ROUTES };
	unsigned *first = &v.first[PANE_ROUTES];
	int i;

	press(&v, "k");
	assert_int_equal(*first, 0);
	press(&v, "jjj");
	assert_int_equal(*first, 3);
	top_view_press(&v, TOP_KEY_PAGE_DOWN, 10);
	assert_int_equal(*first, 13);
	top_view_press(&v, TOP_KEY_PAGE_UP, 10);
	top_view_press(&v, TOP_KEY_PAGE_UP, 10);
	assert_int_equal(*first, 0);
	top_view_press(&v, TOP_KEY_END, 10);
	for (i = 0; i < 5; i++)
		top_view_press(&v, TOP_KEY_PAGE_DOWN, INT_MAX);
	assert_true(*first >= INT_MAX);
	top_view_press(&v, TOP_KEY_HOME, 10);
	assert_int_equal(*first, 0);
	/* Another order begins at its beginning. */
	press(&v, "jjs");
	assert_int_equal(*first, 0);
}

TEST(help_pause_and_the_end)
{
	struct top_view v = { 0 };

	press(&v, "? ");
	assert_true(v.help);
	assert_true(v.paused);
	press(&v, "2 ");
	assert_false(v.help);
	assert_false(v.paused);
	press(&v, "?");
	top_view_press(&v, TOP_KEY_ESCAPE, 10);
	assert_false(v.help);
	assert_false(v.quit);
	press(&v, "q");
	assert_true(v.quit);
}
