/* Whether a process still beats. Pure; supervisor only. */
#ifndef SUPERVISOR_PULSE_H
#define SUPERVISOR_PULSE_H

#include <stdint.h>

/* Zeroed for a process that has not beaten yet. */
struct pulse {
	int64_t beat;  /* the heartbeat that was seen last */
	int64_t quiet; /* nanoseconds that it has been the same */
};

/*
 * Takes the heartbeat as it is now, `passed` nanoseconds after the last look, and
 * returns for how long it has been the same. A look counts for two seconds at most: a
 * machine that slept, a clock that a test moved or a supervisor that was stopped must
 * not make its children look hung.
 */
int64_t pulse_look(struct pulse *, int64_t beat, int64_t passed);

#endif
