/* Opening the log files, and giving them away. */
#include "supervisor/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "proc/privilege.h"

bool
logs_to(const struct config *c, const char *target)
{
	return strcmp(c->log.target, target) == 0;
}

static void
logs_give_one(const struct privilege *p, const char *path)
{
	if (privilege_give(p, path) == -1)
		log_warn("cannot give %s to user \"%s\"", path, p->user);
}

/* The readers' file, made for them where only root may. If it cannot be made here, they
 * say what is wrong. */
static void
logs_give_access_log(const struct config *c, const struct privilege *p)
{
	const char *path = c->http.access_log;
	int fd;

	if (path[0] == '\0' || !p->drop)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd != -1)
		close(fd);
	logs_give_one(p, path);
}

/* The children write to logs that are opened, and rotated, by root. */
void
logs_give(const struct config *c, const struct privilege *p)
{
	if (!logs_to(c, "syslog") && !logs_to(c, "stderr"))
		logs_give_one(p, c->log.target);
	logs_give_access_log(c, p);
}

int
logs_open(const struct config *c, char *err, size_t errlen)
{
	if (log_open(c->log.target, c->log.level) == 0)
		return 0;
	snprintf(
	    err, errlen, "cannot open the log %s: %s", c->log.target, strerror(errno));
	return -1;
}

void
logs_reopen(const struct config *c, const struct privilege *p)
{
	if (log_reopen() == -1)
		log_warn(
		    "cannot reopen %s, still writing to the old file", c->log.target);
	logs_give(c, p);
}
