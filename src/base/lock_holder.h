/*
 * Whose lock of flock(2) it is. That a file is locked says nothing of a number that
 * stands in it: whoever writes that may name a process that has no part in it, and it
 * would get our signals. The kernel knows who has the lock. For tools.
 */
#ifndef BASE_LOCK_HOLDER_H
#define BASE_LOCK_HOLDER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/attr.h"

/*
 * Whether the process has a lock on the file that fd is open for, by a descriptor of
 * its own. Where its descriptors may not be looked at (it is not dumpable, or another
 * user's): whether no other process is known to have one. fd is not changed, and no
 * lock is taken. Hold the process (pidfd_open(2)) before it is asked.
 */
bool lock_holder_is(int fd, pid_t pid) MUST_CHECK;

#endif
