/* Asking as the user, before it matters. */
#include "supervisor/rights.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/mem.h"
#include "config/config.h"
#include "proc/privilege.h"

#define SHM_DIR "/dev/shm"
#define MIB (1024.0 * 1024.0)

static const char *
user_of(const struct privilege *p)
{
	return p->drop ? p->user : "this user";
}

static int
rights_read(const struct privilege *p, const char *option, const char *path, char *err,
    size_t errlen)
{
	int saved;

	if (path[0] == '\0' || privilege_access(p, path, R_OK) == 0)
		return 0;
	saved = errno;
	snprintf(err, errlen, "%s: %s cannot read %s: %s", option, user_of(p), path,
	    strerror(saved));
	errno = saved;
	return -1;
}

int
rights_check(
    const struct config *c, const struct privilege *p, char *err, size_t errlen)
{
	if (rights_read(
		p, "upstream.apikey_file", c->upstream.apikey_file, err, errlen) == -1)
		return -1;
	if (rights_read(
		p, "redis.password_file", c->redis.password_file, err, errlen) == -1)
		return -1;
	if (rights_read(p, "http.admin_token_file", c->http.admin_token_file, err,
		errlen) == -1)
		return -1;
	return rights_read(p, "upstream.ca_file", c->upstream.ca_file, err, errlen);
}

/* A file that is there, or can be made there. Returns 0, or -1 with errno. */
static int
rights_write(const struct privilege *p, const char *path)
{
	char *dir, *slash;
	int r;

	if (privilege_access(p, path, W_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	dir = xstrdup(path);
	if ((slash = strrchr(dir, '/')) != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	r = privilege_access(p, slash != NULL ? dir : ".", W_OK | X_OK);
	free(dir);
	return r;
}

static bool
rights_judge_log(
    const struct privilege *p, const char *option, const char *path, const char *then)
{
	if (path[0] != '/' || rights_write(p, path) == 0)
		return true;
	journal_tell(LOG_ERR, "hydratord: %s: %s cannot write %s: %s: %s", option,
	    user_of(p), path, strerror(errno), then);
	return false;
}

/* The unit and the init script make it; a start makes the last directory of the path.
 */
static void
rights_judge_state(const struct config *c, const struct privilege *p)
{
	const char *dir = c->state_dir;
	int r;

	if (dir[0] == '\0')
		return;
	r = privilege_access(p, dir, W_OK | X_OK);
	if (r == -1 && errno == ENOENT && p->drop)
		r = rights_write(&(struct privilege){ 0 }, dir);
	else if (r == -1 && errno == ENOENT)
		r = rights_write(p, dir);
	if (r == -1)
		journal_tell(LOG_WARNING,
		    "hydratord: warning: state_dir: %s cannot write in %s: %s: nothing "
		    "will "
		    "survive a "
		    "restart",
		    user_of(p), dir, strerror(errno));
}

bool
rights_room(const struct config *c, char *line, size_t size)
{
	double most = 2.0 * (double)c->ncategories * (double)c->segment.capacity;
	struct statvfs fs;
	double total, room;

	if (statvfs(SHM_DIR, &fs) == -1) {
		snprintf(line, size, "%s: %s", SHM_DIR, strerror(errno));
		return false;
	}
	total = (double)fs.f_blocks * (double)fs.f_frsize;
	room = (double)fs.f_bavail * (double)fs.f_frsize;
	if (fs.f_blocks == 0 || most <= total)
		return true;
	snprintf(line, size,
	    "segment.capacity: up to %.1f MiB are more than " SHM_DIR
	    " has (%.1f MiB, %.1f free): a snapshot that finds no room is not "
	    "published; make that larger, or this smaller",
	    most / MIB, total / MIB, room / MIB);
	return false;
}

static void
rights_judge_room(const struct config *c)
{
	char line[512];

	if (!rights_room(c, line, sizeof(line)))
		journal_tell(LOG_WARNING, "hydratord: warning: %s", line);
}

/* sd_booted(3) */
static bool
machine_has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

bool
rights_judge(const struct config *c, const struct privilege *p, const char *path)
{
	/* The unit starts the supervisor as the user, the init script as root. */
	bool all = p->drop && machine_has_systemd(), good = true;
	struct privilege starter = all ? *p : (struct privilege){ 0 };
	char err[1024];

	if (all && rights_read(p, "the configuration", path, err, sizeof(err)) == -1) {
		journal_tell(
		    LOG_ERR, "hydratord: %s: the unit's service would not start", err);
		good = false;
	}
	if (rights_check(c, p, err, sizeof(err)) == -1) {
		journal_tell(LOG_ERR, "hydratord: %s", err);
		good = false;
	}
	if (!rights_judge_log(
		&starter, "log.target", c->log.target, "a start would be refused"))
		good = false;
	(void)rights_judge_log(
	    &starter, "http.access_log", c->http.access_log, "no lines would be kept");
	rights_judge_state(c, p);
	rights_judge_room(c);
	return good;
}
