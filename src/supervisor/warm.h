/* Warm start: what an earlier run saved is published before anyone asks. */
#ifndef SUPERVISOR_WARM_H
#define SUPERVISOR_WARM_H

#include <stddef.h>

struct config;
struct privilege;
struct segment;

/* Supervisor: makes state_dir for the user of the children if only its last level is
 * missing. A failure is a warning: without it the next start is cold, no more. */
void warm_make_dir(const struct config *, const struct privilege *);

/* Supervisor: bytes of the largest saved snapshot by the sizes of the files, 0 if there
 * is none. */
size_t warm_need(const struct config *);

/*
 * Supervisor, before it forks who reads the segment: publishes each category's saved
 * snapshot with its true age, where the segment has none yet and
 * hydration.stale_if_error allows it to be served. One line in the log says what became
 * of each file; one that is damaged or foreign is set aside. Process slots are those of
 * a fresh segment: category i has slot i, whose last success becomes that of the
 * snapshot. Floors that were saved are raised in the table of hosts.
 */
void warm_load(struct segment *, const struct config *);

#endif
