/* Ledgers: whole or nothing, whoever is killed whenever, and no text that does harm. */
#include "fixture/segment.h"

#include "shm/layout.h"
#include "shm/ledger.h"
#include "unit.h"

static struct ledger
uniform(uint64_t n)
{
	struct ledger l = { .ndocuments = LEDGER_DOCUMENTS, .next_try = (int64_t)n };
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	ledger_put(l.cause, sizeof(l.cause), text);
	for (int i = 0; i < LEDGER_DOCUMENTS; i++) {
		l.document[i].fetched_wall = (int64_t)n;
		l.document[i].gate.since = (int64_t)n;
		ledger_put(
		    l.document[i].error.text, sizeof(l.document[i].error.text), text);
	}
	l.fleet = (struct ledger_fleet){
		.used = 1,
		.up = n % 2,
		.role = n % LEDGER_ROLES,
		.since = (int64_t)n,
		.skew = -(int64_t)n,
		.refused = n,
	};
	ledger_put(l.fleet.leader, sizeof(l.fleet.leader), text);
	ledger_put(l.fleet.error, sizeof(l.fleet.error), text);
	return l;
}

TEST(what_was_written_is_read)
{
	struct segment *seg = fixture_segment();
	struct ledger in = uniform(7), out;

	memset(&out, 1, sizeof(out));
	assert_false(ledger_read(seg, 0, &out));
	assert_int_equal(out.next_try, 0);
	ledger_write(seg, 1, &in);
	assert_false(ledger_read(seg, 0, &out));
	assert_true(ledger_read(seg, 1, &out));
	assert_memory_equal(&in, &out, sizeof(in));
	in = uniform(8);
	ledger_write(seg, 1, &in);
	assert_true(ledger_read(seg, 1, &out));
	assert_memory_equal(&in, &out, sizeof(in));
	segment_close(&seg);
}

TEST(a_text_of_strangers_is_defused_and_cut)
{
	char field[16];

	ledger_put(field, sizeof(field), "a\nb\x1b[31m\x7f");
	assert_string_equal(field, "a?b?[31m?");
	ledger_put(field, sizeof(field), "0123456789abcdefghijk");
	assert_string_equal(field, "0123456789abcde");
	/* Not half of a character. */
	ledger_put(field, sizeof(field), "0123456789abcd\xc3\xa9");
	assert_string_equal(field, "0123456789abcd?");
}

TEST(only_a_document_that_is_in_use_has_an_age)
{
	struct ledger l = { .ndocuments = 2,
		.document = { { .name = "status", .fetched_boot = 5 },
		    { .name = "stats", .fetched_boot = 5, .fetched_wall = 1 },
		    { .name = "workers", .fetched_boot = 5, .fetched_wall = 1 } } };

	assert_int_equal(ledger_age(&l, "stats", 12), 7);
	assert_int_equal(ledger_age(&l, "stats", 3), 0);
	assert_int_equal(ledger_age(&l, "status", 12), -1);
	assert_int_equal(ledger_age(&l, "workers", 12), -1);
	l.document[1].fetched_boot = INT64_MIN;
	assert_int_equal(ledger_age(&l, "stats", 12), -1);
}

/* A hydrator that was taken over may write anything. */
TEST(whatever_was_written_can_be_shown)
{
	struct segment *seg = fixture_segment();
	struct ledger in, out;

	memset(&in, 0xff, sizeof(in));
	ledger_write(seg, 0, &in);
	assert_true(ledger_read(seg, 0, &out));
	assert_int_equal(out.ndocuments, LEDGER_DOCUMENTS);
	assert_int_equal(strlen(out.cause), sizeof(out.cause) - 1);
	assert_int_equal(strspn(out.cause, "?"), sizeof(out.cause) - 1);
	for (int i = 0; i < LEDGER_DOCUMENTS; i++) {
		assert_string_equal(
		    ledger_state_name((enum ledger_state)out.document[i].state),
		    "untried");
		assert_int_equal(out.document[i].error.status, 0);
		assert_int_equal(
		    strspn(out.document[i].name, "?"), LEDGER_NAME_SIZE - 1);
		assert_int_equal(
		    strspn(out.document[i].error.host, "?"), LEDGER_HOST_SIZE - 1);
		assert_int_equal(
		    strspn(out.document[i].error.text, "?"), LEDGER_TEXT_SIZE - 1);
	}
	assert_int_equal(out.fleet.used, 1);
	assert_int_equal(out.fleet.up, 1);
	assert_string_equal(
	    ledger_role_name((enum ledger_role)out.fleet.role), "alone");
	assert_int_equal(strspn(out.fleet.leader, "?"), LEDGER_LEADER_SIZE - 1);
	assert_int_equal(strspn(out.fleet.error, "?"), LEDGER_TEXT_SIZE - 1);
	segment_close(&seg);
}

/* Whoever shows one subtracts its times from now. */
TEST(no_time_of_a_fleet_overflows)
{
	const int64_t worst[] = { INT64_MIN, INT64_MAX };
	struct segment *seg = fixture_segment();
	struct ledger in = { 0 }, out;

	for (size_t i = 0; i < NELEM(worst); i++) {
		in.fleet.since = in.fleet.seen = worst[i];
		in.fleet.lag = in.fleet.skew = worst[i];
		ledger_write(seg, 0, &in);
		assert_true(ledger_read(seg, 0, &out));
		assert_int_equal(out.fleet.since, 0);
		assert_int_equal(out.fleet.seen, 0);
		assert_int_equal(out.fleet.lag, 0);
		assert_int_equal(out.fleet.skew, 0);
	}
	in.fleet.lag = -1;
	in.fleet.skew = -1;
	ledger_write(seg, 0, &in);
	assert_true(ledger_read(seg, 0, &out));
	assert_int_equal(out.fleet.lag, 0);
	assert_int_equal(out.fleet.skew, -1); /* a clock may be behind */
	segment_close(&seg);
}

TEST(who_has_not_looked_for_a_lease_leads_no_more)
{
	struct ledger_fleet f = { .used = 1, .role = LEDGER_LEADER, .seen = 100 };

	assert_int_equal(ledger_role_now(&f, 50, 149), LEDGER_LEADER);
	assert_int_equal(ledger_role_now(&f, 50, 150), LEDGER_ALONE);
	f.seen = 0;
	assert_int_equal(ledger_role_now(&f, 50, 1), LEDGER_ALONE);
	f.role = LEDGER_FOLLOWER;
	assert_int_equal(ledger_role_now(&f, 50, 150), LEDGER_FOLLOWER);
}

/* As before a fleet is known. */
TEST(a_fleet_of_zeros_is_none)
{
	struct segment *seg = fixture_segment();
	struct ledger in = { 0 }, out;

	ledger_write(seg, 0, &in);
	assert_true(ledger_read(seg, 0, &out));
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(out.fleet.used, 0);
	assert_int_equal(out.fleet.role, LEDGER_ALONE);
	segment_close(&seg);
}

static void NORETURN
write_for_ever(struct segment *seg)
{
	struct ledger l;
	uint64_t n;

	for (n = 1;; n++) {
		l = uniform(n);
		ledger_write(seg, 0, &l);
	}
}

static void
assert_whole(const struct ledger *l)
{
	struct ledger whole = uniform((uint64_t)l->next_try);

	assert_memory_equal(l, &whole, sizeof(whole));
}

TEST(nobody_reads_half_of_one_whoever_is_killed)
{
	struct segment *seg = fixture_segment();
	struct ledger l;
	unsigned read = 0;

	for (int round = 0; round < 40; round++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			write_for_ever(seg);
		assert_int_not_equal(pid, -1);
		while (!ledger_read(seg, 0, &l)) /* it has not got that far */
			usleep(1000);
		for (int i = 0; i < 2000; i++)
			if (ledger_read(seg, 0, &l)) {
				assert_whole(&l);
				read++;
			}
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(ledger_read(seg, 0, &l));
		assert_whole(&l);
	}
	print_message("%u whole ones while they were written\n", read);
	segment_close(&seg);
}
