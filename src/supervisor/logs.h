/* The log files, for children that are not root. Supervisor only. */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct config;
struct privilege;

bool logs_to(const struct config *, const char *target);

/* Opens the configured log. Returns 0, or -1 with a message for the operator in err:
 * the log is then the one it was. */
int logs_open(const struct config *, char *err, size_t errlen) MUST_CHECK;
/* Under the lock: gives the log and the access log to the user; says what fails. */
void logs_give(const struct config *, const struct privilege *);
/* USR2: the log file anew; what fails is said in the old one. */
void logs_reopen(const struct config *, const struct privilege *);

#endif
