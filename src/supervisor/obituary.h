/* What is said and counted of a dead child. Supervisor only. */
#ifndef SUPERVISOR_OBITUARY_H
#define SUPERVISOR_OBITUARY_H

#include <sys/types.h>

#include <stdint.h>

#include "shm/counters.h"
#include "supervisor/children.h"

/* How it died, from the state it was in and its wait(2) status. */
enum counter_death obituary_death(enum child_state before, int status);

/* The one line about a death: who, how, after how long, and what comes next. Called
 * after the transition, at clock_boot() `now`. */
void obituary(
    const struct child *, enum child_state before, pid_t, int status, int64_t now);

#endif
