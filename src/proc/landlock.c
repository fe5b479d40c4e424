/* Rules about files. */
#include "proc/landlock.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)
#define TRUNCATE_VERSION 3
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)
#define SCOPE_VERSION 6

/* struct landlock_ruleset_attr as of SCOPE_VERSION; an older kernel knows the first. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* Nothing is ever cut off: of the segment the supervisor would die. */
#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define UPDATES (READS | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define KEEPS (UPDATES | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL                                                                            \
	(KEEPS | ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_EXECUTE |                     \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |             \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |               \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |             \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)
/* The kernel refuses a rule for a file that speaks of directories. */
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

static const uint64_t rights[] = {
	[LANDLOCK_READ] = READS,
	[LANDLOCK_UPDATE] = UPDATES,
	[LANDLOCK_KEEP] = KEEPS,
};

int
landlock_version(void)
{
	long n = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return n > 0 ? (int)n : 0;
}

void
landlock_open(struct landlock *l)
{
	struct ruleset_attr attr;
	int version = landlock_version();
	size_t size =
	    version < SCOPE_VERSION ? sizeof(attr.handled_access_fs) : sizeof(attr);

	l->handled = version < TRUNCATE_VERSION ? ALL & ~ACCESS_FS_TRUNCATE : ALL;
	attr = (struct ruleset_attr){
		.handled_access_fs = l->handled,
		.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
	};
	l->ruleset = version == 0
			 ? -1
			 : (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	l->error = errno;
}

void
landlock_allow_open(struct landlock *l, int fd, enum landlock_access access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights[access] & l->handled,
		.parent_fd = fd,
	};
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	/* What cannot be allowed stays refused. */
	(void)syscall(
	    SYS_landlock_add_rule, l->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* Cuts the last name off; "/" stays. */
static void
path_shorten(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == path)
		slash++;
	*slash = '\0';
}

void
landlock_allow(struct landlock *l, const char *path, enum landlock_access access)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1)
		return;
	landlock_allow_open(l, fd, access);
	close(fd);
}

/* The root would be all there is: of what stands in it the name itself, and what a link
 * leads to. */
static void
landlock_allow_directory_of(struct landlock *l, const char *path)
{
	char directory[PATH_MAX];

	if (strlcpy(directory, path, sizeof(directory)) >= sizeof(directory))
		return;
	path_shorten(directory);
	landlock_allow(l, directory[1] == '\0' ? path : directory, LANDLOCK_READ);
}

void
landlock_allow_source(struct landlock *l, const char *path)
{
	char at[PATH_MAX], real[PATH_MAX];
	struct stat st;

	if (path[0] != '/' || strlcpy(at, path, sizeof(at)) >= sizeof(at))
		return;
	landlock_allow_directory_of(l, path);
	/* Of what is missing glibc says the first name. */
	if (realpath(path, real) != NULL || errno == ENOENT)
		landlock_allow_directory_of(l, real);
	for (; at[1] != '\0'; path_shorten(at))
		if (lstat(at, &st) == 0 && S_ISLNK(st.st_mode))
			landlock_allow_directory_of(l, at);
}

int
landlock_enter(struct landlock *l)
{
	long r;
	int saved;

	if (l->ruleset == -1) {
		errno = l->error;
		return -1;
	}
	r = syscall(SYS_landlock_restrict_self, l->ruleset, 0);
	saved = errno;
	close(l->ruleset);
	errno = saved;
	return r == -1 ? -1 : 0;
}
