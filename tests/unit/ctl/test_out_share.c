/* Sharing a screen among columns. */
#include <stdint.h>
#include <stdlib.h>

#include "ctl/out_node.h"
#include "unit.h"

TEST(there_is_room_for_all)
{
	static const size_t needs[] = { 10, 20 };

	assert_int_equal(out_share(needs, 2, 30), SIZE_MAX);
	assert_int_equal(out_share(needs, 0, 0), SIZE_MAX);
}

TEST(who_needs_less_leaves_the_rest_to_the_others)
{
	static const size_t needs[] = { 5, 100, 100 };

	assert_int_equal(out_share(needs, 3, 45), 20);
	assert_int_equal(out_share(needs, 2, 45), 40);
}

TEST(all_want_more)
{
	static const size_t needs[] = { 50, 60, 70 };

	assert_int_equal(out_share(needs, 3, 30), 10);
	assert_int_equal(out_share(needs, 3, 2), 0);
	assert_int_equal(out_share(needs, 3, 0), 0);
}

/* Never more than the room, and no room is left while somebody wants it. */
TEST(all_of_it_is_used)
{
	size_t needs[4], room, share, used, open;

	srandom(7);
	for (int turn = 0; turn < 10000; turn++) {
		for (size_t i = 0; i < 4; i++)
			needs[i] = (size_t)random() % 40;
		room = (size_t)random() % 120;
		share = out_share(needs, 4, room);
		used = open = 0;
		for (size_t i = 0; i < 4; i++) {
			used += needs[i] < share ? needs[i] : share;
			open += needs[i] > share;
		}
		assert_true(used <= room);
		assert_true(open == 0 || room - used < open);
	}
}
