/* Counting orders, so that whoever sent one knows when his has ended. */
#include "hydrator/refresh.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "shm/cycles.h"
#include "shm/ledger.h"

/* Told at once: a stop may be the next order. Before cycle_open() there is no ledger
 * yet. */
void
refresh_ask(struct cycle *c)
{
	c->ledger.refresh.asked++;
	if (c->fetcher != NULL)
		ledger_write(c->segment, c->latch, &c->ledger);
}

bool
refresh_is_open(const struct cycle *c)
{
	return c->ledger.refresh.asked != c->ledger.refresh.done;
}

void
refresh_begin(struct cycle *c)
{
	struct ledger_refresh *r = &c->ledger.refresh;

	r->begun = r->asked;
	c->refresh_begun = clock_boot();
}

static void
refresh_tell(struct cycle *c, enum ledger_outcome outcome, const char *text)
{
	struct ledger_refresh *r = &c->ledger.refresh;

	r->done = r->begun;
	r->begun_boot = c->refresh_begun;
	r->outcome = outcome;
	ledger_put(r->text, sizeof(r->text), text);
	ledger_write(c->segment, c->latch, &c->ledger);
}

void
refresh_end(struct cycle *c, enum cycle_result result)
{
	const struct cycles_brief *b = &c->note.brief;
	char text[LEDGER_TEXT_SIZE];

	if (result == CYCLE_STOPPED ||
	    c->ledger.refresh.done == c->ledger.refresh.begun)
		return;
	if (result != CYCLE_PUBLISHED) {
		refresh_tell(c, LEDGER_UNREFRESHED, c->note.reason);
		return;
	}
	snprintf(text, sizeof(text),
	    "%s%" PRIu32 " models, %" PRIu32 " skipped, %" PRIu64
	    " bytes, generation %" PRIu64,
	    b->result == CYCLES_UNCHANGED ? "unchanged, " : "", b->models, b->skipped,
	    b->bytes, b->generation);
	refresh_tell(c, LEDGER_REFRESHED, text);
}

void
refresh_elsewhere(struct cycle *c, const char *leader)
{
	char text[LEDGER_TEXT_SIZE];

	refresh_begin(c);
	if (leader[0] != '\0')
		snprintf(text, sizeof(text), "passed on to the leader %s", leader);
	else
		snprintf(text, sizeof(text), "passed on to whoever will lead");
	refresh_tell(c, LEDGER_PASSED_ON, text);
}
