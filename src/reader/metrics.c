/* Printing metrics. */
#include "reader/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "autoconf.h"
#include "base/attr.h"
#include "base/clock.h"
#include "proc/child.h"
#include "reader/freshness.h"
#include "reader/route.h"
#include "reader/traffic.h"
#include "shm/breaker.h"
#include "shm/counters.h"
#include "shm/hosts.h"
#include "terms/category.h"

#define PREFIX "cache_hydrator_"
#define SECONDS(nsec) ((double)(nsec) / (double)NSEC_PER_SEC)

static void
family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
	    name, type);
}

static const struct counters *
slot(const struct metrics *m, unsigned i)
{
	return segment_counters(m->segment, i);
}

/* The sum over all slots of the word at an offset of struct counters. */
static uint64_t
sum(const struct metrics *m, size_t offset)
{
	uint64_t total = 0;
	unsigned i;

	for (i = 0; i < segment_nprocs(m->segment); i++)
		total +=
		    counter_read((const void *)((const char *)slot(m, i) + offset));
	return total;
}

#define SUM(m, member) sum(m, offsetof(struct counters, member))

static void
put_total(struct buf *b, const char *name, uint64_t value, const char *help)
{
	family(b, name, "counter", help);
	buf_printf(b, PREFIX "%s %" PRIu64 "\n", name, value);
}

static void
put_requests(const struct metrics *m, struct buf *b)
{
	unsigned route, code;
	uint64_t n;

	family(b, "http_requests_total", "counter", "Requests answered.");
	for (route = 0; route < ROUTE_MAX; route++)
		for (code = 0; code < COUNTER_CODES; code++) {
			n = sum(
			    m, offsetof(struct counters, requests) +
				   (route * COUNTER_CODES + code) * sizeof(uint64_t));
			if (n == 0)
				continue;
			buf_printf(b, PREFIX "http_requests_total{route=\"%s\",code=\"",
			    route_name((enum route)route));
			if (traffic_status(code) > 0)
				buf_printf(b, "%d", traffic_status(code));
			else
				buf_puts(b, "other");
			buf_printf(b, "\"} %" PRIu64 "\n", n);
		}
}

/* Classes as they are kept do not contain the smaller ones; as they are told they do.
 */
static void
put_durations(const struct metrics *m, struct buf *b)
{
	static const char name[] = "http_request_duration_seconds";
	uint64_t below = 0;
	int64_t bound;
	unsigned i;

	family(b, name, "histogram",
	    "From the arrival of a request to the first bytes of its answer.");
	for (i = 0; (bound = traffic_bound(i)) != -1; i++) {
		below +=
		    sum(m, offsetof(struct counters, duration) + i * sizeof(uint64_t));
		if (bound == 0)
			break;
		buf_printf(b, PREFIX "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    SECONDS(bound), below);
	}
	buf_printf(b, PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, below);
	buf_printf(b, PREFIX "%s_sum %.9f\n", name, SECONDS(SUM(m, duration_nsec)));
	buf_printf(b, PREFIX "%s_count %" PRIu64 "\n", name, below);
}

static void
put_http(const struct metrics *m, struct buf *b)
{
	put_requests(m, b);
	put_durations(m, b);
	put_total(b, "http_sent_bytes_total", SUM(m, value[COUNTER_BYTES_SENT]),
	    "Bytes of answers, heads included.");
	put_total(b, "http_bad_requests_total", SUM(m, value[COUNTER_BAD_REQUESTS]),
	    "Requests refused by the parser.");
	put_total(b, "http_connections_total", SUM(m, value[COUNTER_CONNECTIONS]),
	    "Connections accepted.");
	put_total(b, "access_log_dropped_total",
	    SUM(m, value[COUNTER_ACCESS_LOG_DROPPED]),
	    "Requests that the access log had no room for.");
	family(b, "http_connections", "gauge", "Connections open now.");
	buf_printf(b, PREFIX "http_connections %" PRIu64 "\n", SUM(m, connections));
}

/* One sample a category of what its hydrator has counted. */
static void
put_counted(const struct metrics *m, struct buf *b, const char *name, const char *label,
    enum counter id)
{
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++)
		buf_printf(b, PREFIX "%s{category=\"%s\"%s} %" PRIu64 "\n", name,
		    m->config->category[i].name, label, counter_get(slot(m, i), id));
}

static void
put_refreshes(const struct metrics *m, struct buf *b)
{
	family(b, "refresh_total", "counter", "Refreshes tried.");
	put_counted(m, b, "refresh_total", ",result=\"published\"", COUNTER_REFRESHES);
	put_counted(
	    m, b, "refresh_total", ",result=\"partial\"", COUNTER_REFRESHES_PARTIAL);
	put_counted(
	    m, b, "refresh_total", ",result=\"failed\"", COUNTER_REFRESH_FAILURES);
	family(b, "refresh_failures_total", "counter",
	    "Refreshes that failed or were partial: a document was not fetched, or not "
	    "accepted for its content, or implausibly small, the snapshot was not "
	    "rendered (a mistake of ours), or rejected for lack of room.");
	put_counted(m, b, "refresh_failures_total", ",reason=\"not_fetched\"",
	    COUNTER_NOT_FETCHED);
	put_counted(m, b, "refresh_failures_total", ",reason=\"not_accepted\"",
	    COUNTER_NOT_ACCEPTED);
	put_counted(m, b, "refresh_failures_total", ",reason=\"implausible\"",
	    COUNTER_IMPLAUSIBLE);
	put_counted(m, b, "refresh_failures_total", ",reason=\"not_rendered\"",
	    COUNTER_NOT_RENDERED);
	put_counted(m, b, "refresh_failures_total", ",reason=\"rejected\"",
	    COUNTER_PUBLISH_REJECTED);
	family(b, "refresh_unchanged_total", "counter",
	    "Refreshes that found all documents unchanged, of those published.");
	put_counted(m, b, "refresh_unchanged_total", "", COUNTER_REFRESHES_UNCHANGED);
	family(b, "documents_reused_total", "counter",
	    "Old documents used in partial refreshes.");
	put_counted(m, b, "documents_reused_total", "", COUNTER_REUSED_DOCUMENTS);
	family(b, "documents_not_fetched_total", "counter",
	    "Places of documents that gave nothing.");
	put_counted(m, b, "documents_not_fetched_total", "", COUNTER_FETCH_FAILURES);
	family(b, "documents_not_accepted_total", "counter",
	    "Documents refused for their content.");
	put_counted(m, b, "documents_not_accepted_total", "", COUNTER_BAD_DOCUMENTS);
	family(b, "skipped_records_total", "counter",
	    "Invalid records left out, in all refreshes together.");
	put_counted(m, b, "skipped_records_total", "", COUNTER_SKIPPED_RECORDS);
}

/* What hydrators know of themselves: gauges that outlive them. */
static void
put_hydrators(const struct metrics *m, struct buf *b)
{
	unsigned i;
	int64_t last;

	family(b, "last_success_timestamp_seconds", "gauge",
	    "When the last refresh succeeded, 0 if none has.");
	for (i = 0; i < m->config->ncategories; i++) {
		last = atomic_load_explicit(
		    &slot(m, i)->last_success_wall, memory_order_relaxed);
		buf_printf(b,
		    PREFIX "last_success_timestamp_seconds{category=\"%s\"} %.3f\n",
		    m->config->category[i].name, SECONDS(last));
	}
	family(b, "consecutive_failures", "gauge", "Refreshes failed since then.");
	for (i = 0; i < m->config->ncategories; i++)
		buf_printf(b,
		    PREFIX "consecutive_failures{category=\"%s\"} %" PRIu64 "\n",
		    m->config->category[i].name,
		    counter_read(&slot(m, i)->failures_in_row));
}

/* The snapshot of a category that this reader serves, or NULL. */
static const struct generation *
held(const struct metrics *m, unsigned i)
{
	const char *name = m->config->category[i].name;
	int category = category_find(name, strlen(name));
	struct generation *g = NULL;

	if (category < 0 ||
	    store_get(m->store, (enum category)category, &g) != STORE_HELD)
		return NULL;
	return g;
}

static uint64_t
age_of(const struct generation *g)
{
	return (uint64_t)freshness_age(g->snapshot->stamp.fetched_boot, clock_boot());
}

static uint64_t
generation_of(const struct generation *g)
{
	return g->snapshot->generation;
}

static uint64_t
bytes_of(const struct generation *g)
{
	return g->snapshot->len;
}

static uint64_t
skipped_of(const struct generation *g)
{
	return g->directory->skipped;
}

static uint64_t
models_of(const struct generation *g)
{
	return g->directory->typed_entries;
}

/* Of upstream hosts, as all hydrators share it. */
static void
put_hosts(const struct metrics *m, struct buf *b)
{
	int64_t now = clock_boot();
	struct host_view v;
	unsigned i;

	family(b, "upstream_breaker_state", "gauge",
	    "Circuit breaker of an upstream host: 0 closed, 1 half open, 2 open.");
	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v))
			buf_printf(b, PREFIX "upstream_breaker_state{host=\"%s\"} %d\n",
			    v.name, (int)breaker_look(v.breaker, now).state);
	family(b, "upstream_floor_seconds", "gauge",
	    "For how long an upstream host is not asked, for its Retry-After.");
	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v))
			buf_printf(b,
			    PREFIX "upstream_floor_seconds{host=\"%s\"} %.3f\n", v.name,
			    v.floor > now ? SECONDS(v.floor - now) : 0.0);
	family(b, "upstream_retries_total", "counter",
	    "Requests to upstreams that repeated one that failed.");
	put_counted(m, b, "upstream_retries_total", "", COUNTER_RETRIES);
	family(b, "upstream_unsent_total", "counter",
	    "Requests to upstreams not sent: Retry-After, or an open breaker.");
	put_counted(m, b, "upstream_unsent_total", "", COUNTER_UNSENT);
}

static void
put_snapshots(const struct metrics *m, struct buf *b)
{
	static const struct {
		const char *name, *help;
		uint64_t (*value)(const struct generation *);
	} gauges[] = {
		{ "snapshot_age_seconds", "Since its oldest input was fetched.",
		    age_of },
		{ "generation", "Number of the snapshot that is served.",
		    generation_of },
		{ "snapshot_bytes", "Size of the snapshot that is served.", bytes_of },
		{ "snapshot_models", "Models in it.", models_of },
		{ "snapshot_skipped_records", "Invalid records left out of it.",
		    skipped_of },
	};
	const struct generation *g;
	unsigned i, k;

	for (k = 0; k < NELEM(gauges); k++) {
		family(b, gauges[k].name, "gauge", gauges[k].help);
		for (i = 0; i < m->config->ncategories; i++)
			if ((g = held(m, i)) != NULL)
				buf_printf(b,
				    PREFIX "%s{category=\"%s\"} %" PRIu64 "\n",
				    gauges[k].name, m->config->category[i].name,
				    gauges[k].value(g));
	}
	put_total(b, "snapshots_taken_total", SUM(m, value[COUNTER_SNAPSHOTS_TAKEN]),
	    "Snapshots copied from shared memory by readers.");
	put_total(b, "snapshots_busy_total", SUM(m, value[COUNTER_SNAPSHOTS_BUSY]),
	    "Copies given up because a hydrator was faster.");
	put_total(b, "snapshots_bad_total", SUM(m, value[COUNTER_SNAPSHOTS_BAD]),
	    "Copies whose checksum or form was bad.");
}

static void
put_restarts(const struct metrics *m, struct buf *b)
{
	static const char *const roles[ROLE_MAX] = {
		[ROLE_HYDRATOR] = "hydrator",
		[ROLE_READER] = "reader",
	};
	static const char *const deaths[DEATH_MAX] = {
#define X(id, name) name,
		COUNTER_DEATHS(X)
#undef X
	};
	unsigned role, how;

	family(b, "process_restarts_total", "counter",
	    "Processes that were replaced, by how they ended.");
	for (role = 0; role < ROLE_MAX; role++)
		for (how = 0; how < DEATH_MAX; how++)
			buf_printf(b,
			    PREFIX "process_restarts_total{role=\"%s\",reason=\"%s\"} "
				   "%" PRIu64 "\n",
			    roles[role], deaths[how],
			    sum(m, offsetof(struct counters, deaths) +
				       (role * DEATH_MAX + how) * sizeof(uint64_t)));
}

/* The supervisor has the last slot. */
static void
put_reloads(const struct metrics *m, struct buf *b)
{
	const struct counters *k = slot(m, segment_nprocs(m->segment) - 1);
	int64_t last = atomic_load_explicit(&k->reloaded_wall, memory_order_relaxed);

	family(b, "config_last_reload_successful", "gauge",
	    "0 if the configuration in use is older than the file that was refused.");
	buf_printf(b, PREFIX "config_last_reload_successful %d\n",
	    counter_read(&k->reload_failed) == 0);
	family(b, "config_last_reload_success_timestamp_seconds", "gauge",
	    "When the configuration in use was loaded.");
	buf_printf(b, PREFIX "config_last_reload_success_timestamp_seconds %.3f\n",
	    SECONDS(last));
	family(b, "config_reloads_total", "counter", "Reloads asked for, by outcome.");
	buf_printf(b,
	    PREFIX "config_reloads_total{result=\"loaded\"} %" PRIu64 "\n" PREFIX
		   "config_reloads_total{result=\"refused\"} %" PRIu64 "\n",
	    SUM(m, value[COUNTER_RELOADS]), SUM(m, value[COUNTER_RELOAD_FAILURES]));
}

/* The supervisor, in the last slot, does not beat. */
static void
put_heartbeats(const struct metrics *m, struct buf *b)
{
	unsigned i, n = (unsigned)m->config->ncategories;
	int64_t beat, now = clock_boot();

	family(b, "process_heartbeat_age_seconds", "gauge",
	    "Since a process said last that it is alive; each does every second.");
	for (i = 0; i + 1 < segment_nprocs(m->segment); i++) {
		beat =
		    atomic_load_explicit(&slot(m, i)->heartbeat, memory_order_relaxed);
		if (beat == 0)
			continue;
		if (i < n)
			buf_printf(b,
			    PREFIX "process_heartbeat_age_seconds"
				   "{role=\"hydrator\",name=\"%s\"}",
			    m->config->category[i].name);
		else
			buf_printf(b,
			    PREFIX "process_heartbeat_age_seconds"
				   "{role=\"reader\",name=\"%u\"}",
			    i - n);
		buf_printf(b, " %.3f\n", now > beat ? SECONDS(now - beat) : 0.0);
	}
}

void
metrics_print(const struct metrics *m, struct buf *b)
{
	family(b, "build_info", "gauge", "Constantly 1.");
	buf_puts(b, PREFIX "build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	family(b, "start_time_seconds", "gauge", "When the daemon was started.");
	buf_printf(
	    b, PREFIX "start_time_seconds %.3f\n", SECONDS(segment_epoch(m->segment)));
	put_http(m, b);
	put_refreshes(m, b);
	put_hydrators(m, b);
	put_hosts(m, b);
	put_snapshots(m, b);
	put_restarts(m, b);
	put_reloads(m, b);
	put_heartbeats(m, b);
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
