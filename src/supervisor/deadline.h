/* Deadlines that may be slept through. Supervisor only; pure. */
#ifndef SUPERVISOR_DEADLINE_H
#define SUPERVISOR_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* Deadlines are looked at once a second, and when one is due. One that is found further
 * past was slept through, by the machine (clock_boot() counts a suspend) or by a
 * supervisor that was stopped, and so it was by the process that it is for. */
#define DEADLINE_SEEN_IN_TIME (2 * NSEC_PER_SEC)
#define DEADLINE_GRACE (2 * NSEC_PER_SEC)

/* Whether *deadline is over at clock_boot() `now`. One that was slept through is put
 * off by DEADLINE_GRACE instead. */
bool deadline_is_over(int64_t *deadline, int64_t now);

#endif
