/* Rings of cycles: whole records or none, whoever is killed at which store. */
#include "fixture/segment.h"

static void kill_after_store(void);

#define SEQLOCK_TEST_STORED() kill_after_store()
#include "shm/seqlock.h"

static void copy_overtaken(uint64_t *to, const _Atomic uint64_t *from, size_t len);

#define seqlock_copy copy_overtaken
#include "shm/cycles.c"
#undef seqlock_copy
#include "shm/layout.h"
#include "unit.h"

/* Of a record: the mark, its words, the end; both records, and the number. */
#define STORES                                                                         \
	(2 + sizeof(struct cycles_detail) / 8 + 2 + sizeof(struct cycles_brief) / 8 + 1)

static int stores_left; /* the store that takes it to 0 is the process's last */

static void
kill_after_store(void)
{
	if (stores_left > 0 && --stores_left == 0)
		kill(getpid(), SIGKILL);
}

/* All of it says n. */
static struct cycles_detail
uniform(uint64_t n)
{
	struct cycles_detail d = {
		.brief = {
			.begun = (int64_t)n,
			.fetch = n,
			.compute = n,
			.encode = n,
			.publish = n,
			.result = n % CYCLES_IDLE,
			.models = (uint32_t)n,
			.bytes = n,
			.generation = n,
			.input_age = (int64_t)n,
		},
	};

	for (size_t i = 0; i < CYCLES_DOCUMENTS; i++)
		d.document[i] = (struct cycles_document){ .bytes = n, .nsec = n };
	snprintf(d.reason, sizeof(d.reason), "%llu", (unsigned long long)n);
	return d;
}

static void
note(const struct segment *seg, uint64_t n)
{
	struct cycles_detail d = uniform(n);

	cycles_note(seg, 1, &d);
}

/* Where a writer comes round the ring while a record of it is copied; NULL: nowhere. */
static const struct segment *overtaking;

static void
copy_overtaken(uint64_t *to, const _Atomic uint64_t *from, size_t len)
{
	const struct segment *seg = overtaking;
	size_t half = len / sizeof(*to) / 2;

	overtaking = NULL;
	seqlock_copy(to, from, half * sizeof(*to));
	for (uint64_t i = 0; seg != NULL && i < CYCLES_BRIEFS; i++)
		note(seg, 5000 + i);
	seqlock_copy(to + half, from + half, len - half * sizeof(*to));
}

/* Whether it is one of uniform(); returns its n. */
static uint64_t
whole(const struct cycles_detail *d)
{
	struct cycles_detail same = uniform(d->brief.bytes);

	same.brief.number = d->brief.number;
	same.brief.more = d->brief.more;
	assert_memory_equal(d, &same, sizeof(same));
	return d->brief.bytes;
}

TEST(what_was_noted_is_read_in_its_order)
{
	struct segment *seg = fixture_segment();
	static struct cycles_detail d[CYCLES_DETAILS + 1];
	static struct cycles_brief b[CYCLES_BRIEFS + 1];
	const uint64_t n = 2 * CYCLES_BRIEFS + 7;

	assert_int_equal(cycles_read(seg, 1, b, 1), 0);
	assert_int_equal(cycles_read_details(seg, 1, d, 1), 0);
	note(seg, 100);
	assert_int_equal(cycles_read(seg, 1, b, NELEM(b)), 1);
	assert_int_equal(b[0].number, 1);
	assert_int_equal(b[0].bytes, 100);
	assert_int_equal(cycles_read(seg, 0, b, NELEM(b)), 0);
	for (uint64_t i = 2; i <= n; i++)
		note(seg, 100 * i);
	assert_int_equal(cycles_read(seg, 1, b, NELEM(b)), CYCLES_BRIEFS);
	assert_int_equal(cycles_read_details(seg, 1, d, NELEM(d)), CYCLES_DETAILS);
	for (size_t i = 0; i < CYCLES_BRIEFS; i++) {
		assert_int_equal(b[i].number, n - CYCLES_BRIEFS + 1 + i);
		assert_int_equal(b[i].bytes, 100 * b[i].number);
	}
	for (size_t i = 0; i < CYCLES_DETAILS; i++)
		assert_int_equal(whole(&d[i]), 100 * (n - CYCLES_DETAILS + 1 + i));
	assert_int_equal(cycles_read(seg, 1, b, 3), 3);
	assert_int_equal(b[2].number, n);
	segment_close(&seg);
}

/* Whoever asks for the last one alone does not look how many there were. */
TEST(what_is_no_record_is_left_where_it_is)
{
	struct segment *seg = fixture_segment();
	struct cycles_rings *rings = rings_of(seg, 1);
	struct cycles_brief b = { .models = 3 }, damage;
	struct cycles_detail d = { .brief.models = 3 }, damaged;

	note(seg, 100);
	memset(&damage, 0xff, sizeof(damage));
	memset(&damaged, 0xff, sizeof(damaged));
	record_write(
	    &rings->brief[1].lock, rings->brief[1].words, &damage, sizeof(damage));
	record_write(
	    &rings->detail[1].lock, rings->detail[1].words, &damaged, sizeof(damaged));
	assert_int_equal(cycles_read(seg, 1, &b, 1), 0);
	assert_int_equal(cycles_read_details(seg, 1, &d, 1), 0);
	assert_int_equal(b.models, 3);
	assert_int_equal(d.brief.models, 3);
	segment_close(&seg);
}

TEST(idle_ones_in_a_row_take_one_place)
{
	struct segment *seg = fixture_segment();
	struct cycles_detail d[4], idle = uniform(1);

	idle.brief.result = CYCLES_IDLE;
	note(seg, 5);
	for (int i = 0; i < 2000; i++)
		cycles_note(seg, 1, &idle);
	note(seg, 6);
	cycles_note(seg, 1, &idle);
	assert_int_equal(cycles_read_details(seg, 1, d, NELEM(d)), 4);
	assert_int_equal(d[0].brief.bytes, 5);
	assert_int_equal(d[1].brief.result, CYCLES_IDLE);
	assert_int_equal(d[1].brief.more, 1999);
	assert_int_equal(d[2].brief.bytes, 6);
	assert_int_equal(d[2].brief.more, 0);
	assert_int_equal(d[3].brief.more, 0);
	assert_int_equal(d[3].brief.number, 4);
	segment_close(&seg);
}

static int
note_and_die(struct segment *seg, void *arg)
{
	stores_left = *(const int *)arg;
	note(seg, 7777);
	return 0;
}

/* Numbers go on, none is given twice to cycles that anybody can have seen. */
TEST(death_at_any_store_loses_at_most_that_cycle)
{
	struct segment *seg = fixture_segment();
	struct cycles_detail d[CYCLES_DETAILS];
	struct cycles_brief b[CYCLES_DETAILS];
	size_t n, nbriefs;

	for (int k = 1; k <= (int)STORES; k++) {
		uint64_t before, seen = 0;
		int status;

		note(seg, 1000 + (uint64_t)k);
		n = cycles_read_details(seg, 1, d, NELEM(d));
		before = d[n - 1].brief.number;
		status = fixture_fork(note_and_die, seg, &k);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		n = cycles_read_details(seg, 1, d, NELEM(d));
		nbriefs = cycles_read(seg, 1, b, NELEM(b));
		for (size_t i = 0; i < n; i++) {
			whole(&d[i]);
			assert_true(
			    i == 0 || d[i].brief.number > d[i - 1].brief.number);
		}
		if (n > 0)
			seen = d[n - 1].brief.number;
		assert_true(seen == before || k == (int)STORES);
		note(seg, 2000 + (uint64_t)k);
		n = cycles_read_details(seg, 1, d, NELEM(d));
		assert_int_equal(whole(&d[n - 1]), 2000 + (uint64_t)k);
		assert_true(d[n - 1].brief.number > before);
		assert_true(nbriefs > 0 && b[nbriefs - 1].number >= before);
	}
	assert_int_equal(STORES, 2 + 60 + 2 + 12 + 1);
	segment_close(&seg);
}

/* A reader beside a writer that comes round the ring again and again. */
static int
note_for_ever(struct segment *seg, void *arg)
{
	(void)arg;
	for (uint64_t i = 0;; i++)
		note(seg, i);
	return 0;
}

TEST(nothing_torn_is_read_beside_a_writer)
{
	struct segment *seg = fixture_segment();
	struct cycles_detail d[CYCLES_DETAILS];
	uint64_t read = 0;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(note_for_ever(seg, NULL));
	while (read < 20000) {
		size_t n = cycles_read_details(seg, 1, d, NELEM(d));

		/* Those that the writer overtook are missing, perhaps the last. */
		for (size_t i = 0; i < n; i++) {
			whole(&d[i]);
			assert_true(
			    i == 0 || d[i].brief.number > d[i - 1].brief.number);
		}
		read += n;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	segment_close(&seg);
}

TEST(what_is_overtaken_is_missing)
{
	struct segment *seg = fixture_segment();
	struct cycles_detail d[2];
	struct cycles_brief b[2];

	note(seg, 1);
	note(seg, 2);
	overtaking = seg;
	assert_int_equal(cycles_read_details(seg, 1, d, 2), 0);
	assert_int_equal(cycles_read_details(seg, 1, d, 2), 2);
	overtaking = seg;
	assert_int_equal(cycles_read(seg, 1, b, 2), 0);
	segment_close(&seg);
}

TEST(another_segment_goes_on_with_them)
{
	struct segment *from = fixture_segment(), *to = fixture_segment();
	struct cycles_detail d[CYCLES_DETAILS];
	struct cycles_brief b[100];

	for (uint64_t i = 1; i <= 90; i++)
		note(from, i);
	cycles_carry(from, 1, to, 1);
	note(to, 91);
	assert_int_equal(cycles_read(to, 1, b, NELEM(b)), 91);
	assert_int_equal(b[0].number, 1);
	assert_int_equal(b[90].number, 91);
	assert_int_equal(b[90].bytes, 91);
	assert_int_equal(cycles_read_details(to, 1, d, NELEM(d)), CYCLES_DETAILS);
	assert_int_equal(whole(&d[0]), 91 - CYCLES_DETAILS + 1);
	segment_close(&from);
	segment_close(&to);
}

/* A hydrator that was taken over may write anything, the number too. */
TEST(whatever_was_written_can_be_shown)
{
	struct segment *seg = fixture_segment();
	struct cycles_rings *r = rings_of(seg, 1);
	struct cycles_detail in, out[2];
	struct cycles_brief b[2];

	memset(&in, 0xff, sizeof(in));
	cycles_note(seg, 1, &in);
	assert_int_equal(cycles_read_details(seg, 1, out, NELEM(out)), 1);
	assert_string_equal(
	    cycles_result_name((enum cycles_result)out[0].brief.result), "failed");
	assert_int_equal(out[0].brief.begun, 0);
	assert_int_equal(out[0].brief.fetch, 0);
	assert_int_equal(out[0].document[3].status, 0);
	assert_int_equal(out[0].document[3].asked, 1);
	assert_string_equal(
	    ledger_state_name((enum ledger_state)out[0].document[3].state), "untried");
	assert_int_equal(strspn(out[0].reason, "?"), CYCLES_REASON_SIZE - 1);
	r->newest = UINT64_MAX;
	assert_int_equal(cycles_read(seg, 1, b, NELEM(b)), 0);
	assert_int_equal(cycles_read(seg, 1, b, 0), 0);
	note(seg, 3); /* must end */
	segment_close(&seg);
}
