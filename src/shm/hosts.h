/*
 * What all hydrators know of each upstream host, in the segment: its circuit breaker
 * and until when it asked to be left alone. Hydrators write, readers look; nobody waits
 * for anybody, and a process may die after any store.
 */
#ifndef SHM_HOSTS_H
#define SHM_HOSTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "shm/segment.h"

#define HOSTS_MAX 32
#define HOST_NAME_SIZE 224
/* The longest that a host may keep us away, nanoseconds: an hour. A Retry-After of a
 * year is a mistake, or malice. */
#define HOST_FLOOR_MAX (INT64_C(3600) * 1000000000)

/* Statuses of HTTP that are told apart, so that no upstream decides how many there are.
 * "none": no answer. Others count as the row of their hundred, or as "other". */
#define HOST_CODES(X)                                                                  \
	X(0, "none")                                                                   \
	X(200, "200")                                                                  \
	X(304, "304")                                                                  \
	X(3, "3xx")                                                                    \
	X(400, "400")                                                                  \
	X(401, "401")                                                                  \
	X(403, "403")                                                                  \
	X(404, "404")                                                                  \
	X(410, "410")                                                                  \
	X(429, "429")                                                                  \
	X(4, "4xx")                                                                    \
	X(500, "500")                                                                  \
	X(502, "502")                                                                  \
	X(503, "503")                                                                  \
	X(504, "504")                                                                  \
	X(5, "5xx")                                                                    \
	X(-1, "other")
#define HOST_CODES_MAX 17

/* Which row a status (0: no answer) is, below HOST_CODES_MAX. */
unsigned host_code_of(int status) MUST_CHECK;
/* What the row is called. */
const char *host_code_name(unsigned code) MUST_CHECK;

/* One host. A record that was claimed once is never given up. */
struct host {
	_Atomic uint64_t key;   /* hash of the name; 0: free */
	_Atomic uint64_t named; /* 1: the name is whole */
	_Atomic uint64_t breaker;
	_Atomic int64_t floor; /* clock_boot() until which nobody asks */
	_Atomic uint64_t name[HOST_NAME_SIZE / sizeof(uint64_t)];
	/* Requests by what came of them, and how long they took together. */
	_Atomic uint64_t answered[HOST_CODES_MAX];
	_Atomic uint64_t nsec;
};

/* A copy. */
struct host_view {
	char name[HOST_NAME_SIZE];
	uint64_t breaker; /* for breaker_look() */
	int64_t floor;
	uint64_t answered[HOST_CODES_MAX], nsec;
};

/* Not in a reader: the record of a host, claimed if it has none yet. name: at most
 * HOST_NAME_SIZE - 1 bytes. NULL if all are taken. */
struct host *hosts_claim(const struct segment *, const char *name) MUST_CHECK;

/* Any process: copies record i < HOSTS_MAX. Returns false if it is of no host yet. */
bool hosts_read(const struct segment *, unsigned i, struct host_view *) MUST_CHECK;
/* Any process: copies the record of a host. Returns false if it has none. */
bool hosts_find(
    const struct segment *, const char *name, struct host_view *) MUST_CHECK;

/* Copies its name, which it has, for a log line. Returns name. */
const char *host_name(const struct host *, char name[HOST_NAME_SIZE]);
/* Not in a reader: until when nobody asks, unless that is later already. No later than
 * HOST_FLOOR_MAX from now. Returns true if that changed something. */
bool host_raise_floor(struct host *, int64_t until, int64_t now);

/* Not in a reader: a request that took so long ended with a status, 0: without. */
void host_count(struct host *, int status, int64_t nsec);

/* Supervisor, before hydrators ask in `to`: what was counted of a host goes on there,
 * if `from` has it. For hosts that the configuration names, so that reload after reload
 * with other hosts does not fill the table. */
void hosts_carry_counts(
    const struct segment *from, const struct segment *to, const char *name);
/* Supervisor: gives `to` what `from` knows and it does not: later floors, and breakers
 * where it has seen nothing yet. Hydrators may be at work in both. */
void hosts_carry(const struct segment *from, const struct segment *to, int64_t now);
/* Supervisor: the same, but floors alone: what `to` has learned of breakers since is
 * newer. */
void hosts_carry_floors(
    const struct segment *from, const struct segment *to, int64_t now);

/* The longest text of hosts_tell(). */
#define HOSTS_TOLD_MAX ((size_t)HOSTS_MAX * (HOST_NAME_SIZE + 64))

/*
 * Between machines. Hydrator: appends, as a text (doc/fleet.md), what `seg` knows of
 * hosts that are to be left alone: floors that lie ahead, breakers that are not closed.
 * Its times are those of a clock that the machines share; now and shared are
 * clock_boot() and that clock at one instant, nanoseconds.
 */
void hosts_tell(const struct segment *seg, int64_t now, int64_t shared, struct buf *);
/*
 * Hydrator: takes such a text of another machine, written whenever. As in
 * hosts_carry(), floors are raised alone and only breakers that have seen nothing yet
 * are opened; floors end by HOST_FLOOR_MAX from now and breakers by BREAKER_COOLDOWN,
 * whatever is told. A floor that is over is nothing; behind a breaker whose time is
 * over one probes, as where it was told. Returns of how many hosts there was something
 * to learn, or -1 with a message in err if the text is not of
 * hosts_tell(): nothing of it is taken then.
 */
int hosts_learn(const struct segment *, struct str told, int64_t now, int64_t shared,
    char *err, size_t errlen) MUST_CHECK;

#endif
