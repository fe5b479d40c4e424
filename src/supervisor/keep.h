/*
 * What the service manager keeps for the next process, so that a restart neither
 * refuses a client nor tries again too soon: the listening sockets, and how often a
 * start has failed. Without a manager nothing is kept; what was passed is given up just
 * the same (replace.h passes as well). Supervisor only.
 */
#ifndef SUPERVISOR_KEEP_H
#define SUPERVISOR_KEEP_H

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
void keep_sockets(struct activation *passed, const struct listeners *http,
    const struct listeners *metrics);

/* An address is in use, perhaps by one of these: the next try shall find them gone.
 * Returns how many were kept. A manager's own copies go a moment later. */
size_t keep_no_sockets(struct activation *passed);

/* Readers answer: the next failure is the first. */
void keep_no_tries(struct activation *passed);

/*
 * A start has failed, for a reason that may pass. The manager tries again a second
 * after we are gone, so its delays grow by how long we stay: nothing for the first
 * failure, then 1, 2, 4, ... up to 60 s. Returns that, in seconds, and has the failure
 * counted.
 */
int64_t keep_try(struct activation *passed) MUST_CHECK;

#endif
