/* Whether this program could come up, asked before it takes a daemon's place. A process
 * of its own; nothing of it runs in the daemon. */
#ifndef SUPERVISOR_REHEARSE_H
#define SUPERVISOR_REHEARSE_H

#include "base/attr.h"
#include "proc/child.h"

struct config;

/* Begins the line that a rehearsal ends with: the layout of the segment follows, then
 * the version. Whoever reads it is another version: for ever. */
#define REHEARSED "rehearsed "

/*
 * Makes a small segment without a name and one reader over it that listens nowhere,
 * waits until it says that it is ready, and has it stop: libraries, shared memory, the
 * user, the sandbox. Returns the exit status: 0 with the line on stdout, or 1 with the
 * reason on stderr.
 */
int rehearse(const struct config *, role_main_fn *const *roles) MUST_CHECK;

#endif
