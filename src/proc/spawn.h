/* Forking a child and bringing it up. */
#ifndef PROC_SPAWN_H
#define PROC_SPAWN_H

#include <sys/types.h>

#include <stddef.h>

#include "base/attr.h"
#include "proc/child.h"

struct privilege;

/* A child to be; everything is borrowed and must live as long as the child. */
struct spawn {
	role_main_fn *main;
	const char *title;            /* "reader 0": process title and log prefix */
	struct child_context context; /* channel and supervisor are filled in */
	const struct privilege *privilege;
	/* The descriptors that it keeps, besides the standard ones, its channel, the
	 * segment and the log; all others are closed. */
	const int *keep;
	size_t nkeep;
};

/*
 * Supervisor: forks the child, which comes up by proc_child_init(), runs main and
 * exits with what that returns. Returns its pid and sets *channel to the supervisor's
 * end of its channel, or -1 with errno (EAGAIN: no more processes). All signals that
 * the supervisor reads must be blocked: a child must not get one before it has said
 * what it ignores.
 */
pid_t proc_spawn(struct spawn *, int *channel) MUST_CHECK;

#endif
