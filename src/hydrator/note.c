/* One record a cycle, filled in while it runs. */
#include "hydrator/note.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "hydrator/account.h"
#include "shm/snapshot.h"
#include "terms/part.h"
#include "terms/preset.h"

static uint64_t *
note_span(struct cycles_brief *b, uint64_t phase)
{
	switch (phase) {
	case LEDGER_FETCH:
		return &b->fetch;
	case LEDGER_COMPUTE:
		return &b->compute;
	case LEDGER_PUBLISH:
		return &b->publish;
	case LEDGER_ENCODE:
		return &b->encode;
	default:
		return NULL;
	}
}

void
note_phase(struct cycle *c, enum ledger_phase phase)
{
	struct ledger *l = &c->ledger;
	uint64_t *span = note_span(&c->note.brief, l->phase);
	int64_t now = clock_boot();

	if (span != NULL)
		*span += (uint64_t)(now - l->phase_since);
	l->phase = phase;
	l->phase_since = now;
	ledger_write(c->segment, c->latch, l);
}

void
note_begin(struct cycle *c, enum ledger_phase phase)
{
	memset(&c->note, 0, sizeof(c->note));
	c->note.brief.begun = clock_wall();
	note_phase(c, phase);
}

void
note_source(struct cycle *c, enum input_kind k, const struct source *s)
{
	const struct source_asked *a = &s->asked;

	if (a->wall != 0)
		c->note.document[k] = (struct cycles_document){
			.place = (uint32_t)a->place,
			.status = (uint32_t)a->status,
			.asked = 1,
			.bytes = a->bytes,
			.nsec = (uint64_t)a->nsec,
		};
}

void
note_reason(struct cycle *c, const char *why)
{
	ledger_put(c->note.reason, sizeof(c->note.reason), why + strspn(why, ": "));
}

/* Of statistics, in a category that has no deletion risk. */
static int64_t
note_input_age(const struct view_directory *d, const struct snapshot_stamp *stamp)
{
	const struct part_stamp *p =
	    &stamp->part[d->views[VIEW_RISK].present ? PART_DELETION_RISK
						     : PART_STATISTICS];
	int64_t age = clock_boot() - p->fetched_boot;

	return part_stamp_is_there(p) && age >= 0 ? age : -1;
}

void
note_published(struct cycle *c, const struct view_directory *d, size_t len,
    const struct snapshot_stamp *stamp)
{
	const struct view *risk = &d->views[VIEW_RISK];
	struct cycles_brief *b = &c->note.brief;

	b->models = (uint32_t)d->typed_entries;
	b->skipped = d->skipped;
	b->bytes = len;
	b->input_age = note_input_age(d, stamp);
	if (!risk->present)
		return;
	b->at_risk = (uint32_t)risk->presets[PRESET_DELETION_CANDIDATES].matches;
	b->critical = (uint32_t)risk->presets[PRESET_CRITICAL].matches;
}

void
note_end(struct cycle *c, enum cycles_result result)
{
	struct cycles_brief *b = &c->note.brief;
	size_t k;

	note_phase(c, LEDGER_IDLE);
	b->result = result;
	if (b->bytes > 0)
		b->generation = snapshot_generation(c->segment, c->latch);
	for (k = 0; k < c->inputs.n; k++)
		c->note.document[k].state = account_state(&c->inputs.of[k]);
	cycles_note(c->segment, c->latch, &c->note);
}
