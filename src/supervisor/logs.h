/* The log files: opened here, and passed down to children, which open none. Supervisor
 * only. */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct config;

bool logs_to(const struct config *, const char *target);

/* Opens the configured log. Returns 0, or -1 with a message for the operator in err:
 * the log is then the one it was. */
int logs_open(const struct config *, char *err, size_t errlen) MUST_CHECK;
/* The readers' access log: a descriptor, or -1 if there is none, or, after a line in
 * the log, if it cannot be opened. */
int logs_open_access(const struct config *) MUST_CHECK;
/* USR2: the log file anew; what fails is said in the old one. */
void logs_reopen(const struct config *);

#endif
