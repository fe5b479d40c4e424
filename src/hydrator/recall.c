/* Reading the latch as a reader does, once. */
#include "hydrator/recall.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "hydrator/modified.h"
#include "payload/encode.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "terms/part.h"

static void
recall_gate(struct gate *g, uint64_t count, bool at_least)
{
	if (g->known)
		return;
	g->known = true;
	g->at_least = at_least;
	g->good.count = count;
}

static void
recall_horde(struct cycle *c, const struct view_directory *d, bool has_workers)
{
	const struct with_stats_row *row =
	    (const void *)((const char *)d + d->with_stats.rows);
	bool status = false, stats = false, workers = false;
	uint32_t i, n = d->views[VIEW_WITH_STATS].nrows;

	for (i = 0; i < n; i++) {
		status |= row[i].worker_count > 0;
		stats |= row[i].usage_total[0] > 0 && row[i].usage_month[0] > 0;
		workers |= row[i].nworkers > 0;
	}
	recall_gate(&c->gate[INPUT_STATUS], status, true);
	recall_gate(&c->gate[INPUT_STATS], stats, true);
	if (has_workers)
		recall_gate(&c->gate[INPUT_WORKERS], workers, true);
}

void
recall(struct cycle *c)
{
	struct snapshot *s = NULL;
	const struct view_directory *d;

	if (snapshot_take(c->segment, c->latch, 0, &s) != SNAPSHOT_FRESH)
		return;
	if ((d = view_open(s->data, s->len, c->category)) != NULL) {
		modified_note(&c->modified, d);
		demand_note(&c->demand, payload_forms(d), clock_boot());
		recall_gate(&c->gate[INPUT_REFERENCE], d->typed_entries, false);
		if (d->views[VIEW_WITH_STATS].present) {
			recall_horde(
			    c, d, part_stamp_is_there(&s->stamp.part[PART_WORKERS]));
			c->recalled = s;
			c->recalled_directory = d;
			return;
		}
	}
	snapshot_release(&s);
}
