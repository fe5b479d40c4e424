/*
 * The segment of a daemon that may be well, stopped, hung, dead or another version's.
 * It is mapped read-only and costs the daemon nothing: no signal, no lock that it waits
 * for, no page of it is written.
 */
#ifndef CTL_ATTACH_H
#define CTL_ATTACH_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/attr.h"
#include "ctl/ctl.h"
#include "payload/view.h"
#include "shm/snapshot.h"

struct segment;

struct attached {
	struct segment *segment; /* mapped whole, read-only */
	pid_t supervisor;        /* of its header */
	bool alive;              /* it runs: the lock on the segment is held */
	bool foreign; /* of attach_try() that failed: it is of another layout */
};

#define ATTACH_MESSAGE 512 /* enough for any */

/*
 * Attaches to the segment ctl->name. Returns 0, or an enum ctl_exit with the reason,
 * and what to do about it, on standard error: CTL_NOT_RUNNING (there is none),
 * CTL_DEGRADED (there is none, but the holder of the pid file runs), CTL_NO_RIGHT
 * (whose group may look), CTL_NOT_SERVING (another layout, with both versions;
 * damaged). A segment that a dead supervisor left is one: alive is false.
 *
 * From here on a file that is cut short under the mapping ends the program with a line
 * and CTL_NOT_SERVING instead of SIGBUS.
 */
int attach_open(const struct ctl *, struct attached *) MUST_CHECK;
/* The same, of which nothing is said: the reason goes to err. For those who look again
 * and again. */
int attach_try(
    const struct ctl *, struct attached *, char *err, size_t errlen) MUST_CHECK;
/* Unmaps; a second time is fine. */
void attach_close(struct attached *);

/* Whether the name still leads to this segment: a reload and a restart make another
 * one. */
bool attach_is_current(const struct attached *);

/* The number of a category, *index. Returns 0, or EX_USAGE with the categories that
 * there are on standard error. */
int attach_category(
    const struct attached *, const char *category, unsigned *index) MUST_CHECK;

/*
 * A copy of what a category has published, checked whole (view_open()): *snapshot is
 * the caller's, for snapshot_release(); *directory points into it. Returns 0, or an
 * exit status with the reason on standard error: EX_USAGE (there is no such category;
 * those there are), CTL_NOT_SERVING (nothing is published; damaged).
 */
int attach_snapshot(const struct attached *, const char *category,
    struct snapshot **snapshot, const struct view_directory **directory) MUST_CHECK;

#endif
