/* Whether a process is alive, on a machine that may have no time for it. Supervisor
 * only. */
#ifndef SUPERVISOR_PULSE_H
#define SUPERVISOR_PULSE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* What the kernel says of a process's main thread. */
struct vitals {
	bool sleeps; /* or is stopped: it waits for something that is not the processor
		      */
	int64_t
	    ran; /* processor time it has had, nanoseconds; in steps of a clock tick */
};

/* Zeroed for a process that has not beaten yet. */
struct pulse {
	int64_t beat;  /* the heartbeat that was seen last */
	int64_t ran;   /* vitals.ran at the last look */
	int64_t quiet; /* nanoseconds of silence, see pulse_look() */
};

/* Reads them from proc(5). Returns 0, or -1 if the kernel does not tell: no such
 * process, or a /proc that hides it. */
int vitals_read(pid_t pid, struct vitals *out) MUST_CHECK;

/*
 * Takes the heartbeat as it is now, `passed` nanoseconds after the last look, and
 * returns how much silence there has been since it last changed. Of a process that
 * sleeps, time is silence; of one that could run, only the processor time that it got:
 * a machine that is busy elsewhere makes it late, not hung. A process that waits for a
 * disk (state D) is late, too; a signal could not end it. vitals NULL: unknown, all
 * time is silence.
 *
 * A look counts for two seconds at most: a machine that slept, a clock that a test
 * moved or a supervisor that was stopped must not make its children look hung. Pure.
 */
int64_t pulse_look(
    struct pulse *, int64_t beat, int64_t passed, const struct vitals *vitals);

#endif
