/*
 * A hydrator's part in the fleet of its category: a thread that alone speaks to Redis,
 * so that the hydrator waits for nobody. The hydrator tells it what was begun and
 * published and is told what it is (role.h) and what has arrived; it alone runs cycles,
 * publishes and logs. Functions are the hydrator's and never wait for Redis.
 */
#ifndef FLEET_MEMBER_H
#define FLEET_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "fleet/redis.h"
#include "fleet/role.h"
#include "fleet/value.h"
#include "shm/ledger.h"
#include "shm/segment.h"
#include "shm/snapshot.h"

/* The longest that a stop waits for the thread, and that this waits for a word to leave
 * the machine. Milliseconds. */
#define MEMBER_PATIENCE_MS 100
#define MEMBER_PART_MS 50

/* Takes one body under a key of its own; false: it is enough. */
typedef bool member_put_fn(void *put_arg, const char *key, struct str body);

/* What the thread has to know of payloads, which are opaque to it. Called in the
 * thread, with a snapshot that is its own. */
struct member_work {
	/* Puts what machines share of the payload into an empty buffer; false: it is no
	 * payload. */
	bool (*identity)(void *arg, const struct snapshot *, struct buf *out);
	/* Puts each body that others than hydrators read, as long as put says so. */
	void (*bodies)(
	    void *arg, const struct snapshot *, member_put_fn *put, void *put_arg);
	void *arg;
};

/* All is borrowed and outlives the struct member; redis.stop is not looked at. */
struct member_settings {
	struct redis_settings redis;
	const char *prefix;
	const char *name; /* of this machine */
	struct fleet_value_id id;
	uint32_t sum; /* of what shapes its answers, not 0 */
	struct role_rule rule;
	int64_t keep;     /* seconds that Redis keeps a value */
	int64_t body_ttl; /* and a body */
	size_t max;       /* bytes of a payload */
	const struct segment *segment;
	unsigned latch;
	struct member_work work;
};

struct member;

/* What is known, at one instant. */
struct member_view {
	enum ledger_role role;
	const char *why_alone; /* NULL: it is not */
	/* A leader that has learned what the last one knew: it may hydrate. */
	bool ready;
	bool asked;              /* since the last look: for a cycle */
	uint64_t token;          /* of the leader that there is or was; 0: none */
	uint64_t lead;           /* token by which this machine leads; 0: not */
	bool offered;            /* what the latch has is on its way to Redis */
	struct role_mark newest; /* in Redis */
	struct role_mark held;   /* in the latch; zeroed: its own, or nothing */
	char leader[LEDGER_LEADER_SIZE]; /* "": nobody that is known */
	bool differs;                    /* another machine leads, by another sum */
	int64_t first;                   /* of a leader: role_first_cycle() */

	bool up;
	const char *where;         /* redis_name(), as long as the member is open */
	int64_t since;             /* clock_wall() of the last change of up; 0: none */
	char code[REDIS_CODE_MAX]; /* Redis' word for why it is not up, "": none */
	char error[REDIS_ERROR_MAX]; /* "": it is up */
	int64_t seen;                /* clock_boot() of the last good look; 0: none */
	int64_t offset;              /* Redis' time less clock_boot(); 0: not known */
	int64_t skew;
	struct redis_counts counts;
	uint64_t refused;              /* values that were not taken, */
	char refusal[REDIS_ERROR_MAX]; /* and why the last was not */
};

/* After fork, and after libcurl was set up. Starts the thread. Returns 0, or -1 with a
 * message in err. */
int member_open(const struct member_settings *, struct member **out, char *err,
    size_t errlen) MUST_CHECK;
/* Gives the lease up if this machine has it, and ends the thread; frees *m (NULL is
 * fine) and sets it to NULL. Returns false if the thread is not over in
 * MEMBER_PATIENCE_MS: it is left behind with all that it uses, what is borrowed
 * included, and the process must end soon, by _exit(2): handlers of exit(3) take
 * libcrypto down under it. */
bool member_close(struct member **m);

/* Readable when there is news. */
int member_fd(const struct member *) MUST_CHECK;
/* What there is to know now; takes the news. */
void member_look(struct member *, struct member_view *);

/* A value has arrived: moves it to the caller, and the payload into an empty buffer.
 * The caller then says what became of it. */
bool member_take(struct member *, struct fleet_value *, struct buf *) MUST_CHECK;
enum member_fate {
	MEMBER_TAKEN,  /* it is in the latch */
	MEMBER_PASSED, /* the latch has something of a later time */
	MEMBER_REFUSED /* it cannot be used; why is told */
};
void member_took(
    struct member *, const struct fleet_value *, enum member_fate, const char *why);

/* A cycle begins; the tick that it belongs to, clock_boot(). */
void member_begin(struct member *, int64_t tick);
/* The latch has a snapshot of this machine's own. If it leads, that goes to the fleet,
 * with what the gate compares. */
void member_published(struct member *, const struct fleet_gate[LEDGER_DOCUMENTS]);
/* A cycle has ended, well or not: what hosts have asked for goes to the fleet. */
void member_end(struct member *);
/* Asks the leader for a cycle, as soon as Redis can be reached within a minute. */
void member_ask(struct member *);
/* Gives the lease up: role_resign(). */
void member_resign(struct member *);

#endif
