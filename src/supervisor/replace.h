/* Taking a running daemon's place without refusing a client. Runs before the new
 * daemon is one. */
#ifndef SUPERVISOR_REPLACE_H
#define SUPERVISOR_REPLACE_H

#include "base/attr.h"

struct config;

/*
 * Takes duplicates of the listening sockets of the supervisor that holds the lock on
 * c->pidfile, stops it, waits for its end, and leaves the sockets as a service manager
 * would pass them: descriptors from 3 on, and LISTEN_* in the environment. Who connects
 * meanwhile waits in their queues. Without the right to duplicate them (root has it)
 * they are opened anew, after a line that says so. Nobody who runs is nothing to do.
 * Returns 0, or -1 with a line on stderr: it does not end, even if it is killed.
 */
int replace_running(const struct config *c) MUST_CHECK;

#endif
