/* One cycle: fetch the documents of a category, judge, render, publish. Hydrators. */
#ifndef HYDRATOR_CYCLE_H
#define HYDRATOR_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "base/attr.h"
#include "config/config.h"
#include "hydrator/baselines.h"
#include "hydrator/demand.h"
#include "hydrator/evidence.h"
#include "hydrator/gate.h"
#include "hydrator/inputs.h"
#include "hydrator/memory.h"
#include "hydrator/modified.h"
#include "hydrator/skips.h"
#include "hydrator/trouble.h"
#include "shm/counters.h"
#include "shm/cycles.h"
#include "shm/ledger.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "upstream/fetch.h"
#include "upstream/source.h"

/* Of a document that is ordered to be accepted (accept.h). */
struct cycle_accept {
	uint64_t before; /* what the good one held */
	bool passed;     /* the gate, for the order */
};

/* What cycles of one category share. The first group is borrowed. */
struct cycle {
	const struct config *config;
	const struct config_category *section;
	struct publisher *publisher;
	const struct segment *segment; /* where it publishes, */
	unsigned latch;                /* and in which latch */
	struct counters *counters;
	const struct memory *memory; /* NULL: as much as it takes */

	struct fetcher *fetcher;
	enum category category;
	struct analytics_settings settings;
	char *status_url; /* NULL: the category has no Horde documents */
	char *stats_url;
	char *workers_url;
	bool workers_missing; /* logged: their file: does not exist */
	struct skips skips;
	struct baselines baselines;
	struct inputs inputs;
	struct gate gate[INPUT_MAX]; /* recall() may fill in these two, too */
	struct cycle_accept accept[INPUT_MAX];
	struct trouble trouble;
	struct ledger ledger;      /* account.h: as it was written last */
	struct cycles_detail note; /* note.h: of this cycle, or the last one */
	int64_t unsent_wait; /* CYCLE_IDLE: nobody may be asked for so long, nanoseconds
			      */
	struct modified modified;
	struct evidence *evidence; /* borrowed; NULL: no history is kept */
	struct demand demand;      /* the owner looks at it once a second */
	size_t want; /* bytes that all that is made takes; 0: there is room */
	/* The snapshot that was found, if it has more than statistics, until one with
	 * all parts is published; recall() fills both in. The second is in the first.
	 */
	struct snapshot *recalled;
	const struct view_directory *recalled_directory;
	/* Set before a cycle. */
	bool forced;  /* somebody asked for it, and hears if nobody may be asked */
	bool changed; /* a local file of the reference has changed: fetch it */
	int64_t
	    fetch_since; /* clock_boot(): what was fetched since is not fetched again */
	int64_t refresh_begun; /* refresh.h: clock_boot() of the cycle for orders */

	uint64_t generation; /* last published by this process, 0: none */
};

enum cycle_result {
	CYCLE_PUBLISHED, /* all documents are new */
	CYCLE_REUSED,    /* published, but with old documents */
	CYCLE_REFUSED, /* published or not, only the gate stood in the way: no hurry */
	CYCLE_NO_ROOM, /* in the segment or in memory, for what was made: no hurry */
	CYCLE_FAILED,  /* the last snapshot stays */
	CYCLE_IDLE,    /* nobody may be asked now: it is as if there had been none */
	CYCLE_STOPPED, /* the wait's attend said so; nothing is published */
};

/* The caller has set the first group and zeroed the rest. Returns 0, or -1 with a
 * message in err. */
int cycle_open(struct cycle *, char *err, size_t errlen) MUST_CHECK;
/* Frees what cycle_open made; may be called after it failed. */
void cycle_close(struct cycle *);

/* Runs a whole cycle, keeps the counters and the ledger; what is less than
 * CYCLE_PUBLISHED is trouble (trouble.h). The wait's attend is called at least each
 * second that the processor gives us, while documents are fetched as well as while the
 * payload is made. */
enum cycle_result cycle_run(struct cycle *, const struct source_wait *) MUST_CHECK;

/*
 * Publishes what another machine made: a payload without encoded forms
 * (payload_identity), with the stamp that it has here; then the forms that are wanted.
 * The payload is the caller's, and changed. Returns 0, or -1 with why in err, to be put
 * behind its name: "is malformed".
 */
int cycle_adopt(struct cycle *, struct buf *payload, const struct snapshot_stamp *,
    const struct source_wait *, char *err, size_t errlen) MUST_CHECK;
/* Forgets the documents of former cycles, because the latch has newer ones' answers. */
void cycle_forget(struct cycle *);

#endif
