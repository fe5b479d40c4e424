/*
 * Counters, pages of their own per process slot in the segment, so that they outlive
 * the process. One writer each (the process that has the slot), any number of readers,
 * relaxed atomics.
 */
#ifndef SHM_COUNTERS_H
#define SHM_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* One row a counter: enumerator, the metric that shows it (metric.h), and which sample
 * of that metric it is: the value of its label (not the category), NULL if it has none.
 * Of a summary a row of nanoseconds is followed by one of how many times they are of.
 * Append only, up to COUNTER_ROOM. */
#define COUNTERS(X)                                                                    \
	X(REFRESHES, REFRESH, "published")                                             \
	X(REFRESH_FAILURES, REFRESH, "failed")                                         \
	X(FETCH_FAILURES, NOT_FETCHED, NULL)                                           \
	X(BAD_DOCUMENTS, NOT_ACCEPTED, NULL)                                           \
	X(SKIPPED_RECORDS, SKIPPED_RECORDS, NULL)                                      \
	X(PUBLISH_REJECTED, REFRESH_FAILURES, "rejected")                              \
	X(REQUESTS, HTTP_HANDLED, NULL)                                                \
	X(BAD_REQUESTS, HTTP_BAD, NULL)                                                \
	X(CONNECTIONS, HTTP_CONNECTIONS_TOTAL, NULL)                                   \
	X(BYTES_SENT, HTTP_SENT, NULL)                                                 \
	X(SNAPSHOTS_TAKEN, SNAPSHOTS_TAKEN, NULL)                                      \
	X(SNAPSHOTS_BUSY, SNAPSHOTS_BUSY, NULL)                                        \
	X(SNAPSHOTS_BAD, SNAPSHOTS_BAD, NULL)                                          \
	X(SNAPSHOTS_RELEASED, SNAPSHOTS_RELEASED, NULL)                                \
	X(CLIENTS_DROPPED, HTTP_DROPPED, NULL)                                         \
	X(NOT_FETCHED, REFRESH_FAILURES, "not_fetched")                                \
	X(NOT_ACCEPTED, REFRESH_FAILURES, "not_accepted")                              \
	X(NOT_RENDERED, REFRESH_FAILURES, "not_rendered")                              \
	X(ACCESS_LOG_DROPPED, ACCESS_LOG_DROPPED, NULL)                                \
	X(RELOADS, RELOADS, "loaded")                                                  \
	X(RELOAD_FAILURES, RELOADS, "refused")                                         \
	X(RETRIES, RETRIES, NULL)                                                      \
	X(UNSENT, UNSENT, NULL)                                                        \
	X(IMPLAUSIBLE, REFRESH_FAILURES, "implausible")                                \
	X(REFRESHES_PARTIAL, REFRESH, "partial")                                       \
	X(REFRESHES_UNCHANGED, REFRESH_UNCHANGED, NULL)                                \
	X(REUSED_DOCUMENTS, REUSED, NULL)                                              \
	X(SHORT_OF_MEMORY, REFRESH_FAILURES, "short_of_memory")                        \
	X(LOG_LOST, LOG_LOST, NULL)                                                    \
	X(CONNECTIONS_SHED, HTTP_SHED, NULL)                                           \
	X(SAVES, SAVES, "saved")                                                       \
	X(SAVE_FAILURES, SAVES, "failed")                                              \
	X(FETCH_NSEC, REFRESH_DURATION, "fetch")                                       \
	X(FETCH_TIMES, REFRESH_DURATION, "fetch")                                      \
	X(COMPUTE_NSEC, REFRESH_DURATION, "compute")                                   \
	X(COMPUTE_TIMES, REFRESH_DURATION, "compute")                                  \
	X(PUBLISH_NSEC, REFRESH_DURATION, "publish")                                   \
	X(PUBLISH_TIMES, REFRESH_DURATION, "publish")                                  \
	X(ENCODE_NSEC, REFRESH_DURATION, "encode")                                     \
	X(ENCODE_TIMES, REFRESH_DURATION, "encode")                                    \
	X(STREAM_EVENTS, HTTP_STREAM_EVENTS, NULL)                                     \
	X(STREAMS_DROPPED, HTTP_STREAMS_DROPPED, NULL)                                 \
	X(BODIES_READY, HTTP_BODIES, "ready")                                          \
	X(BODIES_KEPT, HTTP_BODIES, "kept")                                            \
	X(BODIES_MADE, HTTP_BODIES, "made")                                            \
	X(ADMIN_ACCEPTED, ADMIN, "accepted")                                           \
	X(ADMIN_UNAUTHORIZED, ADMIN, "unauthorized")                                   \
	X(ADMIN_LIMITED, ADMIN, "limited")                                             \
	X(ADMIN_UNAVAILABLE, ADMIN, "unavailable")                                     \
	X(ADMIN_OTHER, ADMIN, "other")

enum counter {
#define X(id, metric, value) COUNTER_##id,
	COUNTERS(X)
#undef X
	COUNTER_MAX
};

/* Statuses that are counted apart; all others are together in the row behind them.
 * Append only, up to COUNTER_CODES - 1. */
#define COUNTER_STATUSES(X)                                                            \
	X(200)                                                                         \
	X(204)                                                                         \
	X(304)                                                                         \
	X(307)                                                                         \
	X(400)                                                                         \
	X(404)                                                                         \
	X(405) X(406) X(408) X(413) X(414) X(422) X(431) X(503) X(505) X(501) X(412)

/* Upper ends of the classes of duration, nanoseconds; the last class has none. */
#define COUNTER_DURATIONS(X)                                                           \
	X(10000)                                                                       \
	X(25000)                                                                       \
	X(50000)                                                                       \
	X(100000)                                                                      \
	X(250000)                                                                      \
	X(500000)                                                                      \
	X(1000000)                                                                     \
	X(2500000)                                                                     \
	X(5000000)                                                                     \
	X(10000000) X(25000000) X(100000000) X(1000000000)

/* How a process ended that is being replaced. */
#define COUNTER_DEATHS(X)                                                              \
	X(EXIT, "exit")     /* by itself */                                            \
	X(SIGNAL, "signal") /* by a signal that was not the supervisor's */            \
	X(CORE, "core")     /* the same, and left a core */                            \
	X(HUNG, "hung")     /* by the supervisor, whose patience was at its end */

enum counter_death {
#define X(id, name) DEATH_##id,
	COUNTER_DEATHS(X)
#undef X
	DEATH_MAX
};

#define COUNTER_ROOM 64
#define COUNTER_BUCKETS 15
#define COUNTER_LATCHES 16
#define COUNTER_ROLES 4
#define COUNTER_ROUTES 24
#define COUNTER_CODES 19
#define COUNTER_CATEGORY_ROUTES 11

struct counters {
	_Atomic int64_t heartbeat; /* clock_boot() of the last beat, one a second */
	/* clock_boot() of the last cycle that published and had all its documents */
	_Atomic int64_t last_success;
	_Atomic int64_t last_success_wall; /* clock_wall() of the same */
	_Atomic uint64_t failures_in_row;  /* cycles since then */
	_Atomic uint64_t connections;      /* open now */
	/* Supervisor: of the last reload of the configuration. */
	_Atomic uint64_t reload_failed; /* 1: the old one is still in use */
	_Atomic int64_t reloaded_wall;  /* clock_wall() of the last that succeeded */
	/* Hydrator: the documents that the gate refuses (COUNTERS_REFUSED). */
	_Atomic uint64_t refused;
	_Atomic uint64_t pinned;    /* reader: bytes kept only for answers that wait */
	_Atomic int64_t saved_wall; /* hydrator: clock_wall() of the last saved state */
	/* Written by the supervisor, whosever the slot is, but for `descriptors`, which
	 * the process counts: what it took when that was looked at last. Nanoseconds;
	 * bytes; 0: not known. */
	_Atomic int64_t cpu;
	_Atomic uint64_t resident, descriptors, descriptors_max;
	_Atomic uint64_t former;  /* supervisor: former crews that have clients */
	_Atomic uint64_t streams; /* reader: of the connections, those of /events */
	/* Reader: the encoded forms that were asked for, by latch (asked.h). */
	_Atomic uint64_t asked[COUNTER_LATCHES];
	_Atomic uint64_t value[COUNTER_ROOM];       /* by enum counter */
	_Atomic uint64_t duration_nsec;             /* of all requests together */
	_Atomic uint64_t duration[COUNTER_BUCKETS]; /* requests by COUNTER_DURATIONS */
	/* Supervisor: by enum role and enum counter_death. */
	_Atomic uint64_t deaths[COUNTER_ROLES][DEATH_MAX];
	/* Readers: by enum route (terms/route.h) and COUNTER_STATUSES; of a route that
	 * has a category, those for one that is not configured. */
	_Atomic uint64_t requests[COUNTER_ROUTES][COUNTER_CODES];
	/* Readers: by latch, route that has a category, and COUNTER_STATUSES. Last, for
	 * another segment may have another order of latches (counters_fold()). */
	_Atomic uint64_t
	    of_category[COUNTER_LATCHES][COUNTER_CATEGORY_ROUTES][COUNTER_CODES];
};
_Static_assert(COUNTER_MAX <= COUNTER_ROOM, "room for all counters");

/* One writer: no read-modify-write is needed. */
static inline void
counter_raise(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(
	    c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t
counter_read(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

/* What the gate refuses is one word, so that its parts belong together: Unix seconds
 * since when, and a set of documents, bits 0 to 7; 0: nothing. */
#define COUNTERS_REFUSED(since, documents) ((uint64_t)(since) << 8 | (documents))
#define COUNTERS_REFUSED_SINCE(word) ((word) >> 8)
#define COUNTERS_REFUSED_DOCUMENTS(word) ((unsigned)(word)&0xff)

static inline void
counter_add(struct counters *c, enum counter id, uint64_t n)
{
	counter_raise(&c->value[id], n);
}

/* Of a summary: something, whose row of nanoseconds id is, took so long. */
static inline void
counter_time(struct counters *c, enum counter id, int64_t nsec)
{
	counter_add(c, id, nsec > 0 ? (uint64_t)nsec : 0);
	counter_add(c, (enum counter)(id + 1), 1);
}

static inline uint64_t
counter_get(const struct counters *c, enum counter id)
{
	return counter_read(&c->value[id]);
}

/* The status that is counted in a row of counters.requests; 0: the last row, which is
 * for all others; -1: the row is not used. */
int counters_status(unsigned row);

/* Upper end of a class of counters.duration in nanoseconds; 0: the last one, which has
 * none; -1: not used. */
int64_t counters_bound(unsigned bucket);

/*
 * Supervisor, whose processes write `from` in a segment that `to` is not in: adds what
 * was counted there since the last call, of which `told` (zeroed before the first)
 * keeps the record. What is not a sum, the heartbeat to the reload, is left alone.
 * latch: where a category of `from` is in the segment of `to`; -1: it is not there, and
 * what was counted of it goes with it.
 */
void counters_fold(struct counters *to, const struct counters *from,
    struct counters *told, const int latch[COUNTER_LATCHES]);
/* Supervisor, while nobody writes `to`: makes all of it what `from` is. */
void counters_copy(struct counters *to, const struct counters *from);

#endif
