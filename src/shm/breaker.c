/*
 * The breaker's word: the phase in the lowest 2 bits, failures in a row in the next 16,
 * above them a time in milliseconds: when a cooldown or a probe's claim is over. While
 * it is closed these bits tell whose the failures are.
 */
#include "shm/breaker.h"

#include <string.h>

#include <xxhash.h>

enum breaker_phase {
	PHASE_CLOSED,
	PHASE_OPEN,
	PHASE_PROBING
};

#define PHASE_BITS 2
#define FAILURE_BITS 16
#define FAILURES_MOST ((UINT64_C(1) << FAILURE_BITS) - 1)
#define TIME_SHIFT (PHASE_BITS + FAILURE_BITS) /* 46 bits: 2,200 years */
/* Whose the failures are: one document's, more than one's, or 0: there are none. */
#define DOCUMENT_BITS 45
#define SEVERAL (UINT64_MAX >> TIME_SHIFT)

uint64_t
breaker_document(const char *url)
{
	return 1 + (XXH3_64bits(url, strlen(url)) >> (64 - DOCUMENT_BITS));
}

static uint64_t
word_make(enum breaker_phase phase, uint64_t failures, int64_t time)
{
	uint64_t ms = time > 0 ? (uint64_t)(time / NSEC_PER_MSEC) : 0;

	return ms << TIME_SHIFT | failures << PHASE_BITS | phase;
}

static uint64_t
word_make_closed(uint64_t failures, uint64_t whose)
{
	return whose << TIME_SHIFT | failures << PHASE_BITS | PHASE_CLOSED;
}

static enum breaker_phase
word_phase(uint64_t word)
{
	return (enum breaker_phase)(word & ((1 << PHASE_BITS) - 1));
}

static uint64_t
word_failures(uint64_t word)
{
	return word >> PHASE_BITS & FAILURES_MOST;
}

static int64_t
word_time(uint64_t word)
{
	return (int64_t)(word >> TIME_SHIFT) * NSEC_PER_MSEC;
}

struct breaker_view
breaker_look(uint64_t word, int64_t now)
{
	struct breaker_view v = { .failures = (unsigned)word_failures(word) };

	if (word_phase(word) == PHASE_CLOSED)
		return v;
	v.state = BREAKER_HALF_OPEN;
	if (word_phase(word) == PHASE_OPEN && word_time(word) > now) {
		v.state = BREAKER_OPEN;
		v.wait = word_time(word) - now;
	}
	return v;
}

uint64_t
breaker_opened(unsigned failures, int64_t until)
{
	return word_make(
	    PHASE_OPEN, failures < FAILURES_MOST ? failures : FAILURES_MOST, until);
}

/* What becomes of the word if somebody asks; the word itself if nothing does. */
static enum breaker_answer
breaker_judge(uint64_t word, int64_t now, int64_t claim, uint64_t *next)
{
	*next = word;
	if (word_phase(word) == PHASE_CLOSED)
		return BREAKER_GO;
	if (word_time(word) > now)
		return word_phase(word) == PHASE_PROBING ? BREAKER_BUSY
							 : BREAKER_REFUSED;
	*next = word_make(PHASE_PROBING, word_failures(word), now + claim);
	return BREAKER_PROBE;
}

/* Whoever makes the exchange is the one prober; the others look again. */
enum breaker_answer
breaker_ask(_Atomic uint64_t *word, int64_t now, int64_t claim, uint64_t *ticket)
{
	uint64_t seen = atomic_load(word);
	enum breaker_answer answer;

	do
		answer = breaker_judge(seen, now, claim, ticket);
	while (answer == BREAKER_PROBE &&
	       !atomic_compare_exchange_weak(word, &seen, *ticket));
	return answer;
}

bool
breaker_succeed(_Atomic uint64_t *word)
{
	return word_phase(atomic_exchange(word, 0)) != PHASE_CLOSED;
}

static uint64_t
breaker_worsen(uint64_t word, uint64_t document, int64_t now)
{
	uint64_t failures = word_failures(word), whose = word >> TIME_SHIFT;

	if (failures < FAILURES_MOST)
		failures++;
	if (word_phase(word) != PHASE_CLOSED)
		return word_make(PHASE_OPEN, failures, now + BREAKER_COOLDOWN);
	if (whose != 0 && whose != document)
		document = SEVERAL;
	if (failures < BREAKER_FAILURES || document != SEVERAL)
		return word_make_closed(failures, document);
	return word_make(PHASE_OPEN, failures, now + BREAKER_COOLDOWN);
}

unsigned
breaker_fail(_Atomic uint64_t *word, uint64_t document, int64_t now)
{
	uint64_t seen = atomic_load(word), next;

	do
		next = breaker_worsen(seen, document, now);
	while (!atomic_compare_exchange_weak(word, &seen, next));
	return word_phase(seen) == PHASE_CLOSED && word_phase(next) == PHASE_OPEN
		   ? (unsigned)word_failures(next)
		   : 0;
}

void
breaker_abandon(_Atomic uint64_t *word, uint64_t ticket, int64_t now)
{
	uint64_t open = word_make(PHASE_OPEN, word_failures(ticket), now);

	atomic_compare_exchange_strong(word, &ticket, open);
}
