/* What a cycle came to: its counters, and its trouble or the end of it. Hydrators. */
#ifndef HYDRATOR_OUTCOME_H
#define HYDRATOR_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

#include "hydrator/cycle.h"
#include "hydrator/gate.h"
#include "hydrator/inputs.h"
#include "records/report.h"
#include "shm/counters.h"

/* The cycle failed, for a reason of ours: the counter of it, and a text. */
enum cycle_result outcome_failed(struct cycle *, enum counter reason, const char *why);
/* It failed for a snapshot that the segment has no room for: the supervisor makes a
 * larger segment, or says why it cannot. */
enum cycle_result outcome_too_large(struct cycle *, const char *why);
/* It failed for a snapshot that no segment may have room for. It was not completed: len
 * bytes of it are known. */
enum cycle_result outcome_beyond_max(struct cycle *, size_t len);
/* It was stopped, because it took too much memory: memory_is_short(). */
enum cycle_result outcome_short_of_memory(struct cycle *);
/* Nobody may be asked for any of its documents: it is no cycle, and not counted. An
 * order is answered by a line. */
enum cycle_result outcome_idle(struct cycle *);
/* It failed for its documents. */
enum cycle_result outcome_without(struct cycle *);
/* It published a snapshot of current documents. */
enum cycle_result outcome_published(struct cycle *);
/* The gate was passed by a document that is smaller than it lets pass by itself. */
void outcome_passed(
    const struct cycle *, enum input_kind, const struct census *, enum gate_verdict);
/* Tells readers what the gate refuses now. */
void outcome_gate(struct cycle *);

#endif
