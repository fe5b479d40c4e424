/* The end of all crews (reload.h). Supervisor only. */
#ifndef SUPERVISOR_RELIEF_H
#define SUPERVISOR_RELIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/life.h"

struct reload;

/*
 * Tells all crews to stop (LIFE_STOP) or to hurry (LIFE_HURRY), for good. held: others
 * hold the listening sockets, so that who connects from now on waits for a successor.
 * Lest that be until the slowest client has its answer, readers of a crew of its own
 * serve until the former ones have left, and are then given two seconds to do so too.
 */
void relief_stop(struct reload *, enum life_event, bool held);

/* While they stop: what is due at clock_boot() `now`. */
void relief_step(struct reload *, int64_t now);

#endif
