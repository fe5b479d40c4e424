/* Who is in each process slot, as the segment says it (shm/process.h). Supervisor only.
 */
#ifndef SUPERVISOR_SLOTS_H
#define SUPERVISOR_SLOTS_H

#include <stdint.h>

#include "shm/counters.h"
#include "shm/process.h"

struct child;
struct children;
struct segment;

/* A child's slot, after whatever happened to it. */
void slots_note(const struct children *, const struct child *);
/* The supervisor's own, the last one. state: CHILD_STARTING until clients are served,
 * then CHILD_READY, CHILD_DRAINING on the way down; born: clock_boot() of the daemon's
 * start. */
void slots_note_supervisor(struct segment *, enum child_state, int64_t born);
/* How a child died that is to be replaced; slots_note() must follow. */
void slots_count_death(struct child *, enum counter_death, int status);
/* What was counted of those that `to` replaces, its hydrators by category and its
 * readers by number, is added to its slots. Called once. */
void slots_carry(const struct children *from, struct children *to);

#endif
