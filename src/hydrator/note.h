/* What the hydrator is doing, in its ledger (shm/ledger.h), and what came of it, in the
 * ring of cycles (shm/cycles.h). Hydrators. */
#ifndef HYDRATOR_NOTE_H
#define HYDRATOR_NOTE_H

#include <stddef.h>

#include "hydrator/cycle.h"
#include "hydrator/inputs.h"
#include "payload/view.h"
#include "shm/cycles.h"
#include "shm/ledger.h"
#include "upstream/source.h"

/* A cycle begins, with its first phase; or something that another machine has made is
 * about to be published. */
void note_begin(struct cycle *, enum ledger_phase);
/* Its next phase begins. A phase that is begun again goes on. */
void note_phase(struct cycle *, enum ledger_phase);
/* A document was looked for. */
void note_source(struct cycle *, enum input_kind, const struct source *);
/* Why it did not come to the best of ends, or whose work it is: as the log has it, but
 * for the category. Replaces what was said before. */
void note_reason(struct cycle *, const char *why);
/* A snapshot is published, with that stamp: len bytes of identity. */
void note_published(struct cycle *, const struct view_directory *, size_t len,
    const struct snapshot_stamp *);
/* It has ended so. */
void note_end(struct cycle *, enum cycles_result);

#endif
