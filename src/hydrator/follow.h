/*
 * A hydrator in a fleet (fleet/member.h): whether its cycles are run here or by another
 * machine, whose snapshots are then published. NULL is a hydrator without a fleet,
 * which all functions take. Nothing here waits for Redis.
 */
#ifndef HYDRATOR_FOLLOW_H
#define HYDRATOR_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "hydrator/cycle.h"
#include "upstream/source.h"

/* So many cycles that fail in a row make a leader give up the lead. */
#define FOLLOW_FAILURES 3

struct follow;

/* After cycle_open() and recall(). Starts the thread that speaks to Redis. NULL if
 * redis.url is "", or, which is logged, if there can be no fleet. */
struct follow *follow_open(struct cycle *) MUST_CHECK;
/* Leaves the fleet; frees *f and sets it to NULL. Returns false if its thread is left
 * behind (member_close()): then the process must end by _exit(2). */
bool follow_close(struct follow **f) MUST_CHECK;
/* Readable when follow_attend() has something to do; -1: never. */
int follow_fd(const struct follow *) MUST_CHECK;

/* At least once a second, also during a cycle: logs what has changed, and keeps the
 * ledger's part of the fleet. */
void follow_attend(struct follow *);

enum follow_change {
	FOLLOW_SAME,
	FOLLOW_LEADS,   /* its cycles are those of the fleet */
	FOLLOW_FOLLOWS, /* it has none any more */
	FOLLOW_ALONE,   /* its cycles are its own, and fewer */
};

/* Between cycles, after follow_attend(): publishes what has arrived, and tells what has
 * changed since the last call. The wait's attend is called meanwhile. */
enum follow_change follow_step(struct follow *, const struct source_wait *) MUST_CHECK;
/* Whether cycles are run here now. */
bool follow_hydrates(const struct follow *) MUST_CHECK;
/* After FOLLOW_LEADS: how long until the tick of the first cycle, nanoseconds; below 0:
 * since then. */
int64_t follow_first_cycle(const struct follow *) MUST_CHECK;
/* Whether the fleet has asked this leader for a cycle since the last call. */
bool follow_is_asked(struct follow *) MUST_CHECK;
/* The order to refresh has come to a machine that runs no cycles: passes it on. */
void follow_ask(struct follow *);
/* Who leads; "": nobody that is known. */
const char *follow_leader(const struct follow *) MUST_CHECK;

/* Around each cycle. */
void follow_begin(struct follow *, int64_t tick); /* of the schedule, clock_boot() */
void follow_end(struct follow *, enum cycle_result);

#endif
