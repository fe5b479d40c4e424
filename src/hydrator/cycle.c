/* From upstream documents to a published snapshot; nothing of it outlives the cycle. */
#include "cycle.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "json_in.h"
#include "legacy.h"
#include "log.h"
#include "settings.h"
#include "view.h"
#include "view_encode.h"

enum {
	CYCLE_REFERENCE,
	CYCLE_STATUS,
	CYCLE_STATS,
	CYCLE_WORKERS,
	CYCLE_DOCUMENTS
};

/* What one cycle holds. */
struct cycle_run {
	struct source sources[CYCLE_DOCUMENTS];
	size_t nsources;
	struct buf payload;
	const struct view_directory *directory; /* of the payload */
	struct snapshot_stamp stamp;
	int64_t begun, fetched; /* clock_boot() */
};

int
cycle_open(struct cycle *c, char *err, size_t errlen)
{
	const struct config *config = c->config;
	struct fetch_settings set = {
		.connect_timeout = config->upstream.connect_timeout,
		.stall_timeout = config->upstream.stall_timeout,
		.max_bytes = (size_t)config->upstream.max_bytes,
		.user_agent = config->upstream.user_agent,
		.proxy = config->upstream.proxy,
		.ca_file = config->upstream.ca_file,
		.apikey_file = config->upstream.apikey_file,
		.apikey_url = config->horde.url,
	};
	int category = category_find(c->section->name, strlen(c->section->name));
	bool image = category == CATEGORY_IMAGE_GENERATION;

	if (category == -1) {
		snprintf(err, errlen, "no such category");
		return -1;
	}
	c->category = (enum category)category;
	settings_from_config(config, &c->settings);
	if (category_has_horde(c->category)) {
		c->status_url = source_status_url(config->horde.url, image);
		c->stats_url = source_stats_url(config->horde.url, image);
		c->workers_url = source_workers_url(config->horde.url, image);
	}
	return fetcher_open(&set, &c->fetcher, err, errlen);
}

void
cycle_close(struct cycle *c)
{
	fetcher_close(&c->fetcher);
	free(c->status_url);
	free(c->stats_url);
	free(c->workers_url);
	c->status_url = c->stats_url = c->workers_url = NULL;
	skips_free(&c->skips);
}

/*
 * A page of a login portal with status 200 is no document: the next place may have it.
 * Asked here and not left to the analytics, so that the log can name the place. What is
 * wrong further inside is theirs to say.
 */
static bool
document_accept(const struct buf *body, enum json_type type, char *why, size_t whylen)
{
	struct json_value value;
	struct json_error error;

	if (body->len == 0)
		snprintf(why, whylen, "empty, not JSON");
	else if (json_scan(body->data, body->len, &value, &error) == -1)
		snprintf(
		    why, whylen, "not JSON: byte %zu: %s", error.offset, error.text);
	else if (value.type != type)
		snprintf(why, whylen, "not a JSON %s",
		    type == JSON_T_ARRAY ? "array" : "object");
	else
		return true;
	return false;
}

static bool
accept_object(const struct buf *body, char *why, size_t whylen)
{
	return document_accept(body, JSON_T_OBJECT, why, whylen);
}

/* A text reference may also be CSV. */
static bool
accept_text_reference(const struct buf *body, char *why, size_t whylen)
{
	struct str document = { body->data, body->len };
	const char *fault;

	if (!legacy_csv_recognise(document))
		return accept_object(body, why, whylen);
	fault = legacy_csv_fault(document);
	if (fault != NULL)
		snprintf(why, whylen, "%s", fault);
	return fault == NULL;
}

static bool
accept_array(const struct buf *body, char *why, size_t whylen)
{
	return document_accept(body, JSON_T_ARRAY, why, whylen);
}

static struct source
cycle_horde_source(const struct cycle *c, const char *name, char *const *url,
    bool (*accept)(const struct buf *, char *, size_t))
{
	return (struct source){
		.name = name,
		.urls = (const char *const *)url,
		.nurls = 1,
		.timeout = c->config->horde.timeout,
		.accept = accept,
	};
}

static void
cycle_list_sources(const struct cycle *c, struct cycle_run *run)
{
	struct source *s = run->sources;

	s[CYCLE_REFERENCE] = (struct source){
		.name = "reference",
		.urls = (const char *const *)c->section->reference.item,
		.nurls = c->section->reference.n,
		.timeout = c->config->upstream.timeout,
		.accept = c->category == CATEGORY_TEXT_GENERATION
			      ? accept_text_reference
			      : accept_object,
	};
	run->nsources = 1;
	if (c->status_url == NULL)
		return;
	s[CYCLE_STATUS] = cycle_horde_source(c, "status", &c->status_url, accept_array);
	s[CYCLE_STATS] = cycle_horde_source(c, "stats", &c->stats_url, accept_object);
	s[CYCLE_WORKERS] =
	    cycle_horde_source(c, "workers", &c->workers_url, accept_array);
	s[CYCLE_WORKERS].optional = true;
	run->nsources = CYCLE_DOCUMENTS;
}

/* A directory of documents may be older than the interest in workers: said once. */
static void
cycle_note_missing(struct cycle *c, const struct cycle_run *run)
{
	bool missing =
	    run->nsources == CYCLE_DOCUMENTS && run->sources[CYCLE_WORKERS].missing;

	if (missing && !c->workers_missing)
		log_warnx("%s: %s does not exist: no workers are known",
		    c->section->name, c->workers_url);
	c->workers_missing = missing;
}

/* The one line of a cycle that failed. reason: the counter of such failures. */
static enum cycle_result
cycle_fail(struct cycle *c, enum counter reason, const char *why)
{
	counter_add(c->counters, COUNTER_REFRESH_FAILURES, 1);
	counter_add(c->counters, reason, 1);
	counter_raise(&c->counters->failures_in_row, 1);
	log_warnx("%s not refreshed: %s", c->section->name, why);
	return CYCLE_FAILED;
}

static enum cycle_result
cycle_fail_fetch(struct cycle *c, const struct cycle_run *run)
{
	struct buf why = { 0 };
	enum counter reason = COUNTER_NOT_ACCEPTED;
	enum cycle_result result;
	size_t i;

	for (i = 0; i < run->nsources; i++)
		if (!run->sources[i].done) {
			buf_printf(&why, "%s%s: %s", why.len > 0 ? "; " : "",
			    run->sources[i].name, run->sources[i].error);
			/* Refused everywhere is one reason, not had from all the other.
			 */
			if (run->sources[i].unfetched > 0)
				reason = COUNTER_NOT_FETCHED;
		}
	buf_putc(&why, '\0');
	result = cycle_fail(c, reason, why.data);
	buf_free(&why);
	return result;
}

static enum cycle_result
cycle_fetch(struct cycle *c, struct cycle_run *run, const struct source_wait *wait)
{
	enum sources_result result;
	size_t i;

	run->begun = clock_boot();
	cycle_list_sources(c, run);
	result = sources_fetch(c->fetcher, run->sources, run->nsources, wait);
	run->fetched = clock_boot();
	for (i = 0; i < run->nsources; i++) {
		counter_add(
		    c->counters, COUNTER_FETCH_FAILURES, run->sources[i].unfetched);
		counter_add(
		    c->counters, COUNTER_BAD_DOCUMENTS, run->sources[i].refused);
		counter_add(c->counters, COUNTER_RETRIES, run->sources[i].retries);
		counter_add(c->counters, COUNTER_UNSENT, run->sources[i].unsent);
	}
	if (result == SOURCES_STOPPED)
		return CYCLE_STOPPED;
	if (result == SOURCES_FAILED)
		return cycle_fail_fetch(c, run);
	cycle_note_missing(c, run);
	return CYCLE_PUBLISHED;
}

/* Ages count from the oldest input. */
static void
cycle_stamp(struct cycle_run *run)
{
	const struct source *s, *oldest = &run->sources[0];

	for (s = oldest; s < run->sources + run->nsources; s++)
		if (s->fetched_boot < oldest->fetched_boot)
			oldest = s;
	run->stamp.fetched_boot = oldest->fetched_boot;
	run->stamp.fetched_wall = oldest->fetched_wall;
	run->stamp.published_wall = clock_wall();
}

static struct document
run_document(const struct cycle_run *run, size_t i)
{
	if (i >= run->nsources || run->sources[i].missing)
		return (struct document){ NULL, 0 };
	return (struct document){ run->sources[i].body.data, run->sources[i].body.len };
}

static enum cycle_result
cycle_render(struct cycle *c, struct cycle_run *run)
{
	struct analytics_input input = {
		.category = c->category,
		.reference = run_document(run, CYCLE_REFERENCE),
		.status = run_document(run, CYCLE_STATUS),
		.stats = run_document(run, CYCLE_STATS),
		.workers = run_document(run, CYCLE_WORKERS),
		.now = clock_wall() / NSEC_PER_SEC,
	};
	struct analytics_report report = { .skip = skips_add, .arg = &c->skips };
	int rc;

	skips_begin(&c->skips);
	rc = analytics_render(&c->settings, &input, &run->payload, &report);
	skips_report(&c->skips, c->section->name);
	counter_add(c->counters, COUNTER_SKIPPED_RECORDS, report.skipped);
	if (rc == -1) {
		counter_add(c->counters, COUNTER_BAD_DOCUMENTS, 1);
		return cycle_fail(c, COUNTER_NOT_ACCEPTED, report.error);
	}
	view_encode(&run->payload);
	/* Readers will check the same: what they would refuse must not be published. */
	run->directory = view_open(run->payload.data, run->payload.len, c->category);
	if (run->directory == NULL)
		return cycle_fail(
		    c, COUNTER_NOT_RENDERED, "the rendered payload is malformed");
	modified_stamp(&c->modified, (void *)run->payload.data, input.now);
	return CYCLE_PUBLISHED;
}

static enum cycle_result
cycle_publish(struct cycle *c, struct cycle_run *run)
{
	char err[512];

	cycle_stamp(run);
	if (publish(c->publisher, run->payload.data, run->payload.len, &run->stamp,
		&c->generation, err, sizeof(err)) == -1)
		return cycle_fail(c, COUNTER_PUBLISH_REJECTED, err);
	modified_note(&c->modified, run->directory);
	counter_add(c->counters, COUNTER_REFRESHES, 1);
	atomic_store_explicit(
	    &c->counters->last_success, clock_boot(), memory_order_relaxed);
	atomic_store_explicit(
	    &c->counters->last_success_wall, clock_wall(), memory_order_relaxed);
	atomic_store_explicit(&c->counters->failures_in_row, 0, memory_order_relaxed);
	log_info("hydrated %s: %" PRIu64 " models, %" PRIu64 " skipped, %zu bytes, "
		 "%" PRId64 " ms (%" PRId64 " ms fetching), generation %" PRIu64,
	    c->section->name, run->directory->typed_entries, c->skips.count,
	    run->payload.len, (clock_boot() - run->begun) / NSEC_PER_MSEC,
	    (run->fetched - run->begun) / NSEC_PER_MSEC, c->generation);
	return CYCLE_PUBLISHED;
}

enum cycle_result
cycle_run(struct cycle *c, const struct source_wait *wait)
{
	struct cycle_run run = { .nsources = 0 };
	enum cycle_result result = cycle_fetch(c, &run, wait);

	if (result == CYCLE_PUBLISHED)
		result = cycle_render(c, &run);
	if (result == CYCLE_PUBLISHED)
		result = cycle_publish(c, &run);
	sources_free(run.sources, run.nsources);
	buf_free(&run.payload);
	/* Minutes pass until the next cycle: several times the payload goes back. */
	malloc_trim(0);
	return result;
}
