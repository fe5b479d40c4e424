/* What a start that failed leaves with. Supervisor. */
#ifndef SUPERVISOR_FAILURE_H
#define SUPERVISOR_FAILURE_H

#include "base/attr.h"

/*
 * The exit status for an errno: EX_CONFIG for what stays as it is until somebody
 * changes the configuration, a right or a directory, EX_TEMPFAIL for what may pass by
 * itself, EXIT_FAILURE for what nobody thought of. A service manager tries again for
 * all but the first.
 */
int failure_status(int error) MUST_CHECK;

#endif
