/*
 * Whose pid file it is. pidfile_open(3bsd) and its kin write one and hold its lock; who
 * asks from outside gets the process here. A tool.
 */
#ifndef BASE_PIDFILE_H
#define BASE_PIDFILE_H

#include <sys/types.h>

#include "base/attr.h"

/* The process that holds the lock on the pid file at path: a pidfd (the caller's), and
 * its pid in *pid; -1 if there is none. */
int pidfile_find(const char *path, pid_t *pid) MUST_CHECK;

#endif
