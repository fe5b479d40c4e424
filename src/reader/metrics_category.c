/* Metrics of categories: their cycles, their snapshots, their documents. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "reader/freshness.h"
#include "reader/generation.h"
#include "reader/metrics_put.h"
#include "reader/store.h"
#include "shm/hosts.h"
#include "shm/ledger.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "terms/category.h"
#include "terms/part.h"

/* What a hydrator knows of itself outlives it. */
void
metrics_put_last_success(const struct metrics *m, enum metric_id id, struct buf *b)
{
	const struct counters *c;
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++) {
		c = metrics_slot(m, i);
		metrics_put_sample(b, id, m->config->category[i].name, NULL);
		metrics_put_seconds(b,
		    atomic_load_explicit(
			id == METRIC_LAST_SAVE ? &c->saved_wall : &c->last_success_wall,
			memory_order_relaxed));
	}
}

/* The rows of a phase stand together: nanoseconds, and how many times. */
void
metrics_put_refresh_durations(const struct metrics *m, enum metric_id id, struct buf *b)
{
	unsigned i, c;

	for (i = 0; i < m->config->ncategories; i++)
		for (c = 0; c < COUNTER_MAX; c++) {
			const char *const values[METRIC_LABELS] = {
				m->config->category[i].name, metric_counters[c].value
			};

			if (metric_counters[c].metric != id)
				continue;
			metrics_put_sample_of(b, id, "_sum", values);
			metrics_put_seconds(b,
			    (int64_t)counter_get(metrics_slot(m, i), (enum counter)c));
			metrics_put_sample_of(b, id, "_count", values);
			metrics_put_count(
			    b, counter_get(metrics_slot(m, i), (enum counter)++ c));
		}
}

void
metrics_put_failures(const struct metrics *m, enum metric_id id, struct buf *b)
{
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++) {
		metrics_put_sample(b, id, m->config->category[i].name, NULL);
		metrics_put_count(
		    b, counter_read(&metrics_slot(m, i)->failures_in_row));
	}
}

/* The snapshot of a category that this reader serves, or NULL. */
static const struct generation *
metrics_held(const struct metrics *m, unsigned i)
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
snapshot_figure(const struct generation *g, enum metric_id id)
{
	switch (id) {
	case METRIC_GENERATION:
		return g->snapshot->generation;
	case METRIC_SNAPSHOT_BYTES:
		return g->snapshot->len;
	case METRIC_SNAPSHOT_MODELS:
		return g->directory->typed_entries;
	case METRIC_SNAPSHOT_NEW_BASELINES:
		return g->directory->new_baselines;
	default:
		return g->directory->skipped;
	}
}

void
metrics_put_snapshots(const struct metrics *m, enum metric_id id, struct buf *b)
{
	const struct generation *g;
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++)
		if ((g = metrics_held(m, i)) != NULL) {
			metrics_put_sample(b, id, m->config->category[i].name, NULL);
			metrics_put_count(b, snapshot_figure(g, id));
		}
}

void
metrics_put_fill(const struct metrics *m, enum metric_id id, struct buf *b)
{
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++) {
		metrics_put_sample(b, id, m->config->category[i].name, NULL);
		buf_printf(b, "%.3f\n",
		    (double)snapshot_length(m->segment, i) /
			(double)segment_capacity(m->segment));
	}
}

void
metrics_put_wanted(const struct metrics *m, enum metric_id id, struct buf *b)
{
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++) {
		metrics_put_sample(b, id, m->config->category[i].name, NULL);
		metrics_put_count(b, segment_wanted(m->segment, i));
	}
}

/* An age, or what is left until it is reached: freshness.h has the classes. */
static int64_t
part_figure(const struct metrics *m, enum metric_id id, int64_t age)
{
	switch (id) {
	case METRIC_SNAPSHOT_FRESH:
		return m->config->hydration.ttl - age;
	case METRIC_SNAPSHOT_EXPIRES:
		return m->config->hydration.stale_if_error - age;
	default:
		return age;
	}
}

void
metrics_put_ages(const struct metrics *m, enum metric_id id, struct buf *b)
{
	const struct generation *g;
	const struct part_stamp *stamp;
	unsigned i, p;

	for (i = 0; i < m->config->ncategories; i++)
		for (p = 0; (g = metrics_held(m, i)) != NULL && p < PART_MAX; p++) {
			stamp = generation_stamp(g, (enum snapshot_part)p);
			if (!part_stamp_is_there(stamp))
				continue;
			metrics_put_sample(b, id, m->config->category[i].name,
			    part_name((enum snapshot_part)p));
			buf_printf(b, "%" PRId64 "\n",
			    part_figure(m, id,
				freshness_age(stamp->fetched_boot, clock_boot())));
		}
}

/* In seconds from now; what is due is not late by less than a cycle. */
void
metrics_put_next_try(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	struct ledger l;
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++) {
		if (!ledger_read(m->segment, i, &l) || l.next_try == 0)
			continue;
		metrics_put_sample(b, id, m->config->category[i].name, NULL);
		metrics_put_seconds(b, l.next_try > now ? l.next_try - now : 0);
	}
}

/* Calls put for each document of which something is known. */
static void
each_document(const struct metrics *m, enum metric_id id, struct buf *b,
    void (*put)(
	struct buf *, enum metric_id, const char *, const struct ledger_document *))
{
	struct ledger l;
	unsigned i, k;

	for (i = 0; i < m->config->ncategories; i++) {
		if (!ledger_read(m->segment, i, &l))
			continue;
		for (k = 0; k < l.ndocuments; k++)
			put(b, id, m->config->category[i].name, &l.document[k]);
	}
}

static void
put_document_age(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_document *d)
{
	if (d->fetched_wall == 0)
		return;
	metrics_put_sample(b, id, category, d->name);
	metrics_put_count(b, (uint64_t)freshness_age(d->fetched_boot, clock_boot()));
}

void
metrics_put_document_ages(const struct metrics *m, enum metric_id id, struct buf *b)
{
	each_document(m, id, b, put_document_age);
}

static void
put_document_state(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_document *d)
{
	unsigned state;

	for (state = LEDGER_UNTRIED + 1; state < LEDGER_STATES; state++) {
		const char *const values[METRIC_LABELS] = { category, d->name,
			ledger_state_name((enum ledger_state)state) };

		metrics_put_sample_of(b, id, "", values);
		metrics_put_count(b, d->state == state);
	}
}

void
metrics_put_document_states(const struct metrics *m, enum metric_id id, struct buf *b)
{
	each_document(m, id, b, put_document_state);
}

static void
put_document_error(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_document *d)
{
	const struct ledger_error *e = &d->error;
	const char *const values[METRIC_LABELS] = { category, d->name, e->host,
		host_code_name(host_code_of((int)e->status)) };

	if (e->wall == 0)
		return;
	metrics_put_sample_of(b, id, "", values);
	metrics_put_seconds(b, e->wall);
}

void
metrics_put_document_errors(const struct metrics *m, enum metric_id id, struct buf *b)
{
	each_document(m, id, b, put_document_error);
}

static void
put_gate_entries(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_document *d)
{
	const char *const good[METRIC_LABELS] = { category, d->name, "good" };
	const char *const refused[METRIC_LABELS] = { category, d->name, "refused" };

	if (d->gate.known != 0) {
		metrics_put_sample_of(b, id, "", good);
		metrics_put_count(b, d->gate.good_count);
	}
	if (d->gate.seen != 0) {
		metrics_put_sample_of(b, id, "", refused);
		metrics_put_count(b, d->gate.doubted_count);
	}
}

static void
put_gate_sample(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_document *d)
{
	if (id == METRIC_GATE_ENTRIES) {
		put_gate_entries(b, id, category, d);
		return;
	}
	metrics_put_sample(b, id, category, d->name);
	metrics_put_count(
	    b, id == METRIC_GATE_REFUSED ? d->gate.seen != 0 : d->gate.seen);
}

void
metrics_put_gates(const struct metrics *m, enum metric_id id, struct buf *b)
{
	each_document(m, id, b, put_gate_sample);
}
