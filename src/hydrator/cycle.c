/* From upstream documents to a published snapshot. */
#include "hydrator/cycle_run.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pace.h"
#include "base/region.h"
#include "hydrator/account.h"
#include "hydrator/note.h"
#include "hydrator/outcome.h"
#include "hydrator/settings.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "payload/write.h"
#include "records/document.h"
#include "records/report.h"
#include "shm/snapshot.h"
#include "terms/document.h"
#include "terms/part.h"

/* Address space for each byte that a payload may have: it grows by doubling, and ends
 * after the model with which it becomes too large. */
#define PAYLOAD_RATIO 4

/* A snapshot that is larger than the segment is still made, so that it is known how
 * much larger the segment has to be; not one that no segment may have room for. */
static size_t
cycle_most(const struct cycle *c)
{
	size_t capacity = segment_capacity(c->segment);
	size_t max = (size_t)c->config->segment.max;

	return capacity > max ? capacity : max;
}

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
	c->settings.payload_max = cycle_most(c);
	if (category_has_horde(c->category)) {
		c->status_url = source_status_url(config->horde.url, image);
		c->stats_url = source_stats_url(config->horde.url, image);
		c->workers_url = source_workers_url(config->horde.url, image);
	}
	c->inputs.n = c->status_url != NULL ? INPUT_MAX : 1;
	c->gate[INPUT_STATUS].population = c->gate[INPUT_WORKERS].population = true;
	account_open(c);
	outcome_gate(c);
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
	inputs_free(&c->inputs);
	snapshot_release(&c->recalled);
}

/* Asked here and not left to the analytics, so that the log names the place and the
 * next place is tried. */
static bool
cycle_accept(void *arg, const struct buf *body, char *why, size_t whylen)
{
	struct document doc = { .data = body->data, .len = body->len };
	struct cycle_look *look = arg;

	if (document_open(&doc, look->kind, look->category, why, whylen) == -1)
		return false;
	look->form = doc.form;
	return true;
}

/* What was had since the last tick is not fetched again: only what failed is. */
static void
cycle_list_source(const struct cycle *c, struct cycle_run *run, enum input_kind k,
    char *const *urls, size_t n, int64_t timeout)
{
	struct cycle_look *look = &run->looks[run->nsources];
	struct source *s = &run->sources[run->nsources];

	if (inputs_is_young(&c->inputs, k, c->fetch_since) &&
	    !(k == INPUT_REFERENCE && c->changed))
		return;
	*look = (struct cycle_look){ INPUT_DOCUMENT(k), c->category, { 0 } };
	*s = (struct source){
		.name = document_name(look->kind),
		.urls = (const char *const *)urls,
		.nurls = n,
		.timeout = timeout,
		.accept = cycle_accept,
		.arg = look,
		.optional = k == INPUT_WORKERS,
	};
	inputs_expect(&c->inputs, k, s);
	run->nsources++;
}

static void
cycle_list_sources(const struct cycle *c, struct cycle_run *run)
{
	const struct config_list *places = &c->section->reference;
	int64_t timeout = c->config->horde.timeout;

	cycle_list_source(c, run, INPUT_REFERENCE, places->item, places->n,
	    c->config->upstream.timeout);
	if (c->status_url == NULL)
		return;
	cycle_list_source(c, run, INPUT_STATUS, &c->status_url, 1, timeout);
	cycle_list_source(c, run, INPUT_STATS, &c->stats_url, 1, timeout);
	cycle_list_source(c, run, INPUT_WORKERS, &c->workers_url, 1, timeout);
}

/* A directory of documents may be older than the interest in workers: said once. */
static void
cycle_note_missing(struct cycle *c)
{
	const struct input_document *d = inputs_current(&c->inputs, INPUT_WORKERS);
	bool missing = d != NULL && d->missing;

	if (missing && !c->workers_missing)
		log_warnx("%s: %s does not exist: no workers are known",
		    c->section->name, c->workers_url);
	c->workers_missing = missing;
}

static void
cycle_count_source(struct cycle *c, const struct source *s)
{
	counter_add(c->counters, COUNTER_FETCH_FAILURES, s->unfetched);
	counter_add(c->counters, COUNTER_BAD_DOCUMENTS, s->refused);
	counter_add(c->counters, COUNTER_RETRIES, s->retries);
	counter_add(c->counters, COUNTER_UNSENT, s->unsent);
}

/* What was fetched, or not, becomes input. Returns false if nobody was asked. */
static bool
cycle_take_sources(struct cycle *c, struct cycle_run *run)
{
	struct inputs *in = &c->inputs;
	bool asked = run->nsources == 0;
	const struct source *s;
	enum input_kind k;
	size_t i;

	c->unsent_wait = INT64_MAX;
	for (i = 0; i < run->nsources; i++) {
		s = &run->sources[i];
		k = INPUT_KIND(run->looks[i].kind);
		inputs_offer(in, k, &run->sources[i], &run->looks[i].form);
		account_source(c, k, s);
		note_source(c, k, s);
		if (in->of[k].fault == INPUT_GOOD && !in->of[k].offered.held)
			gate_forget(&c->gate[k]);
		asked |= !source_is_unsent(s);
		if (s->unsent > 0 && s->unsent_wait < c->unsent_wait)
			c->unsent_wait = s->unsent_wait;
	}
	return asked;
}

static enum cycle_result
cycle_fetch(struct cycle *c, struct cycle_run *run, const struct source_wait *wait)
{
	enum source_result result;
	bool asked;
	size_t i;

	run->begun = clock_boot();
	note_begin(c, LEDGER_FETCH);
	inputs_begin(&c->inputs);
	cycle_list_sources(c, run);
	result = source_fetch_all(c->fetcher, run->sources, run->nsources, wait);
	run->fetched = clock_boot();
	counter_time(c->counters, COUNTER_FETCH_NSEC, run->fetched - run->begun);
	for (i = 0; i < run->nsources; i++)
		cycle_count_source(c, &run->sources[i]);
	if (result == SOURCE_STOPPED)
		return CYCLE_STOPPED;
	asked = cycle_take_sources(c, run);
	cycle_note_missing(c);
	/* What an earlier cycle had but could not publish is worth a try. */
	return asked || inputs_suffice(&c->inputs) ? CYCLE_PUBLISHED : outcome_idle(c);
}

/* The analytics have refused a document: without it the cycle may still succeed. */
static void
cycle_take_back(struct cycle *c, const struct report *report)
{
	enum input_kind k = INPUT_KIND(report->refused);

	counter_add(c->counters, COUNTER_BAD_DOCUMENTS, 1);
	account_refused(c, k, report->reason);
	inputs_refuse(&c->inputs, k, INPUT_NOT_ACCEPTED, report->reason);
}

/* Records of which none is valid make statistics and nothing else. That is better than
 * no snapshot, but not than one with models, which may be of a time before a restart.
 */
static int
cycle_compare(const struct cycle *c, struct cycle_run *run, struct report *report)
{
	const struct view_directory *d = payload_directory(&run->rendered);
	const struct gate *gate = &c->gate[INPUT_REFERENCE];

	if (d->raw_entries == 0 || d->typed_entries > 0)
		return 0;
	if (gate->known && gate->good.count > 0)
		return report_refuse(report, DOCUMENT_REFERENCE,
		    "none of its %" PRIu64 " records is valid", d->raw_entries);
	log_warnx("%s: none of the %" PRIu64 " records is valid: there are only "
		  "statistics",
	    c->section->name, d->raw_entries);
	return 0;
}

static void
cycle_skips(void *arg, const char *what)
{
	struct cycle *c = arg;

	skips_add(&c->skips, what);
}

static void
cycle_new_baseline(void *arg, struct str baseline)
{
	struct cycle *c = arg;

	baselines_note(&c->baselines, c->section->name, baseline);
}

/* What is refused has been taken back. */
static enum analytics_result
cycle_analyse(struct cycle *c, struct cycle_run *run, int64_t now)
{
	struct analytics_input input = {
		.category = c->category,
		.reference = inputs_document(&c->inputs, INPUT_REFERENCE),
		.status = inputs_document(&c->inputs, INPUT_STATUS),
		.stats = inputs_document(&c->inputs, INPUT_STATS),
		.workers = inputs_document(&c->inputs, INPUT_WORKERS),
		.now = now,
	};
	struct report report = {
		.pace = &run->pace,
		.skip = cycle_skips,
		.new_baseline = cycle_new_baseline,
		.arg = c,
	};
	enum analytics_result result;

	buf_reset(&run->rendered);
	skips_begin(&c->skips);
	result = analytics_render(&c->settings, &input, &run->rendered, &report);
	if (result == ANALYTICS_DONE && cycle_compare(c, run, &report) == -1)
		result = ANALYTICS_REFUSED;
	if (result == ANALYTICS_REFUSED) {
		skips_report(&c->skips, c->section->name);
		cycle_take_back(c, &report);
	} else if (result == ANALYTICS_DONE)
		memcpy(run->census, report.census, sizeof(run->census));
	return result;
}

/* The part of its models that the reference has left: as many fewer can have a worker,
 * or usage. */
static double
cycle_share_left(const struct cycle *c, const struct cycle_run *run)
{
	const struct gate *g = &c->gate[INPUT_REFERENCE];
	double now = (double)run->census[DOCUMENT_REFERENCE].count;

	if (!c->inputs.of[INPUT_REFERENCE].offered.held || !g->known ||
	    now >= (double)g->good.count)
		return 1;
	return now / (double)g->good.count;
}

/* Returns false if an offered document was refused. */
static bool
cycle_judge(struct cycle *c, const struct cycle_run *run, size_t k,
    const struct gate_rule *rule, int64_t boot, int64_t wall)
{
	const struct census *census = &run->census[INPUT_DOCUMENT(k)];
	enum gate_verdict verdict;
	char why[256];

	verdict = gate_judge(&c->gate[k], rule, census, boot, wall);
	if (verdict == GATE_REFUSED) {
		gate_describe(&c->gate[k], rule, INPUT_DOCUMENT(k), why, sizeof(why));
		account_refused(c, k, why);
		inputs_refuse(&c->inputs, k, INPUT_IMPLAUSIBLE, why);
		return false;
	}
	if (verdict == GATE_ORDERED)
		c->accept[k].passed = true;
	if (verdict != GATE_PLAUSIBLE)
		outcome_passed(c, k, census, verdict);
	return true;
}

/* Returns false if a document was refused. What passed once is not asked again. The
 * others are counted by the models of the reference: beside one that is refused nothing
 * can be said of them yet. */
static bool
cycle_pass_gate(struct cycle *c, struct cycle_run *run)
{
	struct gate_rule rule = {
		.min_ratio = c->config->gate.min_ratio,
		.confirmations = (uint64_t)c->config->gate.confirmations,
		.spacing = c->config->hydration.interval * NSEC_PER_SEC / 2,
	};
	int64_t boot = clock_boot(), wall = clock_wall();
	double share = cycle_share_left(c, run);
	bool passed = true;
	size_t k;

	for (k = 0; k < c->inputs.n && !run->judged; k++) {
		if (!c->inputs.of[k].offered.held)
			continue;
		rule.min_ratio = c->config->gate.min_ratio;
		if ((k == INPUT_STATUS || k == INPUT_STATS) && !c->gate[k].ordered)
			rule.min_ratio *= share;
		passed &= cycle_judge(c, run, k, &rule, boot, wall);
		if (k == INPUT_REFERENCE && !passed)
			return false;
	}
	run->judged = true;
	return passed;
}

static enum cycle_result
cycle_finish(struct cycle *c, struct cycle_run *run, int64_t now)
{
	size_t want;
	bool news;

	skips_report(&c->skips, c->section->name);
	news = !cycle_carry_parts(c, run);
	want = evidence_add(c->evidence, &run->rendered, news, now,
	    segment_capacity(c->segment), cycle_most(c), &run->pace);
	if (want > c->want)
		c->want = want;
	cycle_carry_forms(c, run);
	run->payload = run->rendered.data;
	run->len = run->rendered.len;
	/* Readers will check the same: what they would refuse must not be published. */
	run->directory = view_open(run->payload, run->len, c->category);
	if (run->directory == NULL)
		return outcome_failed(
		    c, COUNTER_NOT_RENDERED, "the rendered payload is malformed");
	modified_stamp(&c->modified, (void *)run->rendered.data, now);
	return CYCLE_PUBLISHED;
}

/* The same documents as last time make the same payload, computed_at included: it says
 * when it was computed. Returns whether the latch still has it, and it is complete. */
static bool
cycle_repeat(struct cycle *c, struct cycle_run *run)
{
	if (c->generation == 0 || inputs_differ(&c->inputs) ||
	    snapshot_take(c->segment, c->latch, 0, &run->last) != SNAPSHOT_FRESH)
		return false;
	run->payload = run->last->data;
	run->len = run->last->len;
	run->directory = view_open(run->payload, run->len, c->category);
	if (run->directory == NULL || run->last->generation != c->generation ||
	    evidence_lacks(c->evidence, run->directory))
		snapshot_release(&run->last);
	return run->last != NULL;
}

/* Stands in for the wait's attend, wherever a cycle takes its time. */
static bool
cycle_attend(void *arg)
{
	struct cycle_run *run = arg;

	run->short_of_memory = run->short_of_memory ||
			       (run->memory != NULL && memory_is_short(run->memory));
	return run->wait->attend(run->wait->arg) && !run->short_of_memory;
}

/* Makes the payload of the best documents there are. */
static enum cycle_result
cycle_make(struct cycle *c, struct cycle_run *run)
{
	int64_t now = clock_wall() / NSEC_PER_SEC;
	enum analytics_result result;

	while (inputs_suffice(&c->inputs)) {
		if (cycle_repeat(c, run))
			return CYCLE_PUBLISHED;
		if (!pace_beat(&run->pace))
			return CYCLE_STOPPED;
		result = cycle_analyse(c, run, now);
		if (result == ANALYTICS_STOPPED)
			return CYCLE_STOPPED;
		if (result == ANALYTICS_TOO_LARGE)
			return outcome_beyond_max(c, run->rendered.len);
		if (result == ANALYTICS_DONE && cycle_pass_gate(c, run))
			return cycle_finish(c, run, now);
	}
	return outcome_without(c);
}

/* In the words of the ring. */
static enum cycles_result
cycle_verdict(const struct cycle_run *run, enum cycle_result result)
{
	static const enum cycles_result verdicts[] = {
		[CYCLE_PUBLISHED] = CYCLES_PUBLISHED,
		[CYCLE_REUSED] = CYCLES_PARTIAL,
		[CYCLE_REFUSED] = CYCLES_REFUSED,
		[CYCLE_NO_ROOM] = CYCLES_NO_ROOM,
		[CYCLE_FAILED] = CYCLES_FAILED,
		[CYCLE_IDLE] = CYCLES_IDLE,
		[CYCLE_STOPPED] = CYCLES_STOPPED,
	};

	if (result == CYCLE_PUBLISHED && run->last != NULL)
		return CYCLES_UNCHANGED;
	if (result == CYCLE_NO_ROOM && run->short_of_memory)
		return CYCLES_SHORT_OF_MEMORY;
	return verdicts[result];
}

enum cycle_result
cycle_run(struct cycle *c, const struct source_wait *wait)
{
	struct cycle_run run = { .wait = wait, .memory = c->memory };
	struct source_wait own = *wait;
	enum cycle_result result;

	own.attend = cycle_attend;
	own.arg = &run;
	region_open(&run.region, PAYLOAD_RATIO * c->settings.payload_max);
	run.rendered.region = &run.region;
	run.pace = (struct pace){ .beat = own.attend, .arg = own.arg };
	result = cycle_fetch(c, &run, &own);

	if (result == CYCLE_PUBLISHED) {
		note_phase(c, LEDGER_COMPUTE);
		result = cycle_make(c, &run);
		counter_time(
		    c->counters, COUNTER_COMPUTE_NSEC, clock_boot() - run.fetched);
	}
	if (result == CYCLE_PUBLISHED)
		result = cycle_publish(c, &run);
	if (result == CYCLE_STOPPED && run.short_of_memory)
		result = outcome_short_of_memory(c);
	outcome_gate(c);
	if (result == CYCLE_STOPPED)
		note_reason(c, "stopped before it published anything");
	note_end(c, cycle_verdict(&run, result));
	if (result != CYCLE_STOPPED)
		account_write(c);
	source_free_all(run.sources, run.nsources);
	snapshot_release(&run.last);
	buf_free(&run.rendered);
	region_close(&run.region);
	/* Minutes pass until the next cycle: several times the payload goes back. */
	malloc_trim(0);
	return result;
}
