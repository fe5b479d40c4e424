/* Shares of a processor, from look to look. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/top_look.h"
#include "unit.h"

TEST(a_share_is_of_the_time_since_the_look_before)
{
	struct top_ran r = { 0 };

	top_ran_note(&r, 7, 10 * NSEC_PER_SEC, 5 * NSEC_PER_SEC);
	assert_true(r.cpu < 0);
	top_ran_note(&r, 7, 12 * NSEC_PER_SEC, 6 * NSEC_PER_SEC);
	assert_float_equal(r.cpu, 50, 1e-9);
	top_ran_note(&r, 7, 13 * NSEC_PER_SEC, 6 * NSEC_PER_SEC);
	assert_float_equal(r.cpu, 0, 1e-9);
	/* Two looks at nearly one instant: a tick more would be thousands of percent.
	 */
	top_ran_note(&r, 7, 13 * NSEC_PER_SEC + 1, 7 * NSEC_PER_SEC);
	assert_float_equal(r.cpu, 0, 1e-9);
	top_ran_note(&r, 7, 14 * NSEC_PER_SEC, 7 * NSEC_PER_SEC);
	assert_float_equal(r.cpu, 100, 1e-9);
}

TEST(another_process_begins_anew)
{
	struct top_ran r = { 0 };

	top_ran_note(&r, 7, 10 * NSEC_PER_SEC, 5 * NSEC_PER_SEC);
	top_ran_note(&r, 8, 11 * NSEC_PER_SEC, 90 * NSEC_PER_SEC);
	assert_true(r.cpu < 0);
	/* Its pid was given out again. */
	top_ran_note(&r, 8, 12 * NSEC_PER_SEC, 1 * NSEC_PER_SEC);
	assert_true(r.cpu < 0);
	top_ran_note(&r, 8, 11 * NSEC_PER_SEC, 2 * NSEC_PER_SEC);
	assert_true(r.cpu < 0);
	top_ran_note(&r, 8, 13 * NSEC_PER_SEC, 2 * NSEC_PER_SEC);
	assert_float_equal(r.cpu, 0, 1e-9);
}

TEST(a_slot_without_a_name_has_its_number)
{
	struct top_look l = { .facts = calloc(1, sizeof(*l.facts)) };
	struct buf b = { 0 };

	assert_non_null(l.facts);
	l.facts->nprocesses = 1;
	strlcpy(l.facts->process[0].name, "reader 3", sizeof(l.facts->process[0].name));
	top_look_put_name(&l, 0, &b);
	buf_putc(&b, ' ');
	top_look_put_name(&l, 95, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, "reader 3 slot 95");
	buf_free(&b);
	top_look_end(&l);
	assert_null(l.facts);
}
