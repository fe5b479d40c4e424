/* What a start that failed leaves with. Supervisor. */
#ifndef SUPERVISOR_FAILURE_H
#define SUPERVISOR_FAILURE_H

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
 * be a minute away. Returns for how many seconds failure_wait() is to put the next
 * start off: 0 after the first failure (keep_try()) and where no start follows.
 */
int64_t failure_put_off(
    int status, const char *why, struct activation *passed) MUST_CHECK;

/* Stays that long, or until TERM or INT, which must be blocked. Nothing else should be
 * held meanwhile. */
void failure_wait(int64_t delay);

#endif
