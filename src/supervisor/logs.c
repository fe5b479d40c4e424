/* Opening the log files. */
#include "supervisor/logs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"

bool
logs_to(const struct config *c, const char *target)
{
	return strcmp(c->log.target, target) == 0;
}

static void
logs_warn_of_directory(const char *path)
{
	if (!log_file_is_ours(path))
		log_warnx("others may put what they like in the place of %s: its "
			  "directory should be root's, and writable by nobody else",
		    path);
}

int
logs_open(const struct config *c, char *err, size_t errlen)
{
	int saved;

	if (log_open(c->log.target, c->log.level) == 0) {
		if (!logs_to(c, "syslog") && !logs_to(c, "stderr"))
			logs_warn_of_directory(c->log.target);
		return 0;
	}
	saved = errno;
	snprintf(err, errlen, "cannot open the log %s: %s", c->log.target,
	    saved == ENXIO ? "nobody reads this FIFO" : strerror(saved));
	errno = saved;
	return -1;
}

int
logs_open_access(const struct config *c)
{
	const char *path = c->http.access_log;
	int fd;

	if (path[0] == '\0')
		return -1;
	if ((fd = log_file_open(path)) == -1)
		log_warn("access log %s: no lines are kept", path);
	else
		logs_warn_of_directory(path);
	return fd;
}

void
logs_reopen(const struct config *c)
{
	if (log_reopen() == -1)
		log_warn(
		    "cannot reopen %s, still writing to the old file", c->log.target);
}
