/* Opening the logs. */
#include "supervisor/logs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/journal.h"
#include "base/log.h"
#include "config/config.h"

bool
logs_to(const struct config *c, const char *target)
{
	return strcmp(c->log.target, target) == 0;
}

/* Of "auto". A daemon in the background has no standard error for long. */
static const char *
logs_target(const struct config *c, bool foreground)
{
	if (!logs_to(c, "auto"))
		return c->log.target;
	return !foreground || log_has_daemon() ? "syslog" : "stderr";
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
logs_open(const struct config *c, bool foreground, char *err, size_t errlen)
{
	const char *target = logs_target(c, foreground);
	int saved;

	if (log_open(target, c->log.level) == 0) {
		log_as_json(strcmp(c->log.format, "json") == 0);
		if (target[0] == '/')
			logs_warn_of_directory(target);
		return 0;
	}
	saved = errno;
	snprintf(err, errlen, "cannot open the log %s: %s", target,
	    saved == ENXIO ? "nobody reads this FIFO" : strerror(saved));
	errno = saved;
	return -1;
}

void
logs_tell_of_silence(const struct config *c, bool foreground)
{
	if (strcmp(logs_target(c, foreground), "syslog") == 0 && !log_has_daemon())
		journal_tell(LOG_WARNING,
		    "hydratord: warning: nobody listens at %s: lines are lost until a "
		    "log daemon does; log.target may name a file or stderr",
		    _PATH_LOG);
}

void
logs_tell_why(const char *err)
{
	journal_tell(LOG_ERR, "hydratord: %s", err);
	if (!log_is_stderr() && !(log_is_daemon() && journal_is_stderr()))
		log_errx("not started: %s", err);
}

int
logs_open_access(const struct config *c)
{
	const char *path = c->http.access_log;
	int fd;

	if (path[0] == '\0')
		return -1;
	if ((fd = log_file_open(path)) == -1)
		log_err("access log %s: no lines are kept", path);
	else
		logs_warn_of_directory(path);
	return fd;
}

void
logs_reopen(const struct config *c, char *err, size_t errlen)
{
	int saved;

	if (log_reopen() == 0)
		return;
	saved = errno;
	snprintf(err, errlen, "cannot reopen %s, still writing to the old file: %s\n",
	    c->log.target, strerror(saved));
	errno = saved;
	log_err("cannot reopen %s, still writing to the old file", c->log.target);
}
