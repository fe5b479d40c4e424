/*
 * Counters, one page per process slot in the segment, so that they outlive the
 * process. One writer each (the process that has the slot), any number of readers,
 * relaxed atomics.
 */
#ifndef SHM_COUNTERS_H
#define SHM_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* One row a counter: enumerator, name, help. Append only, up to COUNTER_ROOM. */
#define COUNTERS(X)                                                                    \
	X(REFRESHES, "refreshes_total", "cycles that published a snapshot")            \
	X(REFRESH_FAILURES, "refresh_failures_total", "cycles that published nothing") \
	X(FETCH_FAILURES, "fetch_failures_total",                                      \
	    "documents that could not be fetched")                                     \
	X(BAD_DOCUMENTS, "bad_documents_total", "documents refused for their content") \
	X(SKIPPED_RECORDS, "skipped_records_total", "invalid records left out")        \
	X(PUBLISH_REJECTED, "publish_rejected_total", "snapshots that did not fit")    \
	X(REQUESTS, "http_handled_requests_total", "requests that were understood")    \
	X(BAD_REQUESTS, "http_bad_requests_total", "requests refused by the parser")   \
	X(CONNECTIONS, "http_connections_total", "connections accepted")               \
	X(BYTES_SENT, "http_sent_bytes_total", "bytes of answers written")             \
	X(SNAPSHOTS_TAKEN, "snapshots_taken_total",                                    \
	    "generations copied from the latch")                                       \
	X(SNAPSHOTS_BUSY, "snapshots_busy_total", "copies given up after retries")     \
	X(SNAPSHOTS_BAD, "snapshots_bad_total",                                        \
	    "copies whose checksum or form was bad")                                   \
	X(SNAPSHOTS_RELEASED, "snapshots_released_total",                              \
	    "generations given up; taken less these are held")                         \
	X(CLIENTS_DROPPED, "http_dropped_clients_total",                               \
	    "slow clients of a generation too old, cut off")                           \
	X(NOT_FETCHED, "refresh_not_fetched_total",                                    \
	    "cycles that failed because a document could not be fetched")              \
	X(NOT_ACCEPTED, "refresh_not_accepted_total",                                  \
	    "cycles that failed because a document was refused")                       \
	X(NOT_RENDERED, "refresh_not_rendered_total",                                  \
	    "cycles that failed by a mistake of ours")                                 \
	X(ACCESS_LOG_DROPPED, "access_log_dropped_total",                              \
	    "requests that the access log had no room for")                            \
	X(RELOADS, "config_reloads_total", "reloads that took effect")                 \
	X(RELOAD_FAILURES, "config_reload_failures_total",                             \
	    "reloads that left the old configuration in use")                          \
	X(RETRIES, "upstream_retries_total", "requests that repeated another")         \
	X(UNSENT, "upstream_unsent_total",                                             \
	    "requests not sent: Retry-After, or an open breaker")                      \
	X(IMPLAUSIBLE, "refresh_implausible_total",                                    \
	    "cycles in which the gate refused a document")                             \
	X(REFRESHES_PARTIAL, "refreshes_partial_total",                                \
	    "cycles that published with old documents")                                \
	X(REFRESHES_UNCHANGED, "refreshes_unchanged_total",                            \
	    "cycles that published the last snapshot anew")                            \
	X(REUSED_DOCUMENTS, "documents_reused_total",                                  \
	    "old documents published again for want of new ones")

enum counter {
#define X(id, name, help) COUNTER_##id,
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
	X(400) X(404) X(405) X(406) X(408) X(413) X(414) X(422) X(431) X(503) X(505)

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
#define COUNTER_ROLES 4
#define COUNTER_ROUTES 24
#define COUNTER_CODES 16

struct counters {
	_Atomic int64_t heartbeat; /* clock_boot() of the last beat */
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
	_Atomic uint64_t value[COUNTER_ROOM];       /* by enum counter */
	_Atomic uint64_t duration_nsec;             /* of all requests together */
	_Atomic uint64_t duration[COUNTER_BUCKETS]; /* requests by COUNTER_DURATIONS */
	/* Supervisor: by enum role and enum counter_death. */
	_Atomic uint64_t deaths[COUNTER_ROLES][DEATH_MAX];
	/* Readers: by enum route (route.h) and COUNTER_STATUSES. */
	_Atomic uint64_t requests[COUNTER_ROUTES][COUNTER_CODES];
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

static inline uint64_t
counter_get(const struct counters *c, enum counter id)
{
	return counter_read(&c->value[id]);
}

/*
 * Supervisor, whose processes write `from` in a segment that `to` is not in: adds what
 * was counted there since the last call, of which `told` (zeroed before the first)
 * keeps the record. What is not a sum, the heartbeat to the reload, is left alone.
 */
void counters_fold(
    struct counters *to, const struct counters *from, struct counters *told);
/* Supervisor, while nobody writes `to`: makes all of it what `from` is. */
void counters_copy(struct counters *to, const struct counters *from);

#endif
