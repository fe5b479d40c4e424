/* From what a cycle holds to the ledger that everybody may read, and back. */
#include "hydrator/account.h"

#include <string.h>

#include "base/clock.h"
#include "hydrator/schedule.h"
#include "shm/ledger.h"
#include "shm/origin.h"
#include "terms/document.h"

_Static_assert(INPUT_MAX == LEDGER_DOCUMENTS, "a place for each document");

static void
gate_from_ledger(struct gate *g, const struct ledger_gate *l)
{
	g->known = l->known != 0;
	g->at_least = l->at_least != 0;
	g->good = (struct census){ .count = l->good_count, .names = l->good_names };
	g->doubted =
	    (struct census){ .count = l->doubted_count, .names = l->doubted_names };
	g->seen = l->seen;
	g->seen_at = l->seen_at;
	g->since = l->since;
}

static void
gate_to_ledger(const struct gate *g, struct ledger_gate *l)
{
	*l = (struct ledger_gate){
		.known = g->known,
		.at_least = g->at_least,
		.good_count = g->good.count,
		.good_names = g->good.names,
		.doubted_count = g->doubted.count,
		.doubted_names = g->doubted.names,
		.seen = g->seen,
		.seen_at = g->seen_at,
		.since = g->since,
	};
}

void
account_open(struct cycle *c)
{
	struct ledger *l = &c->ledger;
	uint64_t asked = l->refresh.asked; /* already of this process */
	size_t k;

	if (ledger_read(c->segment, c->latch, l)) {
		c->trouble.since = l->failing_since;
		memcpy(c->trouble.first, l->cause, sizeof(l->cause));
	}
	/* What the predecessor was in its fleet this one has to become. */
	l->fleet = (struct ledger_fleet){ 0 };
	l->phase = LEDGER_IDLE;
	l->phase_since = clock_boot();
	/* What the predecessor began and did not end is to be begun again. */
	l->refresh.begun = l->refresh.done;
	l->refresh.asked += asked;
	l->ndocuments = c->inputs.n;
	for (k = 0; k < c->inputs.n; k++) {
		ledger_put(l->document[k].name, sizeof(l->document[k].name),
		    document_name(INPUT_DOCUMENT(k)));
		if (l->document[k].gate.known)
			gate_from_ledger(&c->gate[k], &l->document[k].gate);
	}
}

static void
account_error(
    struct cycle *c, enum input_kind k, const char *url, int status, const char *why)
{
	struct ledger_error *e = &c->ledger.document[k].error;
	char host[ORIGIN_SIZE];

	e->boot = clock_boot();
	e->wall = clock_wall();
	e->status = status;
	ledger_put(e->host, sizeof(e->host), origin_of_url(url, host) ? host : "");
	ledger_put(e->text, sizeof(e->text), why);
}

static void
account_asked(struct ledger_document *d, const struct source_asked *a)
{
	if (a->wall == 0)
		return;
	d->place = a->place;
	d->status = (uint64_t)a->status;
	d->bytes = a->bytes;
	d->nsec = a->nsec;
	d->asked_wall = a->wall;
}

void
account_source(struct cycle *c, enum input_kind k, const struct source *s)
{
	const struct ledger_error *e = &c->ledger.document[k].error;
	struct input *i = &c->inputs.of[k];

	account_asked(&c->ledger.document[k], &s->asked);
	if (s->failed_url != NULL)
		account_error(c, k, s->failed_url, s->failed_status, s->failed);
	else if (source_is_unsent(s) && e->wall != 0) {
		strlcat(i->why, ", before that: ", sizeof(i->why));
		strlcat(i->why, e->text, sizeof(i->why));
	}
}

void
account_refused(struct cycle *c, enum input_kind k, const char *why)
{
	const struct input_document *d = inputs_current(&c->inputs, k);

	if (d != NULL)
		account_error(c, k, d->url, 0, why);
}

enum ledger_state
account_state(const struct input *i)
{
	static const enum ledger_state states[] = {
		[INPUT_GOOD] = LEDGER_GOOD,
		[INPUT_NOT_FETCHED] = LEDGER_NOT_FETCHED,
		[INPUT_NOT_ACCEPTED] = LEDGER_NOT_ACCEPTED,
		[INPUT_IMPLAUSIBLE] = LEDGER_IMPLAUSIBLE,
	};

	return states[i->fault];
}

static void
account_document(struct ledger_document *l, const struct input *i)
{
	l->state = account_state(i);
	/* Without one the answers are those of a predecessor, and so is the time. */
	if (i->good.held) {
		l->fetched_boot = i->good.fetched_boot;
		l->fetched_wall = i->good.fetched_wall;
	}
}

void
account_write(struct cycle *c)
{
	struct ledger *l = &c->ledger;
	size_t k;

	for (k = 0; k < c->inputs.n; k++) {
		account_document(&l->document[k], &c->inputs.of[k]);
		gate_to_ledger(&c->gate[k], &l->document[k].gate);
	}
	l->failing_since = c->trouble.since;
	memcpy(l->cause, c->trouble.first, sizeof(l->cause));
	ledger_write(c->segment, c->latch, l);
}

void
account_next(struct cycle *c, int64_t due)
{
	c->ledger.next_try = due == SCHEDULE_NEVER ? 0 : due;
	ledger_write(c->segment, c->latch, &c->ledger);
}
