/*
 * Which files a process may still reach (landlock(7), Linux 5.13 and later). Beside the
 * filters of system calls, which see no paths: what is not allowed here fails with
 * EACCES. A process under it cannot trace one that is not, and since Linux 6.12 neither
 * signal one nor reach one by an abstract socket. Hydrators.
 */
#ifndef PROC_LANDLOCK_H
#define PROC_LANDLOCK_H

#include <stdint.h>

#include "base/attr.h"

enum landlock_access {
	LANDLOCK_READ,   /* files, and lists of directories */
	LANDLOCK_UPDATE, /* and write to files that are there, but cut none off */
	LANDLOCK_KEEP,   /* and make, rename and remove files */
};

struct landlock {
	int ruleset; /* -1: there is no Landlock */
	int error;   /* why, an errno */
	uint64_t handled;
};

/* What the kernel knows: 1 and more; 0: no Landlock. Any process. */
int landlock_version(void) MUST_CHECK;

/* Begins: nothing is allowed yet, and nothing in force. */
void landlock_open(struct landlock *);
/* Allows a directory with all that is in it now and later, or a file; a path that leads
 * nowhere allows nothing. */
void landlock_allow(struct landlock *, const char *path, enum landlock_access);
/* Allows the file behind a descriptor, to be opened once more by /proc/self/fd. */
void landlock_allow_open(struct landlock *, int fd, enum landlock_access);
/*
 * Allows to read a file that may be replaced, also by a link on the way to it that is
 * made to point elsewhere: the directories that hold the file and each such link, as
 * they are now. Where the way to it leads nowhere yet, the last directory of the way
 * that exists. Never the root: of what stands there the name alone, with what it is
 * now. path is absolute, or "": nothing.
 */
void landlock_allow_source(struct landlock *, const char *path);
/* Puts it in force for this process, for good, and frees what landlock_open() took.
 * Needs no_new_privs. Returns 0, or -1 with errno (ENOSYS: the kernel has none,
 * EOPNOTSUPP: it is off, EPERM: a filter of the service manager). */
int landlock_enter(struct landlock *) MUST_CHECK;

#endif
