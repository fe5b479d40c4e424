/*
 * Counters, one page per process slot in the segment, so that they outlive the
 * process. One writer each (the process that has the slot), any number of readers,
 * relaxed atomics.
 */
#ifndef SHM_COUNTERS_H
#define SHM_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* One row a counter: enumerator, name, help. Append only. */
#define COUNTERS(X)                                                                    \
	X(REFRESHES, "refreshes_total", "cycles that published a snapshot")            \
	X(REFRESH_FAILURES, "refresh_failures_total", "cycles that published nothing") \
	X(FETCH_FAILURES, "fetch_failures_total",                                      \
	    "documents that could not be fetched")                                     \
	X(BAD_DOCUMENTS, "bad_documents_total", "documents refused for their content") \
	X(SKIPPED_RECORDS, "skipped_records_total", "invalid records left out")        \
	X(PUBLISH_REJECTED, "publish_rejected_total", "snapshots that did not fit")    \
	X(REQUESTS, "http_requests_total", "requests answered")                        \
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
	    "slow clients of a generation too old, cut off")

enum counter {
#define X(id, name, help) COUNTER_##id,
	COUNTERS(X)
#undef X
	COUNTER_MAX
};

struct counters {
	_Atomic int64_t heartbeat;    /* clock_boot() of the last beat */
	_Atomic int64_t last_success; /* clock_boot() of the last published cycle */
	_Atomic uint64_t value[COUNTER_MAX]; /* last: rows are appended */
};

static inline void
counter_add(struct counters *c, enum counter id, uint64_t n)
{
	atomic_store_explicit(&c->value[id],
	    atomic_load_explicit(&c->value[id], memory_order_relaxed) + n,
	    memory_order_relaxed);
}

static inline uint64_t
counter_get(const struct counters *c, enum counter id)
{
	return atomic_load_explicit(&c->value[id], memory_order_relaxed);
}

#endif
