/*
 * The one description of what the daemon counts and measures. /metrics prints it,
 * tests/lint/metrics.sh holds doc/api.md against it, and whatever else shows figures
 * takes names, labels and meanings from here. Pure; any process.
 */
#ifndef SHM_METRIC_H
#define SHM_METRIC_H

#include <stdbool.h>

#include "shm/counters.h"

#define METRIC_PREFIX "cache_hydrator_" /* before each name, towards Prometheus */
#define METRIC_LABELS 4

/* In the order in which they are shown; a number has no meaning outside a process. */
enum metric_id {
	METRIC_BUILD_INFO,
	METRIC_START_TIME,
	METRIC_HTTP_REQUESTS,
	METRIC_HTTP_HANDLED,
	METRIC_HTTP_BAD,
	METRIC_HTTP_DURATION,
	METRIC_HTTP_SENT,
	METRIC_HTTP_CONNECTIONS_TOTAL,
	METRIC_HTTP_CONNECTIONS,
	METRIC_HTTP_CONNECTIONS_LIMIT,
	METRIC_HTTP_PINNED,
	METRIC_HTTP_PINNED_LIMIT,
	METRIC_HTTP_DROPPED,
	METRIC_HTTP_SHED,
	METRIC_ACCESS_LOG_DROPPED,
	METRIC_LOG_LOST,
	METRIC_INTERVAL,
	METRIC_TTL,
	METRIC_STALE_TTL,
	METRIC_STALE_IF_ERROR,
	METRIC_REFRESH,
	METRIC_REFRESH_FAILURES,
	METRIC_REFRESH_UNCHANGED,
	METRIC_REUSED,
	METRIC_NOT_FETCHED,
	METRIC_NOT_ACCEPTED,
	METRIC_SKIPPED_RECORDS,
	METRIC_REFRESH_DURATION,
	METRIC_SAVES,
	METRIC_LAST_SAVE,
	METRIC_LAST_SUCCESS,
	METRIC_CONSECUTIVE_FAILURES,
	METRIC_NEXT_TRY,
	METRIC_DOCUMENT_AGE,
	METRIC_DOCUMENT_STATE,
	METRIC_DOCUMENT_ERROR,
	METRIC_GATE_REFUSED,
	METRIC_GATE_ENTRIES,
	METRIC_GATE_ANSWERS,
	METRIC_BREAKER,
	METRIC_FLOOR,
	METRIC_UPSTREAM_REQUESTS,
	METRIC_UPSTREAM_DURATION,
	METRIC_RETRIES,
	METRIC_UNSENT,
	METRIC_REDIS_POLL,
	METRIC_REDIS_LEASE,
	METRIC_REDIS_UP,
	METRIC_REDIS_LOOK_AGE,
	METRIC_REDIS_SKEW,
	METRIC_REDIS_COMMANDS,
	METRIC_REDIS_ERRORS,
	METRIC_REDIS_RECEIVED,
	METRIC_REDIS_SENT,
	METRIC_FLEET_LEADER,
	METRIC_FLEET_ALONE,
	METRIC_FLEET_GENERATION,
	METRIC_FLEET_LAG,
	METRIC_FLEET_REFUSED,
	METRIC_SNAPSHOT_AGE,
	METRIC_SNAPSHOT_FRESH,
	METRIC_SNAPSHOT_EXPIRES,
	METRIC_GENERATION,
	METRIC_SNAPSHOT_BYTES,
	METRIC_SNAPSHOT_MODELS,
	METRIC_SNAPSHOT_SKIPPED,
	METRIC_SNAPSHOT_NEW_BASELINES,
	METRIC_SEGMENT_BYTES,
	METRIC_SEGMENT_CAPACITY,
	METRIC_SEGMENT_MAX,
	METRIC_SEGMENT_FILL,
	METRIC_SEGMENT_WANTED,
	METRIC_SNAPSHOTS_TAKEN,
	METRIC_SNAPSHOTS_BUSY,
	METRIC_SNAPSHOTS_BAD,
	METRIC_SNAPSHOTS_RELEASED,
	METRIC_RESTARTS,
	METRIC_RELOAD_SUCCESSFUL,
	METRIC_RELOAD_TIME,
	METRIC_RELOADS,
	METRIC_CREWS_FORMER,
	METRIC_HEARTBEAT,
	METRIC_CPU,
	METRIC_RESIDENT,
	METRIC_DESCRIPTORS,
	METRIC_DESCRIPTORS_MAX,
	METRIC_MAX
};

struct metric {
	const char *name; /* without METRIC_PREFIX */
	const char
	    *type; /* of Prometheus: "counter", "gauge", "histogram", "summary" */
	/* Names of its labels, in order; NULL: no further one. A "category" that is the
	 * first means one sample a category. */
	const char *label[METRIC_LABELS];
	const char *help; /* one line without backslashes */
};

extern const struct metric metric_table[METRIC_MAX];

/* Where a counter is shown. */
struct metric_counter {
	enum metric_id metric;
	const char *value; /* of the metric's label that is not the category, or NULL */
};

extern const struct metric_counter metric_counters[COUNTER_MAX];

/* Whether there is a sample for each category. */
bool metric_has_category(enum metric_id);

#endif
