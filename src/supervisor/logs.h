/* The log files: opened here, and passed down to children, which open none. Supervisor
 * only. */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct config;

/* Whether log.target is that word. */
bool logs_to(const struct config *, const char *target);

/* Opens the configured log; "auto" is decided now. Returns 0, or -1 with a message for
 * the operator in err: the log is then the one it was. */
int logs_open(
    const struct config *, bool foreground, char *err, size_t errlen) MUST_CHECK;
/* At a start, after logs_open(): on standard error, if its lines will not be heard. */
void logs_tell_of_silence(const struct config *, bool foreground);
/* Why there is no start: on standard error, for whoever waits, and in the log, unless
 * both are one journal, in which it stands once. */
void logs_tell_why(const char *err);
/* The readers' access log: a descriptor, or -1 if there is none, or, after a line in
 * the log, if it cannot be opened. */
int logs_open_access(const struct config *) MUST_CHECK;
/* USR2: the log file anew; what fails is said in the old one, and as a line in err,
 * which is else left alone. */
void logs_reopen(const struct config *, char *err, size_t errlen);

#endif
