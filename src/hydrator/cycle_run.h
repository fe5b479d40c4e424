/* One cycle on its way: what the files of the cycle share. Private to them. */
#ifndef HYDRATOR_CYCLE_RUN_H
#define HYDRATOR_CYCLE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/pace.h"
#include "base/region.h"
#include "hydrator/cycle.h"
#include "hydrator/inputs.h"
#include "payload/view.h"
#include "records/document.h"
#include "records/report.h"
#include "shm/publish.h"
#include "shm/snapshot.h"
#include "terms/document.h"

/* What a source hands to cycle_accept(). */
struct cycle_look {
	enum document_kind kind;
	enum category category;
	struct document_form form; /* out: of the body that was accepted */
};

/* What one cycle holds. */
struct cycle_run {
	struct source sources[INPUT_MAX]; /* [nsources]: those that are fetched */
	struct cycle_look looks[INPUT_MAX];
	size_t nsources;
	struct region region; /* where the payload is rendered */
	struct buf rendered;
	struct snapshot *last; /* the last generation, if it is published again */
	const void *payload;   /* of either */
	struct pace pace;      /* of making it */
	size_t len;
	const struct view_directory *directory; /* of the payload */
	struct census census[DOCUMENT_MAX];     /* of what was rendered */
	bool judged;                            /* by the gate */
	struct snapshot_stamp stamp;
	int64_t begun, fetched; /* clock_boot() */
	const struct source_wait *wait;
	const struct memory *memory;
	bool short_of_memory; /* so the cycle was stopped */
};

/* Takes over, from the snapshot that a predecessor left, the parts that can still be
 * served and that the documents of this process do not give yet. Returns whether the
 * risk views are among them. */
bool cycle_carry_parts(const struct cycle *, struct cycle_run *);
/* Takes over the wanted forms of those bodies that are as they were. */
void cycle_carry_forms(const struct cycle *, struct cycle_run *);
/* Clients have what was published by now; what they take encoded follows as another
 * generation of the same age. */
void cycle_encode(struct cycle *, struct cycle_run *);
/* Publishes what was made, keeps what it was made of, logs and counts it; then makes
 * the other forms that are wanted and publishes them, too. The payload and its
 * directory are not to be used afterwards. */
enum cycle_result cycle_publish(struct cycle *, struct cycle_run *) MUST_CHECK;

#endif
