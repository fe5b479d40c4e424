/* The breaker: every transition, and what threads make of one word. */
#include <pthread.h>
#include <stdatomic.h>

#include "shm/breaker.h"
#include "unit.h"

#define NOW (1000 * NSEC_PER_SEC)
#define CLAIM (30 * NSEC_PER_SEC)
#define MSEC NSEC_PER_MSEC
#define DOCUMENT 7
#define OTHER 8 /* and 9 */

/* The states that a transition can begin from. */
enum from {
	FRESH,
	FOUR,
	OPEN,
	COOLED,
	PROBED,
	ORPHANED,
	FROM_MAX
};

/* Made by the functions themselves: nothing here knows what is in a word. */
static uint64_t
word_in(enum from from)
{
	_Atomic uint64_t word = 0;
	uint64_t ticket;
	int64_t then = NOW;
	int i;

	if (from == FRESH)
		return 0;
	if (from == COOLED)
		then = NOW - BREAKER_COOLDOWN;
	if (from == PROBED)
		then = NOW - BREAKER_COOLDOWN - CLAIM + MSEC;
	if (from == ORPHANED)
		then = NOW - BREAKER_COOLDOWN - CLAIM;
	for (i = 0; i < 4; i++)
		assert_int_equal(breaker_fail(&word, OTHER + (uint64_t)i % 2, then), 0);
	if (from == FOUR)
		return word;
	assert_int_equal(breaker_fail(&word, DOCUMENT, then), BREAKER_FAILURES);
	if (from == PROBED || from == ORPHANED)
		assert_int_equal(
		    breaker_ask(&word, then + BREAKER_COOLDOWN, CLAIM, &ticket),
		    BREAKER_PROBE);
	return word;
}

static const struct {
	enum breaker_state state;
	unsigned failures;
	int64_t wait;
	enum breaker_answer answer;
	enum breaker_state asked, failed; /* the state after asking, after a failure */
	bool closes, opens;               /* what success and failure return */
} table[FROM_MAX] = {
	[FRESH] = { BREAKER_CLOSED, 0, 0, BREAKER_GO, BREAKER_CLOSED, BREAKER_CLOSED,
	    false, false },
	[FOUR] = { BREAKER_CLOSED, 4, 0, BREAKER_GO, BREAKER_CLOSED, BREAKER_OPEN,
	    false, true },
	[OPEN] = { BREAKER_OPEN, 5, BREAKER_COOLDOWN, BREAKER_REFUSED, BREAKER_OPEN,
	    BREAKER_OPEN, true, false },
	[COOLED] = { BREAKER_HALF_OPEN, 5, 0, BREAKER_PROBE, BREAKER_HALF_OPEN,
	    BREAKER_OPEN, true, false },
	[PROBED] = { BREAKER_HALF_OPEN, 5, 0, BREAKER_BUSY, BREAKER_HALF_OPEN,
	    BREAKER_OPEN, true, false },
	[ORPHANED] = { BREAKER_HALF_OPEN, 5, 0, BREAKER_PROBE, BREAKER_HALF_OPEN,
	    BREAKER_OPEN, true, false },
};

TEST(every_state_looks_as_it_is)
{
	struct breaker_view v;
	int from;

	for (from = 0; from < FROM_MAX; from++) {
		v = breaker_look(word_in(from), NOW);
		assert_int_equal(v.state, table[from].state);
		assert_int_equal(v.failures, table[from].failures);
		assert_int_equal(v.wait, table[from].wait);
	}
}

TEST(every_state_when_asked)
{
	_Atomic uint64_t word;
	uint64_t before, ticket;
	int from;

	for (from = 0; from < FROM_MAX; from++) {
		word = before = word_in(from);
		assert_int_equal(
		    breaker_ask(&word, NOW, CLAIM, &ticket), table[from].answer);
		assert_int_equal(breaker_look(word, NOW).state, table[from].asked);
		assert_int_equal(
		    breaker_look(word, NOW).failures, table[from].failures);
		/* Only a probe leaves a trace. */
		assert_int_equal(word != before, table[from].answer == BREAKER_PROBE);
		assert_int_equal(word, ticket);
	}
}

TEST(every_state_after_a_success)
{
	_Atomic uint64_t word;
	int from;

	for (from = 0; from < FROM_MAX; from++) {
		word = word_in(from);
		assert_int_equal(breaker_succeed(&word), table[from].closes);
		assert_int_equal(word, 0);
	}
}

/* The cooldown counts from the last failure, whoever met it. */
TEST(every_state_after_a_failure)
{
	_Atomic uint64_t word;
	struct breaker_view v;
	int from;

	for (from = 0; from < FROM_MAX; from++) {
		word = word_in(from);
		assert_int_equal(breaker_fail(&word, DOCUMENT, NOW + 5 * NSEC_PER_SEC),
		    table[from].opens ? BREAKER_FAILURES : 0);
		v = breaker_look(word, NOW + 5 * NSEC_PER_SEC);
		assert_int_equal(v.state, table[from].failed);
		assert_int_equal(v.failures, table[from].failures + 1);
		assert_int_equal(
		    v.wait, v.state == BREAKER_OPEN ? BREAKER_COOLDOWN : 0);
	}
}

TEST(every_state_when_a_stranger_abandons)
{
	_Atomic uint64_t word;
	uint64_t before;
	int from;

	for (from = 0; from < FROM_MAX; from++) {
		word = before = word_in(from);
		breaker_abandon(&word, before ^ UINT64_C(1) << 40, NOW);
		assert_int_equal(word, before);
	}
}

TEST(an_abandoned_probe_is_free_at_once)
{
	_Atomic uint64_t word = word_in(COOLED);
	uint64_t ticket, other;

	assert_int_equal(breaker_ask(&word, NOW, CLAIM, &ticket), BREAKER_PROBE);
	assert_int_equal(breaker_ask(&word, NOW, CLAIM, &other), BREAKER_BUSY);
	breaker_abandon(&word, ticket, NOW);
	assert_int_equal(breaker_look(word, NOW).failures, BREAKER_FAILURES);
	assert_int_equal(breaker_ask(&word, NOW + MSEC, CLAIM, &other), BREAKER_PROBE);
	/* Too late: the claim is another's. */
	breaker_abandon(&word, ticket, NOW + MSEC);
	assert_int_equal(breaker_ask(&word, NOW + MSEC, CLAIM, &ticket), BREAKER_BUSY);
}

TEST(the_last_millisecond_counts)
{
	_Atomic uint64_t word = word_in(OPEN);
	uint64_t ticket;

	assert_int_equal(
	    breaker_ask(&word, NOW + BREAKER_COOLDOWN - MSEC, CLAIM, &ticket),
	    BREAKER_REFUSED);
	assert_int_equal(
	    breaker_ask(&word, NOW + BREAKER_COOLDOWN, CLAIM, &ticket), BREAKER_PROBE);
	assert_int_equal(
	    breaker_ask(&word, NOW + BREAKER_COOLDOWN + CLAIM - MSEC, CLAIM, &ticket),
	    BREAKER_BUSY);
	assert_int_equal(
	    breaker_ask(&word, NOW + BREAKER_COOLDOWN + CLAIM, CLAIM, &ticket),
	    BREAKER_PROBE);
}

TEST(failures_are_counted_on_but_not_over)
{
	_Atomic uint64_t word = 0;
	struct breaker_view v;
	int i;

	for (i = 0; i < 70000; i++)
		breaker_fail(&word, DOCUMENT + (uint64_t)i % 2, NOW);
	v = breaker_look(word, NOW);
	assert_int_equal(v.failures, 65535);
	assert_int_equal(v.state, BREAKER_OPEN);
	assert_int_equal(v.wait, BREAKER_COOLDOWN);
}

TEST(one_document_alone_does_not_open_it)
{
	uint64_t one = breaker_document("https://host.example/a"),
		 other = breaker_document("https://host.example/b");
	_Atomic uint64_t word = 0;
	int i;

	assert_int_not_equal(one, other);
	for (i = 0; i < 3 * BREAKER_FAILURES; i++)
		assert_int_equal(breaker_fail(&word, one, NOW), 0);
	assert_int_equal(breaker_look(word, NOW).state, BREAKER_CLOSED);
	assert_int_equal(breaker_look(word, NOW).failures, 3 * BREAKER_FAILURES);
	assert_int_equal(breaker_fail(&word, other, NOW), 3 * BREAKER_FAILURES + 1);
	assert_int_equal(breaker_look(word, NOW).state, BREAKER_OPEN);

	assert_true(breaker_succeed(&word));
	for (i = 0; i < BREAKER_FAILURES - 1; i++)
		assert_int_equal(breaker_fail(&word, i < 2 ? one : other, NOW), 0);
	assert_int_equal(breaker_fail(&word, other, NOW), BREAKER_FAILURES);
}

/* A machine that has just booted, and a test that moved its clock back. */
TEST(times_near_zero)
{
	_Atomic uint64_t word = 0;
	uint64_t ticket;
	int i;

	for (i = 0; i < BREAKER_FAILURES; i++)
		breaker_fail(&word, DOCUMENT + (uint64_t)i % 2, -1000 * NSEC_PER_SEC);
	assert_int_equal(breaker_look(word, -1000 * NSEC_PER_SEC).state, BREAKER_OPEN);
	assert_int_equal(breaker_ask(&word, 0, CLAIM, &ticket), BREAKER_PROBE);
}

/* --- Threads --------------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS 2000

struct race {
	_Atomic uint64_t word;
	pthread_barrier_t barrier;
	_Atomic unsigned probes, opened;
};

static void *
ask_and_probe(void *arg)
{
	struct race *race = arg;
	uint64_t ticket;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (pthread_barrier_wait(&race->barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			atomic_store(&race->word, word_in(i % 2 ? COOLED : ORPHANED));
		pthread_barrier_wait(&race->barrier);
		if (breaker_ask(&race->word, NOW, CLAIM, &ticket) == BREAKER_PROBE)
			atomic_fetch_add(&race->probes, 1);
	}
	return NULL;
}

/* No failure is lost, and one thread is told that it opened the breaker. */
static void *
fail_together(void *arg)
{
	struct race *race = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&race->barrier);
		if (breaker_fail(&race->word, DOCUMENT + (uint64_t)i % 2, NOW) != 0)
			atomic_fetch_add(&race->opened, 1);
	}
	return NULL;
}

static void
run_race(struct race *race, void *(*fn)(void *))
{
	pthread_t thread[THREADS];
	int i;

	assert_int_equal(pthread_barrier_init(&race->barrier, NULL, THREADS), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, fn, race), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&race->barrier);
}

TEST(many_ask_and_one_probes)
{
	struct race race = { .word = 0 };

	run_race(&race, ask_and_probe);
	assert_int_equal(race.probes, ROUNDS);
}

TEST(many_fail_and_all_count)
{
	struct race race = { .word = 0 };

	run_race(&race, fail_together);
	assert_int_equal(race.opened, 1);
	assert_int_equal(breaker_look(race.word, NOW).failures, THREADS * ROUNDS);
}
