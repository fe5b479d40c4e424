/* Forking the process of a slot. Supervisor only. */
#ifndef SUPERVISOR_FORK_H
#define SUPERVISOR_FORK_H

#include <sys/types.h>

#include "base/attr.h"
#include "supervisor/children.h"

/* Forks the child, with the sockets and the log that its role needs. Returns its pid,
 * and sets its channel, or -1 with errno. */
pid_t fork_child(const struct children *, struct child *) MUST_CHECK;

#endif
