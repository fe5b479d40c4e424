/* What a tool sees of reloads. */
#include "fixture/segment.h"

#include <fcntl.h>

#include "shm/layout.h"
#include "shm/ledger.h"
#include "shm/order.h"

/* A segment that has its name, as order_read() finds it by that. */
static struct segment *
named_segment(void)
{
	struct segment_spec spec = fixture_spec();
	struct segment *seg;
	char err[256];

	assert_int_equal(segment_create(&spec, &seg, err, sizeof(err)), 0);
	return seg;
}

static void
done_with(struct segment *seg)
{
	segment_unlink(seg);
	segment_close(&seg);
}

static struct order_state
seen(void)
{
	struct order_state s;

	assert_int_equal(order_read(fixture_name(), getpid(), ORDER_OF_RELOAD, &s), 0);
	return s;
}

TEST(reloads_are_numbered_and_keep_their_result)
{
	struct segment *seg = named_segment();
	struct order_state s = seen();

	assert_int_equal(s.begun, 0);
	assert_int_equal(s.ended, 0);
	order_begin(seg, ORDER_OF_RELOAD);
	s = seen();
	assert_int_equal(s.begun, 1);
	assert_int_equal(s.ended, 0);
	order_end(seg, ORDER_OF_RELOAD, ORDER_REFUSED, "no room");
	order_begin(seg, ORDER_OF_RELOAD);
	s = seen();
	assert_int_equal(s.begun, 2);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.outcome, ORDER_REFUSED);
	assert_string_equal(s.text, "no room");
	order_end(seg, ORDER_OF_RELOAD, ORDER_DONE, "");
	s = seen();
	assert_int_equal(s.ended, 2);
	assert_int_equal(s.outcome, ORDER_DONE);
	assert_string_equal(s.text, "");
	done_with(seg);
}

TEST(the_next_segment_goes_on)
{
	struct segment *seg = named_segment(), *next;
	struct segment_spec spec = fixture_spec();
	struct order_state s;
	char err[256];

	spec.unnamed = true;
	assert_int_equal(segment_create(&spec, &next, err, sizeof(err)), 0);
	order_begin(seg, ORDER_OF_RELOAD);
	order_end(seg, ORDER_OF_RELOAD, ORDER_DONE, "a note\n");
	order_carry(seg, next);
	assert_int_equal(segment_take_name(next), 0);
	s = seen();
	assert_int_equal(s.ended, 1);
	assert_string_equal(s.text, "a note\n");
	segment_close(&seg);
	done_with(next);
}

TEST(verbs_have_numbers_and_results_of_their_own)
{
	struct segment *seg = named_segment(), *next;
	struct segment_spec spec = fixture_spec();
	struct order_state s;
	char err[256];

	spec.unnamed = true;
	assert_int_equal(segment_create(&spec, &next, err, sizeof(err)), 0);
	for (unsigned v = 0; v < ORDER_VERBS; v++)
		for (unsigned n = 0; n <= v; n++) {
			order_begin(seg, v);
			order_end(seg, v, ORDER_DONE, order_verb_name(v));
		}
	order_begin(seg, ORDER_OF_LOGLEVEL);
	order_carry(seg, next);
	for (unsigned v = 0; v < ORDER_VERBS; v++) {
		assert_int_equal(order_look(next, v, &s), 0);
		assert_int_equal(s.begun, v + 1 + (v == ORDER_OF_LOGLEVEL));
		assert_int_equal(s.ended, v + 1);
		assert_string_equal(s.text, order_verb_name(v));
	}
	segment_close(&next);
	done_with(seg);
}

/* It goes to a terminal. */
TEST(a_text_is_cut_and_has_no_control_characters)
{
	struct segment *seg = named_segment();
	char text[2 * ORDER_TEXT_SIZE];
	struct order_state s;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "one\n\033[2Jtwo\r", 12);
	order_begin(seg, ORDER_OF_RELOAD);
	order_end(seg, ORDER_OF_RELOAD, ORDER_REFUSED, text);
	s = seen();
	assert_int_equal(strncmp(s.text, "one\n?[2Jtwo?x", 13), 0);
	assert_int_equal(strlen(s.text), ORDER_TEXT_SIZE - 1);
	done_with(seg);
}

TEST(another_daemons_segment_is_not_looked_at)
{
	struct segment *seg = named_segment();
	struct order_state s;

	assert_int_equal(
	    order_read(fixture_name(), getpid() + 1, ORDER_OF_RELOAD, &s), -1);
	assert_int_equal(errno, ESRCH);
	done_with(seg);
	assert_int_equal(order_read(fixture_name(), getpid(), ORDER_OF_RELOAD, &s), -1);
	assert_int_equal(errno, ENOENT);
}

TEST(what_is_no_segment_is_refused)
{
	char path[128];
	struct order_state s;
	FILE *f;

	snprintf(path, sizeof(path), "/dev/shm%s", fixture_name());
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(order_read(fixture_name(), getpid(), ORDER_OF_RELOAD, &s), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(ftruncate(fileno(f), 1 << 20), 0);
	assert_int_equal(order_read(fixture_name(), getpid(), ORDER_OF_RELOAD, &s), -1);
	assert_int_equal(errno, ESRCH);
	fclose(f);
	unlink(path);
}

TEST(an_order_is_for_one_segment)
{
	struct segment *seg = named_segment(), *seen, *other;
	enum order_code code;
	unsigned categories;
	int value;

	assert_int_equal(segment_look(fixture_name(), getpid(), &seen), 0);
	assert_int_equal(segment_ncategories(seen), 2);
	assert_string_equal(segment_category_name(seen, 1), fixture_categories[1]);
	value = order_value(seen, ORDER_ACCEPT, 1u << 1);
	segment_close(&seen);
	assert_true(order_value_open(seg, value, &code, &categories));
	assert_int_equal(code, ORDER_ACCEPT);
	assert_int_equal(categories, 2);
	assert_false(order_value_open(seg, value ^ 1 << 20, &code, &categories));
	assert_false(order_value_open(seg, value ^ 1 << 16, &code, &categories));
	assert_false(order_value_open(seg, value ^ 1 << 1, &code, &categories));
	assert_false(order_value_open(seg, value ^ 1 << 2, &code, &categories));
	assert_false(order_value_open(seg, 0, &code, &categories));
	done_with(seg);
	do /* it may have the same tag once in 4093 times */
		other = named_segment();
	while (order_value_open(other, value, &code, &categories) &&
	       (done_with(other), true));
	done_with(other);
}

TEST(an_order_has_an_argument_that_fits_it)
{
	static const struct {
		enum order_code code;
		unsigned argument;
		bool good;
	} table[] = {
		{ 0, 1, false },
		{ ORDER_ACCEPT, 0, false },
		{ ORDER_ACCEPT, 3, true },
		{ ORDER_ACCEPT, 4, false },
		{ ORDER_REFRESH, 0, false },
		{ ORDER_REFRESH, 2, true },
		{ ORDER_REFRESH, 0x8001, false },
		{ ORDER_REOPEN, 0, true },
		{ ORDER_REOPEN, 1, false },
		{ ORDER_UPGRADE, 0, true },
		{ ORDER_UPGRADE, 1, false },
		{ ORDER_LOGLEVEL, ORDER_LEVEL(3, ORDER_LEVEL_SECONDS_MAX), true },
		{ ORDER_LOGLEVEL, ORDER_LEVEL(0, 0), true },
		{ ORDER_CODES, 0, false },
		{ 15, 0, false },
	};
	struct segment *seg = fixture_segment();
	enum order_code code;
	unsigned argument;

	for (size_t i = 0; i < NELEM(table); i++) {
		int value = order_value(seg, table[i].code, table[i].argument);

		assert_int_equal(
		    order_value_open(seg, value, &code, &argument), table[i].good);
		assert_int_equal(code, table[i].code);
		assert_int_equal(argument, table[i].argument);
	}
	argument = ORDER_LEVEL(2, 600);
	assert_int_equal(ORDER_LEVEL_OF(argument), 2);
	assert_int_equal(ORDER_LEVEL_SECONDS(argument), 600);
	segment_close(&seg);
}

/* What has the name may be anything. */
TEST(no_offset_is_believed)
{
	struct segment *seg = named_segment(), *seen;
	char path[128];
	int fd;

	assert_int_equal(segment_look(fixture_name(), getpid() + 1, &seen), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(segment_look("/hydratord-none", getpid(), &seen), -1);
	assert_int_equal(errno, ENOENT);
	snprintf(path, sizeof(path), "/dev/shm%s", fixture_name());
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	for (off_t at = 16; at < (off_t)sizeof(struct segment_header); at += 4) {
		uint32_t was, wrong = UINT32_MAX;

		assert_int_equal(pread(fd, &was, 4, at), 4);
		assert_int_equal(pwrite(fd, &wrong, 4, at), 4);
		/* Whatever is looked at then lies in the file. */
		if (segment_look(fixture_name(), getpid(), &seen) == 0) {
			struct ledger l;

			ledger_read(seen, segment_ncategories(seen) - 1, &l);
			segment_close(&seen);
		}
		assert_int_equal(pwrite(fd, &was, 4, at), 4);
	}
	close(fd);
	assert_int_equal(segment_look(fixture_name(), getpid(), &seen), 0);
	segment_close(&seen);
	done_with(seg);
}
