/* What a start that failed leaves with, and how long the next one waits. Supervisor. */
#ifndef SUPERVISOR_FAILURE_H
#define SUPERVISOR_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct activation;

/*
 * The exit status for an errno: EX_CONFIG for what stays as it is until somebody
 * changes the configuration, a right or a directory, EX_TEMPFAIL for what may pass by
 * itself, EXIT_FAILURE for what nobody thought of. A service manager tries again for
 * all but the first.
 */
int failure_status(int error) MUST_CHECK;

/*
 * Before a process leaves with a status: the manager hears why, and forgets the sockets
 * that it keeps, for clients are better refused than left waiting for a start that may
 * be a minute away. After a stop, and where no start follows, failures are forgotten.
 * Returns for how many seconds failure_wait() is to put the next
 * start off: 0 after the first failure (keep_try()) and where no start follows.
 */
int64_t failure_put_off(
    int status, const char *why, struct activation *passed) MUST_CHECK;

/*
 * At a start, when there is a log: for how many seconds failure_wait() is to put it
 * off, because the process before this one has crashed, and not as the first
 * (keep_crash()). Said in the log and to the manager, which then forgets the sockets,
 * as above.
 */
int64_t failure_after_crash(struct activation *passed) MUST_CHECK;

/* Stays that long, or until TERM or INT, which must be blocked and is taken; returns
 * whether one came. Nothing else should be held meanwhile. */
bool failure_wait(int64_t delay);

#endif
