/*
 * What a machine is in the fleet of a category, and what it does next. Replies of Redis
 * and instants go in, decisions come out. Pure.
 *
 * Spans are nanoseconds; instants are of clock_boot(), unless they are called Redis'
 * time.
 */
#ifndef FLEET_ROLE_H
#define FLEET_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/ledger.h"

/* Which publication of the fleet: the fencing token of its leader, and that leader's
 * number of it. Each token is greater than all before, so marks are in order. Zeroed:
 * none. */
struct role_mark {
	uint64_t token, seq;
};

struct role_rule {
	int64_t lease;    /* longer than any cycle */
	int64_t poll;     /* between two looks */
	int64_t patience; /* without Redis, before it hydrates for itself */
	int64_t interval; /* between two cycles */
	bool stands;      /* it would lead */
};

/* What Redis said at a look. */
struct role_look {
	bool leads;                  /* this machine has the lease, by this look */
	uint64_t token;              /* of whoever led last; 0: none */
	struct role_mark generation; /* what can be had */
	int64_t begun;               /* Redis' time of the last cycle; 0: not known */
	struct role_mark begins; /* what that cycle is to be published as, or more */
	bool asked;              /* the leader alone: for a cycle */
	int64_t left;            /* of the lease; 0: nobody has it */
	char leader[LEDGER_LEADER_SIZE]; /* name of who has it, "": nobody */
	uint32_t sum;                    /* script_settings.sum of that; 0: unknown */
	int64_t clock;                   /* Redis' time, then */
};

/* role_open() begins; after that all is for reading alone. */
struct role {
	struct role_rule rule;
	int64_t good;    /* the last good look, or the opening */
	int64_t sign;    /* when the fleet was last seen to hydrate, or the opening */
	int64_t due;     /* the next look */
	unsigned misses; /* looks in a row without an answer */
	struct role_look look; /* the last good one; its begun is the last known one */

	uint64_t token; /* by which it leads, if not later than lease_end; 0: not */
	int64_t lease_end;
	uint64_t highest; /* token that was ever seen */
	int64_t rest;     /* it does not stand before, */
	int64_t vacant;   /* unless nobody leads since then; 0: somebody does */

	bool holds;               /* the latch has something: of the fleet, */
	struct role_mark held;    /* which of it; zeroed: it is its own */
	struct role_mark settled; /* up to here it was taken or passed over */
	bool spoiled;             /* the settled one cannot be used */
};

/* Whether a is newer than b. */
static inline bool
role_is_newer(struct role_mark a, struct role_mark b)
{
	return a.token != b.token ? a.token > b.token : a.seq > b.seq;
}

/* A machine that has not looked yet; the first look is due. holds: the latch has
 * something, of its own. now: clock_boot(). */
void role_open(struct role *, const struct role_rule *, bool holds, int64_t now);

/* A look that was sent at `sent` was answered at `now`; random: any 32 bits. The lease
 * counts from when it was sent: nobody else counts it from an earlier instant. */
void role_seen(struct role *, const struct role_look *, int64_t sent, int64_t now,
    uint32_t random);
/* It was not answered, or there is no connection. */
void role_missed(struct role *, int64_t now, uint32_t random);
/* What followed a good look has failed so many times in a row, and ended the
 * connection: the next look is later each time, while a leader still renews its lease
 * in time. */
void role_hold_off(struct role *, unsigned failures, int64_t now, uint32_t random);
/* Whether to stand for leader at a look now. */
bool role_stands(const struct role *, int64_t now) MUST_CHECK;

/*
 * A leader leads as long as it has the lease. Whoever does not follows, until there was
 * no Redis for the patience (five seconds where the latch is empty), or what there is
 * cannot be used, or, where Redis answers, nobody was seen to hydrate for an interval
 * and the patience (empty: for a lease): then it is alone.
 */
enum ledger_role role_at(const struct role *, int64_t now) MUST_CHECK;
/* Why it is alone: for a log line; NULL: it is not. */
const char *role_why_alone(const struct role *, int64_t now) MUST_CHECK;

/* Whether there is something newer than what it has seen: it is to be fetched. */
bool role_wants(const struct role *) MUST_CHECK;
/* It was fetched, and is in the latch now. */
void role_take(struct role *, struct role_mark);
/* It was fetched, but what the latch has is of a later time. */
void role_pass(struct role *, struct role_mark);
/* It cannot be used. */
void role_refuse(struct role *, struct role_mark);
/* The latch has got something of this machine's own. */
void role_own(struct role *);

/* The leader begins a cycle; its tick, in Redis' time. */
void role_begin(struct role *, int64_t redis, struct role_mark begins);
/* The leader's snapshot is in Redis. */
void role_published(struct role *, struct role_mark);
/* It leads no more: others have got the lease. */
void role_lose(struct role *);
/* It gives the lease up, because others may do better: it does not stand for an
 * interval, unless nobody else takes it. */
void role_resign(struct role *, int64_t now);

/*
 * How long after now the tick of a new leader's first cycle is: an interval after the
 * one of the last cycle. Not above 0: at once, because that is over, or because nothing
 * came of the last cycle; the tick was so long ago, less than an interval, and the
 * later ones keep its pace, so that the fleet has one cycle an interval however often
 * its leader changes. redis: Redis' time now.
 */
int64_t role_first_cycle(const struct role *, int64_t redis) MUST_CHECK;

#endif
