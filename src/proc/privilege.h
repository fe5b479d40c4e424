/* Giving up root. The supervisor looks the user up, its children become it. */
#ifndef PROC_PRIVILEGE_H
#define PROC_PRIVILEGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct privilege {
	bool drop; /* false: stay who we are */
	uid_t uid; /* whom the children run as, in any case */
	gid_t gid;
	char user[64];
};

/*
 * Supervisor, before it starts anything: whom its children are to become. Nobody else
 * (drop is false) if user is "" or the process is not root: only root can change.
 * Returns 0, or -1 with a message for the operator in err (no such user; a root that
 * lacks the capabilities(7) to change).
 */
int privilege_find(
    const char *user, struct privilege *out, char *err, size_t errlen) MUST_CHECK;

/*
 * Child: becomes the user for good, and proves that there is no way back; then, in any
 * case, that no program it might start has more rights (no_new_privs). Returns 0, or -1
 * with errno; the process must then not go on.
 */
int privilege_drop(const struct privilege *) MUST_CHECK;

/*
 * Any process: whether others of its user may trace it, open its /proc/PID/mem and look
 * into its descriptors (PR_SET_DUMPABLE), and whether it leaves a core: the kernel has
 * one word for both. Forked children inherit it; a change of user closes. Returns 0, or
 * -1 with errno.
 */
int privilege_open_to_user(bool open) MUST_CHECK;

/* Supervisor: gives a log file to the user, so that a child can open it anew after a
 * rotation. A symbolic link itself is given, not what it points to. Returns 0, or -1
 * with errno. */
int privilege_give(const struct privilege *, const char *path) MUST_CHECK;

/* Supervisor, and hydratord -t: access(2) as the user that privilege_drop() would make
 * of us, asked by a child that is waited for. Returns 0, or -1 with errno. */
int privilege_access(const struct privilege *, const char *path, int mode) MUST_CHECK;

#endif
