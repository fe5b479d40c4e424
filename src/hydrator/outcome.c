/* Success is a snapshot all of whose documents are new; what is less counts as failure
 * in a row, so that it is noticed while answers are still good. */
#include "hydrator/outcome.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "hydrator/note.h"
#include "records/report.h"
#include "terms/document.h"

static const enum input_fault implausible = INPUT_IMPLAUSIBLE;
static const enum input_fault not_fetched = INPUT_NOT_FETCHED;

/* One reason a cycle, the one that has most to say. */
static enum counter
outcome_reason(const struct inputs *in)
{
	if (inputs_faults(in, &implausible) > 0)
		return COUNTER_IMPLAUSIBLE;
	return inputs_faults(in, &not_fetched) > 0 ? COUNTER_NOT_FETCHED
						   : COUNTER_NOT_ACCEPTED;
}

/* Asking again at once would only bring confirmations closer together. */
static bool
outcome_can_wait(const struct inputs *in)
{
	return inputs_faults(in, &implausible) == inputs_faults(in, NULL);
}

static void
outcome_count(struct cycle *c, enum counter what, enum counter reason)
{
	counter_add(c->counters, what, 1);
	counter_add(c->counters, reason, 1);
	counter_raise(&c->counters->failures_in_row, 1);
}

/* In a key: the rest is a counter. */
#define OUTCOME_REASON (UINT64_C(1) << 63)

/* The same trouble has the same key, whatever the figures in its text, and whether the
 * rest of the documents was fetched beside it or had been before. */
static uint64_t
outcome_key(const struct cycle *c)
{
	uint64_t key = 0;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		const struct input *i = &c->inputs.of[k];
		bool there = inputs_current(&c->inputs, k) != NULL;
		/* Each answer like it brings it nearer to being believed. */
		uint64_t seen = i->fault == INPUT_IMPLAUSIBLE ? c->gate[k].seen : 0;

		key = key << 12 | (seen & 0xff) << 4 | (uint64_t)there << 3 | i->fault;
	}
	return key;
}

/* what is freed. */
static void
outcome_trouble(struct cycle *c, uint64_t key, struct buf *what)
{
	buf_putc(what, '\0');
	note_reason(c, what->data);
	trouble_note(&c->trouble, c->section->name, key, what->data);
	buf_free(what);
}

enum cycle_result
outcome_failed(struct cycle *c, enum counter reason, const char *why)
{
	struct buf what = { 0 };

	outcome_count(c, COUNTER_REFRESH_FAILURES, reason);
	buf_printf(&what, " not refreshed: %s", why);
	outcome_trouble(c, OUTCOME_REASON | reason, &what);
	return CYCLE_FAILED;
}

enum cycle_result
outcome_too_large(struct cycle *c, const char *why)
{
	outcome_failed(c, COUNTER_PUBLISH_REJECTED, why);
	return CYCLE_NO_ROOM;
}

enum cycle_result
outcome_beyond_max(struct cycle *c, size_t len)
{
	char why[128];

	publisher_want(c->publisher, len);
	snprintf(why, sizeof(why),
	    "a snapshot of more than %zu bytes does not fit: that is as far as the "
	    "segment grows",
	    c->settings.payload_max);
	return outcome_too_large(c, why);
}

enum cycle_result
outcome_short_of_memory(struct cycle *c)
{
	char why[256];

	snprintf(why, sizeof(why),
	    "it takes %zu bytes of memory and more, hydration.max_memory is %zu: raise "
	    "that, or see which document has become so large",
	    memory_taken(c->memory), c->memory->limit);
	outcome_failed(c, COUNTER_SHORT_OF_MEMORY, why);
	return CYCLE_NO_ROOM;
}

enum cycle_result
outcome_without(struct cycle *c)
{
	struct buf what = { 0 };

	outcome_count(c, COUNTER_REFRESH_FAILURES, outcome_reason(&c->inputs));
	buf_puts(&what, " not refreshed: ");
	inputs_say_faults(&c->inputs, &what);
	outcome_trouble(c, outcome_key(c), &what);
	return outcome_can_wait(&c->inputs) ? CYCLE_REFUSED : CYCLE_FAILED;
}

/* Only if nothing else is wrong: what is must not be lost for that. */
enum cycle_result
outcome_idle(struct cycle *c)
{
	struct buf what = { 0 };

	buf_puts(&what, ": nobody may be asked: ");
	inputs_say_faults(&c->inputs, &what);
	if (c->trouble.since == 0) {
		outcome_trouble(c, outcome_key(c), &what);
		return CYCLE_IDLE;
	}
	buf_putc(&what, '\0');
	note_reason(c, what.data);
	if (c->forced)
		log_info("%s%s", c->section->name, what.data);
	else
		log_debug("%s%s", c->section->name, what.data);
	buf_free(&what);
	return CYCLE_IDLE;
}

static enum cycle_result
outcome_partial(struct cycle *c)
{
	struct buf what = { 0 };

	outcome_count(c, COUNTER_REFRESHES_PARTIAL, outcome_reason(&c->inputs));
	counter_add(c->counters, COUNTER_REUSED_DOCUMENTS, inputs_reused(&c->inputs));
	buf_puts(&what, ": ");
	inputs_say_ages(&c->inputs, clock_boot(), &what);
	outcome_trouble(c, outcome_key(c), &what);
	return outcome_can_wait(&c->inputs) ? CYCLE_REFUSED : CYCLE_REUSED;
}

enum cycle_result
outcome_published(struct cycle *c)
{
	struct counters *k = c->counters;

	if (inputs_faults(&c->inputs, NULL) > 0)
		return outcome_partial(c);
	trouble_over(&c->trouble, c->section->name);
	counter_add(k, COUNTER_REFRESHES, 1);
	atomic_store_explicit(&k->last_success, clock_boot(), memory_order_relaxed);
	atomic_store_explicit(
	    &k->last_success_wall, clock_wall(), memory_order_relaxed);
	atomic_store_explicit(&k->failures_in_row, 0, memory_order_relaxed);
	return CYCLE_PUBLISHED;
}

void
outcome_passed(const struct cycle *c, enum input_kind k, const struct census *census,
    enum gate_verdict verdict)
{
	char count[64];

	gate_count(INPUT_DOCUMENT(k), census, count, sizeof(count));
	log_warnx("%s: %s is accepted with %s, down from %" PRIu64 ": %s",
	    c->section->name, document_name(INPUT_DOCUMENT(k)), count,
	    c->gate[k].good.count,
	    verdict == GATE_ORDERED ? "it was ordered" : "it came often enough");
}

void
outcome_gate(struct cycle *c)
{
	int64_t since = 0;
	unsigned documents = 0;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		if (c->gate[k].seen == 0)
			continue;
		documents |= 1u << INPUT_DOCUMENT(k);
		if (since == 0 || c->gate[k].since < since)
			since = c->gate[k].since;
	}
	atomic_store_explicit(&c->counters->refused,
	    COUNTERS_REFUSED(since / NSEC_PER_SEC, documents), memory_order_relaxed);
}
