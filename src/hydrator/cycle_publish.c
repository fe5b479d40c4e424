/* Identity first: what clients take encoded follows. */
#include "hydrator/cycle_run.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "hydrator/note.h"
#include "hydrator/outcome.h"
#include "payload/carry.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/part.h"

static bool
cycle_carries_risk(const struct cycle *c)
{
	struct snapshot_stamp stamp;
	const struct part_stamp *old;

	inputs_stamp(&c->inputs, &stamp);
	if (c->recalled == NULL || part_stamp_is_there(&stamp.part[PART_DELETION_RISK]))
		return false;
	old = &c->recalled->stamp.part[PART_DELETION_RISK];
	return part_stamp_is_there(old) &&
	       (clock_boot() - old->fetched_boot) / NSEC_PER_SEC <=
		   c->config->hydration.stale_if_error;
}

static bool
cycle_carries_workers(const struct cycle *c)
{
	struct snapshot_stamp stamp;

	inputs_stamp(&c->inputs, &stamp);
	return c->recalled != NULL &&
	       part_stamp_is_there(&stamp.part[PART_DELETION_RISK]) &&
	       !part_stamp_is_there(&stamp.part[PART_WORKERS]) &&
	       part_stamp_is_there(&c->recalled->stamp.part[PART_WORKERS]);
}

static void
cycle_stamp(const struct cycle *c, struct snapshot_stamp *stamp)
{
	inputs_stamp(&c->inputs, stamp);
	if (cycle_carries_risk(c))
		stamp->part[PART_DELETION_RISK] =
		    c->recalled->stamp.part[PART_DELETION_RISK];
	if (cycle_carries_risk(c) || cycle_carries_workers(c))
		stamp->part[PART_WORKERS] = c->recalled->stamp.part[PART_WORKERS];
	stamp->published_wall = clock_wall();
}

bool
cycle_carry_parts(const struct cycle *c, struct cycle_run *run)
{
	bool risk = cycle_carries_risk(c);

	if (risk)
		payload_carry_risk(&run->rendered, c->recalled_directory);
	else if (cycle_carries_workers(c))
		payload_carry_workers(&run->rendered, c->recalled_directory);
	return risk;
}

/* Bodies that are what they were keep their encoded forms. */
void
cycle_carry_forms(const struct cycle *c, struct cycle_run *run)
{
	size_t len = 0, room = segment_capacity(c->segment);
	const void *older = publisher_payload(c->publisher, &len);
	const struct view_directory *d = view_open(older, len, c->category);

	if (d != NULL && run->rendered.len <= room)
		payload_carry_forms(
		    &run->rendered, d, demand_forms(&c->demand, clock_boot()), room);
}

/* What was published is what later cycles are compared with. */
static void
cycle_keep(struct cycle *c, const struct cycle_run *run)
{
	struct snapshot_stamp own;
	size_t k;

	for (k = 0; k < c->inputs.n; k++)
		if (c->inputs.of[k].offered.held)
			gate_accept(&c->gate[k], &run->census[INPUT_DOCUMENT(k)]);
		else if (c->inputs.of[k].good.held && run->last == NULL)
			gate_measure(&c->gate[k], &run->census[INPUT_DOCUMENT(k)]);
	inputs_accept(&c->inputs);
	inputs_stamp(&c->inputs, &own);
	if (part_stamp_is_there(&own.part[PART_WORKERS]))
		snapshot_release(&c->recalled);
	modified_note(&c->modified, run->directory);
}

/* One that does not fit asks for a larger segment; from then on what fits in this one
 * is made. What is missing readers encode. */
void
cycle_encode(struct cycle *c, struct cycle_run *run)
{
	int64_t begun = clock_boot();
	uint32_t forms = demand_forms(&c->demand, begun);
	size_t len = run->len, max = c->settings.payload_max;
	char err[512];
	bool made;

	if (!payload_lacks_forms(run->directory, forms))
		return;
	note_phase(c, LEDGER_ENCODE);
	if (run->last != NULL) {
		buf_reset(&run->rendered);
		buf_add(&run->rendered, run->payload, run->len);
	}
	if (c->want > 0)
		max = segment_capacity(c->segment);
	made = payload_encode(&run->rendered, forms, max, &run->pace);
	counter_time(c->counters, COUNTER_ENCODE_NSEC, clock_boot() - begun);
	if (!made || run->rendered.len == len)
		return;
	if (publish(c->publisher, run->rendered.data, run->rendered.len, &run->stamp,
		&c->generation, err, sizeof(err)) == 0)
		log_debug("encoded %s: %zu bytes, %" PRId64 " ms, generation %" PRIu64,
		    c->section->name, run->rendered.len - len,
		    (clock_boot() - begun) / NSEC_PER_MSEC, c->generation);
	else if (errno == EFBIG)
		c->want = run->rendered.len;
	else
		log_debug("%s: without encoded bodies: %s", c->section->name, err);
	if (c->want > 0)
		publisher_want(c->publisher, c->want);
}

static int
cycle_deliver(struct cycle *c, struct cycle_run *run, char *err, size_t errlen)
{
	int64_t begun = clock_boot();
	int r = publish(c->publisher, run->payload, run->len, &run->stamp,
	    &c->generation, err, errlen);

	counter_time(c->counters, COUNTER_PUBLISH_NSEC, clock_boot() - begun);
	return r;
}

enum cycle_result
cycle_publish(struct cycle *c, struct cycle_run *run)
{
	enum cycle_result result;
	char err[512];

	note_phase(c, LEDGER_PUBLISH);
	cycle_stamp(c, &run->stamp);
	if (cycle_deliver(c, run, err, sizeof(err)) == -1)
		return errno == EFBIG
			   ? outcome_too_large(c, err)
			   : outcome_failed(c, COUNTER_PUBLISH_REJECTED, err);
	cycle_keep(c, run);
	counter_add(c->counters, COUNTER_SKIPPED_RECORDS, run->directory->skipped);
	if (run->last != NULL)
		counter_add(c->counters, COUNTER_REFRESHES_UNCHANGED, 1);
	log_info("hydrated %s: %s%" PRIu64 " models, %" PRIu32 " skipped, %zu bytes, "
		 "%" PRId64 " ms (%" PRId64 " ms fetching), generation %" PRIu64,
	    c->section->name, run->last != NULL ? "unchanged, " : "",
	    run->directory->typed_entries, run->directory->skipped, run->len,
	    (clock_boot() - run->begun) / NSEC_PER_MSEC,
	    (run->fetched - run->begun) / NSEC_PER_MSEC, c->generation);
	result = outcome_published(c);
	note_published(c, run->directory, run->len, &run->stamp);
	if (c->want > 0)
		publisher_want(c->publisher, c->want);
	cycle_encode(c, run);
	return result;
}
