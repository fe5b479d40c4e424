/*
 * What the service manager keeps for the next process, so that a restart neither
 * refuses a client nor tries again too soon: the listening sockets, and how many
 * processes have failed to start or crashed. Without a manager nothing is kept; what
 * was passed is given up just the same (replace.h passes as well). Supervisor only.
 */
#ifndef SUPERVISOR_KEEP_H
#define SUPERVISOR_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "supervisor/activation.h"
#include "supervisor/listener.h"

/*
 * After a start and each reload: the manager keeps every socket that is listened on,
 * and `passed` has a duplicate of each; those that are not listened on any more are
 * forgotten and closed. One that a socket unit made is the unit's, and left alone.
 */
void keep_sockets(
    struct activation *passed, const struct listeners listeners[LISTEN_KINDS]);

/*
 * Warns of each passed socket that nobody listens on, but for those that were kept. It
 * stays open: the manager holds it as well, so that closing it here would not refuse
 * its clients, and a reload may add its address. After a start and after each reload.
 */
void keep_warn_unserved(
    const struct activation *passed, const struct listeners listeners[LISTEN_KINDS]);

/* An address is in use, perhaps by one of these: the next try shall find them gone.
 * Returns how many were kept. A manager's own copies go a moment later. */
size_t keep_no_sockets(struct activation *passed);

/* The process ends as it was told to: the next failure or crash is the first. */
void keep_no_tries(struct activation *passed);

/* Readers answer: if the process does not call keep_no_tries() before it is gone, it
 * has crashed. healthy: it has been up for so long that this would be the first crash.
 */
void keep_up(struct activation *passed, bool healthy);

/*
 * A start has failed, for a reason that may pass. The manager tries again a second
 * after we are gone, so its delays grow by how long we stay: nothing for the first
 * failure, then 1, 2, 4, ... up to 60 s. Returns that, in seconds, and has the failure
 * counted.
 */
int64_t keep_try(struct activation *passed) MUST_CHECK;

/* At a start: if the process before this one has crashed, that is counted among the
 * failures, and how long this start is to be put off is returned as above; else 0. */
int64_t keep_crash(struct activation *passed) MUST_CHECK;

#endif
