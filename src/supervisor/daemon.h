/* Being the one daemon: the lock, and life in the background. Supervisor only. */
#ifndef SUPERVISOR_DAEMON_H
#define SUPERVISOR_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct pidfh;

/* The lock that is the pid file. Zeroed: none. */
struct daemon_lock {
	struct pidfh *file; /* taken by this program; NULL */
	int adopted;        /* taken by an earlier one of this process; 0: none */
	bool left;          /* who had it before was killed: the file was there */
};

/* Opens /dev/null as each of descriptors 0 to 2 that is closed. Ends the process, which
 * has nowhere to say it, if that fails. */
void daemon_open_standard(void);

/*
 * Takes the lock that is the pid file (libbsd pidfile_open(3): flock(2), so a file
 * left by a dead daemon is no obstacle); its directory is made if only that is
 * missing. Everybody may read it. In the foreground the path may be "": there is no
 * lock then, and only segment.name keeps a second instance off. Returns 0, or -1 with a
 * message for the operator in err, and errno: EEXIST with "already running as pid N",
 * and nothing was touched.
 */
int daemon_lock(const char *path, bool foreground, struct daemon_lock *out, char *err,
    size_t errlen) MUST_CHECK;

/* Writes this process's pid, if there is a lock. Returns 0, or -1 with errno. */
int daemon_write_pid(const struct daemon_lock *) MUST_CHECK;

/* The descriptor that holds the lock; -1: none. It stays the lock's. */
int daemon_lock_descriptor(const struct daemon_lock *);

/* Removes the file, if it is still there, and lets the lock go. Returns 0, or -1 with
 * errno. */
int daemon_unlock(struct daemon_lock *, const char *path) MUST_CHECK;

/*
 * Goes into the background. The calling process stays until its child has called
 * daemon_up() or has ended, and exits with 0 or with the child's status: what started
 * the daemon knows whether it serves. Returns in the child, the leader of a new
 * session, 0 and in *notify what daemon_up() needs, or -1 with errno; by then the
 * calling process has no descriptor of before but the standard ones.
 */
int daemon_fork(struct daemon_lock *, int *notify) MUST_CHECK;

/* In the background, before anything is forked: leaves the directory and the
 * terminal. keep_stderr: lines go there by configuration. Returns 0, or -1 with errno.
 */
int daemon_detach(bool keep_stderr) MUST_CHECK;

/* Lets the waiting process go; *notify becomes -1 (which it may be: in front). */
void daemon_up(int *notify);

#endif
