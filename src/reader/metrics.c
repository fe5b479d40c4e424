/* The table of metrics (shm/metric.h) with its figures of this moment. What is not a
 * counter comes from where it is kept: a row of printers. */
#include "reader/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "autoconf.h"
#include "base/attr.h"
#include "http/server.h"
#include "reader/metrics_put.h"
#include "shm/segment.h"
#include "terms/category.h"
#include "terms/route.h"

/* One sample a category of what its hydrator has counted, or the sum of all slots. */
static void
put_counter(const struct metrics *m, enum counter c, struct buf *b)
{
	const struct metric_counter *shown = &metric_counters[c];
	unsigned i;

	if (!metric_has_category(shown->metric)) {
		metrics_put_sample(b, shown->metric, shown->value, NULL);
		metrics_put_count(b, metrics_sum(m, offsetof(struct counters, value) +
							c * sizeof(uint64_t)));
		return;
	}
	for (i = 0; i < m->config->ncategories; i++) {
		metrics_put_sample(
		    b, shown->metric, m->config->category[i].name, shown->value);
		metrics_put_count(b, counter_get(metrics_slot(m, i), c));
	}
}

static void
put_counters(const struct metrics *m, enum metric_id id, struct buf *b)
{
	unsigned c;

	for (c = 0; c < COUNTER_MAX; c++)
		if (metric_counters[c].metric == id)
			put_counter(m, (enum counter)c, b);
}

static void
put_build_info(const struct metrics *m, enum metric_id id, struct buf *b)
{
	(void)m;
	metrics_put_sample(b, id, PACKAGE_VERSION, NULL);
	metrics_put_count(b, 1);
}

static void
put_start_time(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_seconds(b, segment_epoch(m->segment));
}

static bool
has_horde(const char *category)
{
	int known = category_find(category, strlen(category));

	return known >= 0 && category_has_horde((enum category)known);
}

/* These are shown from the start: the first 503 has to be a rise from 0, or
 * increase() of Prometheus does not see it. category: NULL, it is not configured, or
 * the route has none. */
static bool
is_usual(enum route route, const char *category, int status)
{
	switch (route) {
	case ROUTE_STATISTICS:
	case ROUTE_RISK:
	case ROUTE_WITH_STATS:
	case ROUTE_HISTORY:
	case ROUTE_CHANGES:
	case ROUTE_UNLISTED:
	case ROUTE_MODEL:
	case ROUTE_COLUMNS:
		if (category == NULL)
			return status == 404 || status == 422;
		if (route != ROUTE_STATISTICS && !has_horde(category))
			return status == 400;
		return status == 200 || status == 304 || status == 404 || status == 503;
	case ROUTE_CYCLES:
		return category == NULL ? status == 404 || status == 422
					: status == 200;
	case ROUTE_READYZ:
	case ROUTE_EVENTS:
		return status == 200 || status == 503;
	case ROUTE_REFUSED:
		return status == 503;
	case ROUTE_NONE:
		return status == 404;
	case ROUTE_REDIRECT:
		return status == 307;
	default:
		return status == 200;
	}
}

/* The rows of a route, or of one for a category, which begin at an offset of struct
 * counters. */
static void
put_codes(const struct metrics *m, enum route route, const char *category,
    size_t offset, struct buf *b)
{
	const char *values[METRIC_LABELS] = { route_name(route) };
	unsigned code;
	char status[16];
	uint64_t n;

	if (route_has_category(route))
		values[2] = category != NULL ? category : "unknown";
	for (code = 0; code < COUNTER_CODES; code++) {
		n = metrics_sum(m, offset + code * sizeof(uint64_t));
		if (n == 0 && !is_usual(route, category, counters_status(code)))
			continue;
		snprintf(status, sizeof(status), "%d", counters_status(code));
		values[1] = counters_status(code) > 0 ? status : "other";
		metrics_put_sample_of(b, METRIC_HTTP_REQUESTS, "", values);
		metrics_put_count(b, n);
	}
}

static void
put_requests(const struct metrics *m, enum metric_id id UNUSED, struct buf *b)
{
	const size_t row = COUNTER_CODES * sizeof(uint64_t),
		     first = offsetof(struct counters, of_category);
	unsigned route, i;

	for (route = 0; route < ROUTE_MAX; route++) {
		for (i = 0; route_has_category((enum route)route) &&
			    i < m->config->ncategories;
		     i++)
			put_codes(m, (enum route)route, m->config->category[i].name,
			    first + (i * COUNTER_CATEGORY_ROUTES +
					(size_t)route_row((enum route)route)) *
					row,
			    b);
		put_codes(m, (enum route)route, NULL,
		    offsetof(struct counters, requests) + route * row, b);
	}
}

/* Of a histogram. */
static void
put_histogram_part(struct buf *b, enum metric_id id, const char *suffix, const char *le)
{
	const char *const values[METRIC_LABELS] = { le };

	metrics_put_sample_of(b, id, suffix, values);
}

/* A class as it is kept does not contain the smaller ones; a bucket does. */
static void
put_durations(const struct metrics *m, enum metric_id id, struct buf *b)
{
	uint64_t below = 0;
	char end[32];
	int64_t bound;
	unsigned i;

	for (i = 0; (bound = counters_bound(i)) != -1; i++) {
		below += metrics_sum(
		    m, offsetof(struct counters, duration) + i * sizeof(uint64_t));
		if (bound == 0)
			break;
		snprintf(end, sizeof(end), "%g", METRICS_SECONDS(bound));
		put_histogram_part(b, id, "_bucket", end);
		metrics_put_count(b, below);
	}
	put_histogram_part(b, id, "_bucket", "+Inf");
	metrics_put_count(b, below);
	put_histogram_part(b, id, "_sum", NULL);
	buf_printf(b, "%.9f\n", METRICS_SECONDS(METRICS_SUM(m, duration_nsec)));
	put_histogram_part(b, id, "_count", NULL);
	metrics_put_count(b, below);
}

static void
put_connections(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, METRICS_SUM(m, connections));
}

static void
put_streams(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, METRICS_SUM(m, streams));
}

static void
put_pinned(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, METRICS_SUM(m, pinned));
}

/* Of the configuration, or made by it. */
static uint64_t
limit_of(const struct metrics *m, enum metric_id id)
{
	const struct config *c = m->config;

	switch (id) {
	case METRIC_HTTP_CONNECTIONS_LIMIT:
		return (uint64_t)(c->readers * m->max_connections);
	case METRIC_HTTP_STREAMS_LIMIT:
		return (uint64_t)(c->readers * http_max_streams(c->http.max_streams,
						   m->max_connections));
	case METRIC_HTTP_PINNED_LIMIT:
		return (uint64_t)(c->readers * c->http.body_memory);
	case METRIC_INTERVAL:
		return (uint64_t)c->hydration.interval;
	case METRIC_TTL:
		return (uint64_t)c->hydration.ttl;
	case METRIC_STALE_TTL:
		return (uint64_t)c->hydration.stale_ttl;
	case METRIC_STALE_IF_ERROR:
		return (uint64_t)c->hydration.stale_if_error;
	case METRIC_REDIS_POLL:
		return (uint64_t)c->redis.poll;
	case METRIC_REDIS_LEASE:
		return (uint64_t)c->redis.lease;
	case METRIC_SEGMENT_MAX:
		return (uint64_t)c->segment.max > segment_capacity(m->segment)
			   ? (uint64_t)c->segment.max
			   : segment_capacity(m->segment);
	case METRIC_SEGMENT_BYTES:
		return segment_size(m->segment);
	default:
		return segment_capacity(m->segment);
	}
}

static void
put_limit(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, limit_of(m, id));
}

static void
put_reload_successful(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, counter_read(&metrics_supervisor(m)->reload_failed) == 0);
}

static void
put_reload_time(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_seconds(
	    b, atomic_load_explicit(
		   &metrics_supervisor(m)->reloaded_wall, memory_order_relaxed));
}

/* All others are counters. */
static metrics_put_fn *const printers[METRIC_MAX] = {
	[METRIC_BUILD_INFO] = put_build_info,
	[METRIC_START_TIME] = put_start_time,
	[METRIC_HTTP_REQUESTS] = put_requests,
	[METRIC_HTTP_DURATION] = put_durations,
	[METRIC_HTTP_CONNECTIONS] = put_connections,
	[METRIC_HTTP_CONNECTIONS_LIMIT] = put_limit,
	[METRIC_HTTP_PINNED] = put_pinned,
	[METRIC_HTTP_PINNED_LIMIT] = put_limit,
	[METRIC_HTTP_STREAMS] = put_streams,
	[METRIC_HTTP_STREAMS_LIMIT] = put_limit,
	[METRIC_INTERVAL] = put_limit,
	[METRIC_TTL] = put_limit,
	[METRIC_STALE_TTL] = put_limit,
	[METRIC_STALE_IF_ERROR] = put_limit,
	[METRIC_REFRESH_DURATION] = metrics_put_refresh_durations,
	[METRIC_LAST_SAVE] = metrics_put_last_success,
	[METRIC_LAST_SUCCESS] = metrics_put_last_success,
	[METRIC_CONSECUTIVE_FAILURES] = metrics_put_failures,
	[METRIC_NEXT_TRY] = metrics_put_next_try,
	[METRIC_DOCUMENT_AGE] = metrics_put_document_ages,
	[METRIC_DOCUMENT_STATE] = metrics_put_document_states,
	[METRIC_DOCUMENT_ERROR] = metrics_put_document_errors,
	[METRIC_GATE_REFUSED] = metrics_put_gates,
	[METRIC_GATE_ENTRIES] = metrics_put_gates,
	[METRIC_GATE_ANSWERS] = metrics_put_gates,
	[METRIC_BREAKER] = metrics_put_breakers,
	[METRIC_FLOOR] = metrics_put_floors,
	[METRIC_UPSTREAM_REQUESTS] = metrics_put_upstream_requests,
	[METRIC_UPSTREAM_DURATION] = metrics_put_upstream_durations,
	[METRIC_REDIS_POLL] = put_limit,
	[METRIC_REDIS_LEASE] = put_limit,
	[METRIC_REDIS_UP] = metrics_put_fleet,
	[METRIC_REDIS_LOOK_AGE] = metrics_put_fleet,
	[METRIC_REDIS_SKEW] = metrics_put_fleet,
	[METRIC_REDIS_COMMANDS] = metrics_put_fleet,
	[METRIC_REDIS_ERRORS] = metrics_put_fleet,
	[METRIC_REDIS_RECEIVED] = metrics_put_fleet,
	[METRIC_REDIS_SENT] = metrics_put_fleet,
	[METRIC_FLEET_LEADER] = metrics_put_fleet,
	[METRIC_FLEET_ALONE] = metrics_put_fleet,
	[METRIC_FLEET_GENERATION] = metrics_put_fleet,
	[METRIC_FLEET_LAG] = metrics_put_fleet,
	[METRIC_FLEET_REFUSED] = metrics_put_fleet,
	[METRIC_HISTORY_KEPT] = metrics_put_history,
	[METRIC_HISTORY_MODELS] = metrics_put_history,
	[METRIC_HISTORY_BYTES] = metrics_put_history,
	[METRIC_HISTORY_SAMPLED] = metrics_put_history,
	[METRIC_HISTORY_SAMPLES] = metrics_put_history,
	[METRIC_HISTORY_LOST] = metrics_put_history,
	[METRIC_HISTORY_RESETS] = metrics_put_history,
	[METRIC_HISTORY_EVENTS] = metrics_put_history,
	[METRIC_NOTIFY_POSTED] = metrics_put_history,
	[METRIC_NOTIFY_FAILED] = metrics_put_history,
	[METRIC_NOTIFY_PENDING] = metrics_put_history,
	[METRIC_NOTIFY_DELIVERED] = metrics_put_history,
	[METRIC_SNAPSHOT_AGE] = metrics_put_ages,
	[METRIC_SNAPSHOT_FRESH] = metrics_put_ages,
	[METRIC_SNAPSHOT_EXPIRES] = metrics_put_ages,
	[METRIC_GENERATION] = metrics_put_snapshots,
	[METRIC_SNAPSHOT_BYTES] = metrics_put_snapshots,
	[METRIC_SNAPSHOT_MODELS] = metrics_put_snapshots,
	[METRIC_SNAPSHOT_SKIPPED] = metrics_put_snapshots,
	[METRIC_SNAPSHOT_NEW_BASELINES] = metrics_put_snapshots,
	[METRIC_SEGMENT_BYTES] = put_limit,
	[METRIC_SEGMENT_CAPACITY] = put_limit,
	[METRIC_SEGMENT_MAX] = put_limit,
	[METRIC_SEGMENT_FILL] = metrics_put_fill,
	[METRIC_SEGMENT_WANTED] = metrics_put_wanted,
	[METRIC_RESTARTS] = metrics_put_restarts,
	[METRIC_RELOAD_SUCCESSFUL] = put_reload_successful,
	[METRIC_RELOAD_TIME] = put_reload_time,
	[METRIC_CREWS_FORMER] = metrics_put_former,
	[METRIC_HEARTBEAT] = metrics_put_processes,
	[METRIC_CPU] = metrics_put_processes,
	[METRIC_RESIDENT] = metrics_put_processes,
	[METRIC_DESCRIPTORS] = metrics_put_processes,
	[METRIC_DESCRIPTORS_MAX] = metrics_put_processes,
};

void
metrics_print(const struct metrics *m, struct buf *b)
{
	const struct metric *metric;
	enum metric_id id;

	for (id = 0; id < METRIC_MAX; id++) {
		metric = &metric_table[id];
		buf_printf(b,
		    "# HELP " METRIC_PREFIX "%s %s\n# TYPE " METRIC_PREFIX "%s %s\n",
		    metric->name, metric->help, metric->name, metric->type);
		if (printers[id] != NULL)
			printers[id](m, id, b);
		else
			put_counters(m, id, b);
	}
}

void
metrics_handle(void *arg, const struct http_request *q, struct http_response *r)
{
	buf_puts(&r->fields, "Cache-Control: no-store\r\n");
	if (!str_eq(q->path, STR("/metrics"))) {
		http_response_error(r, 404, "Not Found");
	} else if (q->method != HTTP_GET && q->method != HTTP_HEAD) {
		buf_puts(&r->fields, "Allow: GET, HEAD\r\n");
		http_response_error(r, 405, "Method Not Allowed");
	} else {
		metrics_print(arg, &r->text);
		r->type = "text/plain; version=0.0.4; charset=utf-8";
		http_response_add(r, (struct str){ r->text.data, r->text.len });
	}
}
