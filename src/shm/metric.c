/* The table of metrics, one row each, and the counters in it. */
#include "shm/metric.h"

#include <string.h>

const struct metric metric_table[METRIC_MAX] = {
	[METRIC_BUILD_INFO] = { .name = "build_info",
	    .type = "gauge",
	    .label = { "version" },
	    .help = "Constantly 1; the label is the version that runs." },
	[METRIC_START_TIME] = { .name = "start_time_seconds",
	    .type = "gauge",
	    .help = "When the daemon was started, Unix time." },
	[METRIC_HTTP_REQUESTS] = { .name = "http_requests_total",
	    .type = "counter",
	    .label = { "route", "code" },
	    .help = "Requests answered." },
	[METRIC_HTTP_HANDLED] = { .name = "http_handled_requests_total",
	    .type = "counter",
	    .help =
		"Requests that were understood and answered, by all routes together." },
	[METRIC_HTTP_BAD] = { .name = "http_bad_requests_total",
	    .type = "counter",
	    .help = "Requests refused by the parser." },
	[METRIC_HTTP_DURATION] = { .name = "http_request_duration_seconds",
	    .type = "histogram",
	    .label = { "le" },
	    .help = "From the arrival of a request that was understood to the first "
		    "bytes of its answer." },
	[METRIC_HTTP_SENT] = { .name = "http_sent_bytes_total",
	    .type = "counter",
	    .help = "Bytes of answers, heads included." },
	[METRIC_HTTP_CONNECTIONS_TOTAL] = { .name = "http_connections_total",
	    .type = "counter",
	    .help = "Connections accepted." },
	[METRIC_HTTP_CONNECTIONS] = { .name = "http_connections",
	    .type = "gauge",
	    .help = "Connections open now." },
	[METRIC_HTTP_DROPPED] = { .name = "http_dropped_clients_total",
	    .type = "counter",
	    .help = "Slow clients cut off because too many older snapshots were kept "
		    "for them." },
	[METRIC_ACCESS_LOG_DROPPED] = { .name = "access_log_dropped_total",
	    .type = "counter",
	    .help = "Requests that the access log had no room for." },
	[METRIC_REFRESH] = { .name = "refresh_total",
	    .type = "counter",
	    .label = { "category", "result" },
	    .help = "Refreshes tried." },
	[METRIC_REFRESH_FAILURES] = { .name = "refresh_failures_total",
	    .type = "counter",
	    .label = { "category", "reason" },
	    .help =
		"Refreshes that failed or were partial: a document was not fetched, or "
		"not accepted for its content, or implausibly small, the snapshot was "
		"not rendered (a mistake of ours), or rejected for lack of room." },
	[METRIC_REFRESH_UNCHANGED] = { .name = "refresh_unchanged_total",
	    .type = "counter",
	    .label = { "category" },
	    .help =
		"Refreshes that found all documents unchanged, of those published." },
	[METRIC_REUSED] = { .name = "documents_reused_total",
	    .type = "counter",
	    .label = { "category" },
	    .help = "Old documents used in partial refreshes." },
	[METRIC_NOT_FETCHED] = { .name = "documents_not_fetched_total",
	    .type = "counter",
	    .label = { "category" },
	    .help = "Places of documents that gave nothing; another place may have had "
		    "the document." },
	[METRIC_NOT_ACCEPTED] = { .name = "documents_not_accepted_total",
	    .type = "counter",
	    .label = { "category" },
	    .help = "Documents refused for their content; another place may have had a "
		    "good one." },
	[METRIC_SKIPPED_RECORDS] = { .name = "skipped_records_total",
	    .type = "counter",
	    .label = { "category" },
	    .help = "Invalid records left out, in all refreshes together." },
	[METRIC_LAST_SUCCESS] = { .name = "last_success_timestamp_seconds",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "When the last refresh succeeded, Unix time; 0 if none has." },
	[METRIC_CONSECUTIVE_FAILURES] = { .name = "consecutive_failures",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "Refreshes since then that failed or were partial." },
	[METRIC_BREAKER] = { .name = "upstream_breaker_state",
	    .type = "gauge",
	    .label = { "host" },
	    .help =
		"Circuit breaker of an upstream host: 0 closed, 1 half open, 2 open." },
	[METRIC_FLOOR] = { .name = "upstream_floor_seconds",
	    .type = "gauge",
	    .label = { "host" },
	    .help = "For how long an upstream host is not asked, for its Retry-After; "
		    "0: it may be." },
	[METRIC_RETRIES] = { .name = "upstream_retries_total",
	    .type = "counter",
	    .label = { "category" },
	    .help = "Requests to upstreams that repeated one that failed." },
	[METRIC_UNSENT] = { .name = "upstream_unsent_total",
	    .type = "counter",
	    .label = { "category" },
	    .help =
		"Requests to upstreams not sent: Retry-After, or an open breaker." },
	[METRIC_SNAPSHOT_AGE] = { .name = "snapshot_age_seconds",
	    .type = "gauge",
	    .label = { "category" },
	    .help =
		"Since the oldest input of the snapshot that is served was fetched." },
	[METRIC_GENERATION] = { .name = "generation",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "Number of the snapshot that is served." },
	[METRIC_SNAPSHOT_BYTES] = { .name = "snapshot_bytes",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "Size of the snapshot that is served." },
	[METRIC_SNAPSHOT_MODELS] = { .name = "snapshot_models",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "Models in the snapshot that is served." },
	[METRIC_SNAPSHOT_SKIPPED] = { .name = "snapshot_skipped_records",
	    .type = "gauge",
	    .label = { "category" },
	    .help = "Invalid records left out of the snapshot that is served." },
	[METRIC_SNAPSHOTS_TAKEN] = { .name = "snapshots_taken_total",
	    .type = "counter",
	    .help = "Snapshots copied from shared memory by readers." },
	[METRIC_SNAPSHOTS_BUSY] = { .name = "snapshots_busy_total",
	    .type = "counter",
	    .help = "Copies given up because a hydrator was faster." },
	[METRIC_SNAPSHOTS_BAD] = { .name = "snapshots_bad_total",
	    .type = "counter",
	    .help = "Copies whose checksum or form was bad." },
	[METRIC_SNAPSHOTS_RELEASED] = { .name = "snapshots_released_total",
	    .type = "counter",
	    .help = "Copies given up again; those taken less these are in memory." },
	[METRIC_RESTARTS] = { .name = "process_restarts_total",
	    .type = "counter",
	    .label = { "role", "reason" },
	    .help = "Processes that were replaced, by how they ended." },
	[METRIC_RELOAD_SUCCESSFUL] = { .name = "config_last_reload_successful",
	    .type = "gauge",
	    .help = "0 if the configuration in use is older than the file that was "
		    "refused." },
	[METRIC_RELOAD_TIME] = { .name = "config_last_reload_success_timestamp_seconds",
	    .type = "gauge",
	    .help = "When the configuration in use was loaded, Unix time." },
	[METRIC_RELOADS] = { .name = "config_reloads_total",
	    .type = "counter",
	    .label = { "result" },
	    .help = "Reloads asked for, by outcome." },
	[METRIC_HEARTBEAT] = { .name = "process_heartbeat_age_seconds",
	    .type = "gauge",
	    .label = { "role", "name" },
	    .help =
		"Since a process last said that it is alive; each does every second." },
};

const struct metric_counter metric_counters[COUNTER_MAX] = {
#define X(id, metric, value) [COUNTER_##id] = { METRIC_##metric, value },
	COUNTERS(X)
#undef X
};

bool
metric_has_category(enum metric_id id)
{
	const char *first = metric_table[id].label[0];

	return first != NULL && strcmp(first, "category") == 0;
}
