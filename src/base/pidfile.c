/* The number may be another process's by now, the lock cannot. */
#include "base/pidfile.h"

#include <sys/file.h>
#include <sys/pidfd.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lock_holder.h"

/* The pid in the file; 0: none, it is about to be written or was never a pid file. */
static pid_t
pidfile_pid(int fd)
{
	char text[16];
	const char *bad;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	pid_t pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	pid = (pid_t)strtonum(text, 1, INT_MAX, &bad);
	return bad == NULL ? pid : 0;
}

/* Tried only after the pid was found to be alive: the lock that is had for a moment
 * where it is free would be in the way of a start. */
static bool
pidfile_is_held(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
	flock(fd, LOCK_UN);
	return false;
}

/* The file is emptied and written anew under the lock, so a pid that is in it, alive,
 * while the lock is held, is the holder's; and one that is still there when we hold the
 * process is that process. But the lock on what a dead one has left may be anybody's
 * who may read it, and the pid a stranger's by now: the holder is asked for, too. */
int
pidfile_find(const char *path, pid_t *pid)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), process = -1;

	if (fd == -1)
		return -1;
	if ((*pid = pidfile_pid(fd)) != 0)
		process = pidfd_open(*pid, 0);
	if (process != -1 && (!pidfile_is_held(fd) || pidfile_pid(fd) != *pid ||
				 !lock_holder_is(fd, *pid))) {
		close(process);
		process = -1;
	}
	close(fd);
	return process;
}
