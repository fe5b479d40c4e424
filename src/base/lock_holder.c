/* Lines of locks, as proc_pid_fdinfo(5) and proc_locks(5) have them:
 * "lock:\t1: FLOCK  ADVISORY  WRITE 25295 00:1b:54667 0 EOF". */
#include "base/lock_holder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 64

/* Whether the line is of a lock of flock(2) on the file; *pid: who took it. */
static bool
line_is_of(const char *line, const struct stat *st, pid_t *pid)
{
	const char *at = strstr(line, "FLOCK ");
	unsigned major, minor;
	uint64_t inode;
	int taker;

	if (at == NULL || sscanf(at, "FLOCK %*s %*s %d %x:%x:%" SCNu64, &taker, &major,
			      &minor, &inode) != 4)
		return false;
	*pid = taker;
	return makedev(major, minor) == st->st_dev && inode == st->st_ino;
}

static bool
descriptor_has_lock(pid_t pid, const char *number, const struct stat *st)
{
	char path[PATH_SIZE], line[256];
	bool found = false;
	pid_t taker;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.10s", (int)pid, number);
	if ((f = fopen(path, "re")) == NULL)
		return false; /* closed meanwhile */
	/* Who took it may be gone: a daemon's parent, before the fork. */
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strncmp(line, "lock:", 5) == 0 && line_is_of(line, st, &taker);
	fclose(f);
	return found;
}

/* Of the whole system. Those that were taken by a process that is gone are not shown,
 * so that none is found is no proof. */
static bool
others_have_lock(pid_t pid, const struct stat *st)
{
	bool own = false, others = false;
	char line[256];
	pid_t taker;
	FILE *f;

	if ((f = fopen("/proc/locks", "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		if (line_is_of(line, st, &taker)) {
			own |= taker == pid;
			others |= taker != pid;
		}
	fclose(f);
	return others && !own;
}

bool
lock_holder_is(int fd, pid_t pid)
{
	char path[PATH_SIZE];
	struct dirent *e;
	bool found = false;
	struct stat st;
	DIR *d;

	if (fstat(fd, &st) == -1)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	if ((d = opendir(path)) == NULL)
		return !others_have_lock(pid, &st);
	while (!found && (e = readdir(d)) != NULL)
		found = e->d_name[0] != '.' && descriptor_has_lock(pid, e->d_name, &st);
	closedir(d);
	return found;
}
