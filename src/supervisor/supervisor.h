/* The supervisor: owns the lock, the segment, the listening sockets, the signals and
 * the children. It parses no upstream byte and no request. */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "proc/child.h"

struct config;
struct handover;

/* Loads and checks the configuration as config_load(); frees what it gave by
 * config_free(). */
typedef int supervisor_load_fn(
    const char *path, struct config **out, char *err, size_t errlen);

struct supervisor_start {
	const struct config *config; /* the one to start with, borrowed */
	supervisor_load_fn *load;    /* for each HUP */
	const char *path; /* its argument: absolute, for / is to be entered, its links
			   * not followed: each HUP looks where they lead then */
	role_main_fn *const *roles; /* each role's main function, by enum role */
	bool foreground;
	const char *program; /* what an upgrade starts: absolute */
	/* What an earlier program of this process left, which this one is to take the
	 * place of: config is the one that it ran by. NULL: this is a start. */
	struct handover *handover;
};

/*
 * The first line of main(): undoes what a starter may leave behind. Standard
 * descriptors that are closed are /dev/null, or a log, the segment or a socket would
 * get their numbers and everything that is printed (without /dev/null the process
 * ends). SIGCHLD is not ignored, or the kernel would reap children and not tell. From
 * here on signals wait until the supervisor reads them; those that stop, continue or
 * dump this process keep their meaning.
 */
void supervisor_set_up_process(void);

/*
 * Runs the daemon until it is told to stop. Returns the exit status: 0 (stopped by TERM
 * or INT), or, with a message on stderr and in the log, nothing left behind: 1,
 * EX_TEMPFAIL (75: an address in use, no room in /dev/shm; may work later) or EX_CONFIG
 * (78: needs another configuration). Not in front, the process that called it exits
 * itself as soon as the daemon serves.
 */
int supervisor_run(const struct supervisor_start *) MUST_CHECK;

#endif
