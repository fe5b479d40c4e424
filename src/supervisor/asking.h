/*
 * Refreshes that readers ask for (http.admin_listen). A reader may have been taken
 * over, so the number of a category is all that is believed of it, and however often it
 * asks, each category is ordered to refresh once a second at most. What is asked for
 * earlier is ordered when that second is over, since it may be for what came after the
 * refresh had begun. Supervisor only.
 */
#ifndef SUPERVISOR_ASKING_H
#define SUPERVISOR_ASKING_H

#include <stdint.h>

#include "supervisor/children.h"
#include "supervisor/crew.h"

/* A child said CHANNEL_ASKED with that number, of a category of its configuration. */
void asking_hear(struct children *, const struct child *, uint64_t category);

/* Passes what readers of all crews have asked for on to the hydrators of the one that
 * serves, by name (NULL: later), and orders what is due at clock_boot() `now`. */
void asking_step(const struct crews *, struct crew *serving, int64_t now);

#endif
