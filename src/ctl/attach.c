/* Finding the segment, and telling why it is not to be had. */
#include "ctl/attach.h"

#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/buf.h"
#include "base/log_text.h"
#include "base/pidfile.h"
#include "config/config.h"
#include "shm/segment.h"
#include "terms/category.h"

#define SHM_DIRECTORY "/dev/shm" /* where shm_open(3) keeps its names on Linux */

static void
on_sigbus(int signo UNUSED)
{
	static const char line[] =
	    "hydratorctl: the shared memory was cut short while it was read: the "
	    "daemon has not done that; restart it\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) == -1) {
	}
	_exit(CTL_NOT_SERVING);
}

/* The group of a file, in words. */
static void
group_name(const char *path, char *name, size_t size)
{
	struct group *g;
	struct stat st;

	strlcpy(name, "?", size);
	if (stat(path, &st) == -1)
		return;
	if ((g = getgrgid(st.st_gid)) != NULL)
		strlcpy(name, g->gr_name, size);
	else
		snprintf(name, size, "%u", (unsigned)st.st_gid);
}

/* Of a daemon that runs, but whose name leads nowhere; 0: none does. */
static pid_t
daemon_pid(const struct ctl *ctl)
{
	pid_t pid;
	int process;

	if (ctl->config == NULL || ctl->config->pidfile[0] == '\0')
		return 0;
	if ((process = pidfile_find(ctl->config->pidfile, &pid)) == -1)
		return 0;
	close(process);
	return pid;
}

static int
attach_miss(const struct ctl *ctl, char *err, size_t errlen)
{
	pid_t pid = daemon_pid(ctl);

	if (pid != 0) {
		snprintf(err, errlen,
		    "hydratord runs (pid %d), but its shared memory " SHM_DIRECTORY
		    "%s is not there: somebody has removed it, or the file and the "
		    "daemon name different ones (-n NAME); a reload makes it anew",
		    (int)pid, ctl->name);
		return CTL_DEGRADED;
	}
	snprintf(err, errlen,
	    "hydratord is not running: there is no shared memory " SHM_DIRECTORY "%s%s",
	    ctl->name,
	    ctl->config_error != NULL
		? ", and the configuration, which may name another, cannot be read"
		: "");
	return CTL_NOT_RUNNING;
}

static int
attach_fail(const struct ctl *ctl, int error, const char *magic, struct attached *a,
    char *err, size_t errlen)
{
	char path[sizeof(SHM_DIRECTORY) + NAME_MAX], group[64];

	snprintf(path, sizeof(path), SHM_DIRECTORY "%s", ctl->name);
	switch (error) {
	case ENOENT:
		return attach_miss(ctl, err, errlen);
	case EACCES:
	case EPERM:
		group_name(path, group, sizeof(group));
		snprintf(err, errlen,
		    "no right to look into %s: be root, or in the group %s", path,
		    group);
		return CTL_NO_RIGHT;
	case EPROTO:
		a->foreign = true;
		snprintf(err, errlen,
		    "%s is of layout %s, and this program reads %s: another version "
		    "runs (%s); use its hydratorctl, or restart it with this one",
		    path, magic, segment_layout(), PACKAGE_VERSION);
		return CTL_NOT_SERVING;
	case ELOOP:
		snprintf(err, errlen,
		    "%s is a symbolic link, which is not followed: hydratord makes "
		    "none; see who has, and restart the daemon, which replaces it",
		    path);
		return CTL_NOT_SERVING;
	case ESRCH:
		snprintf(err, errlen,
		    "%s is no shared memory of hydratord, or damaged: restart the "
		    "daemon",
		    path);
		return CTL_NOT_SERVING;
	default:
		snprintf(err, errlen, "%s: %s", path, strerror(error));
		return CTL_NOT_SERVING;
	}
}

int
attach_try(const struct ctl *ctl, struct attached *a, char *err, size_t errlen)
{
	struct sigaction action = { .sa_handler = on_sigbus };
	char magic[SEGMENT_MAGIC_SIZE] = "";

	*a = (struct attached){ 0 };
	if (segment_look_whole(ctl->name, &a->segment, magic) == -1)
		return attach_fail(ctl, errno, magic, a, err, errlen);
	sigaction(SIGBUS, &action, NULL);
	a->supervisor = segment_supervisor(a->segment);
	a->alive = segment_is_held(a->segment);
	return 0;
}

int
attach_open(const struct ctl *ctl, struct attached *a)
{
	char message[ATTACH_MESSAGE];
	int status = attach_try(ctl, a, message, sizeof(message));

	if (status != 0) {
		fprintf(stderr, "hydratorctl: %s\n", message);
		if (ctl->config_error != NULL)
			fprintf(stderr, "hydratorctl: %s\n", ctl->config_error);
	}
	return status;
}

void
attach_close(struct attached *a)
{
	segment_close(&a->segment);
}

bool
attach_is_current(const struct attached *a)
{
	return segment_is_named(a->segment);
}

static void
tell_categories(const struct attached *a, const char *category)
{
	struct buf b = { 0 };
	unsigned i;

	for (i = 0; i < segment_ncategories(a->segment); i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "",
		    segment_category_name(a->segment, i));
	log_defuse(b.data, b.len);
	fprintf(stderr,
	    "hydratorctl: the daemon has no category %s; those that it has: %.*s\n",
	    category, (int)b.len, b.data);
	buf_free(&b);
}

int
attach_category(const struct attached *a, const char *category, unsigned *index)
{
	int found = segment_find_category(a->segment, category);

	if (found == -1) {
		tell_categories(a, category);
		return EX_USAGE;
	}
	*index = (unsigned)found;
	return 0;
}

static int
snapshot_fail(const char *category, const char *why)
{
	fprintf(stderr, "hydratorctl: %s: %s\n", category, why);
	return CTL_NOT_SERVING;
}

int
attach_snapshot(const struct attached *a, const char *category,
    struct snapshot **snapshot, const struct view_directory **directory)
{
	enum snapshot_verdict verdict;
	unsigned index;
	int known, status;

	if ((status = attach_category(a, category, &index)) != 0)
		return status;
	verdict = snapshot_take(a->segment, index, 0, snapshot);
	if (verdict == SNAPSHOT_EMPTY)
		return snapshot_fail(category, "nothing is published yet");
	if (verdict == SNAPSHOT_NOMEM)
		return snapshot_fail(category, strerror(errno));
	if (verdict != SNAPSHOT_FRESH)
		return snapshot_fail(category, "what is published is damaged");
	known = category_find(category, strlen(category));
	*directory = known == -1 ? NULL
				 : view_open((*snapshot)->data, (*snapshot)->len,
				       (enum category)known);
	if (*directory == NULL) {
		snapshot_release(snapshot);
		return snapshot_fail(
		    category, "what is published is of another version, or damaged");
	}
	return 0;
}
