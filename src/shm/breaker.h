/*
 * A circuit breaker in one word of shared memory, so that all hydrators have the same
 * one without a lock: after BREAKER_FAILURES failures in a row, not all of the same
 * document, nobody asks for BREAKER_COOLDOWN, then one process asks on behalf of all
 * (it probes), and what it meets closes or opens the breaker (doc/reference.md 9.4, but
 * for the single probe). Hydrators change it, readers look.
 *
 * All times are clock_boot(). A word of 0 is closed, without a failure.
 */
#ifndef SHM_BREAKER_H
#define SHM_BREAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

#define BREAKER_FAILURES 5
#define BREAKER_COOLDOWN (120 * NSEC_PER_SEC) /* counted from the last failure */

/* As told in /metrics. */
enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_HALF_OPEN, /* the cooldown is over: one may try, or is trying */
	BREAKER_OPEN,
};

struct breaker_view {
	enum breaker_state state;
	unsigned failures; /* in a row */
	int64_t wait;      /* BREAKER_OPEN: nanoseconds until one may try */
};

/* What a word means at a time. Pure. */
struct breaker_view breaker_look(uint64_t word, int64_t now) MUST_CHECK;
/* The word of a breaker that is open until then, after so many failures in a row
 * elsewhere. Pure. */
uint64_t breaker_opened(unsigned failures, int64_t until) MUST_CHECK;

enum breaker_answer {
	BREAKER_GO,
	BREAKER_PROBE, /* the same, and nobody else may: *ticket is set */
	BREAKER_BUSY,  /* somebody probes: ask again soon */
	BREAKER_REFUSED,
};

/*
 * May a document be asked for? A prober has `claim` nanoseconds to tell what it met;
 * then it is taken for dead and the next one that asks probes.
 */
enum breaker_answer breaker_ask(
    _Atomic uint64_t *, int64_t now, int64_t claim, uint64_t *ticket) MUST_CHECK;

/* The host has answered. Returns true if that closed the breaker. */
bool breaker_succeed(_Atomic uint64_t *);
/* What stands for the document of a URL below. Pure. */
uint64_t breaker_document(const char *url) MUST_CHECK;
/* The host has not answered with that document. One alone does not speak for its host:
 * the others may still be had. Returns the failures in a row if the last one opened the
 * breaker, which was closed; else 0. */
unsigned breaker_fail(_Atomic uint64_t *, uint64_t document, int64_t now);
/* A prober that will not know: the next one that asks probes at once. Nothing happens
 * if the ticket's claim is over. */
void breaker_abandon(_Atomic uint64_t *, uint64_t ticket, int64_t now);

#endif
