/* Log lines to syslog, stderr or a file; one write(2) a line, so that lines of
 * several processes never mix. */
#include "base/log.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log_daemon.h"

#define LINE_MAX_BYTES 4096
#define LOG_FILE_MODE 0640

static int log_fd = STDERR_FILENO; /* -1: the log daemon */
static struct log_daemon log_daemon = { NULL, -1, 0 };
static int log_level = LOG_INFO;
static char *log_path;  /* NULL unless the target is a file */
static int log_journal; /* stderr is the journal: prefix the priority */
static char log_proc[64] = "hydratord";

static const struct {
	const char *name;
	int prio;
} log_levels[] = {
	{ "error", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
};

/* Whether only root and this user can put another file or link at path. */
static bool
is_ours_to_name(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (slash == NULL)
		return false; /* log.target and http.access_log are absolute */
	snprintf(directory, sizeof(directory), "%.*s",
	    (int)(slash == path ? 1 : slash - path), path);
	return stat(directory, &st) == 0 &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int
log_file_open(const char *path)
{
	const int flags =
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags | O_NOFOLLOW, LOG_FILE_MODE);

	if (fd == -1 && errno == ELOOP && is_ours_to_name(path))
		fd = open(path, flags, LOG_FILE_MODE);
	return fd;
}

/* Another thread may be about to write: the number goes on being a log's. */
static void
log_replace_fd(int fd)
{
	if (log_fd > STDERR_FILENO && fd > STDERR_FILENO &&
	    dup3(fd, log_fd, O_CLOEXEC) != -1) {
		close(fd);
		return;
	}
	if (log_fd > STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
}

/* Opens one of the three kinds of target. *fd and *path are what is new about them.
 * Returns 0 or -1 with errno. */
static int
log_open_target(const char *target, int *fd, char **path)
{
	*path = NULL;
	if (strcmp(target, "syslog") == 0) {
		*fd = -1;
		return log_daemon.fd != -1 ? 0
					   : log_daemon_open(&log_daemon, _PATH_LOG);
	}
	if (strcmp(target, "stderr") == 0) {
		*fd = STDERR_FILENO;
		return 0;
	}
	if ((*path = strdup(target)) == NULL)
		return -1;
	if ((*fd = log_file_open(*path)) == -1) {
		free(*path);
		return -1;
	}
	return 0;
}

int
log_open(const char *target, const char *level)
{
	size_t i;
	int fd;
	char *path;

	for (i = 0; i < NELEM(log_levels); i++)
		if (strcmp(level, log_levels[i].name) == 0)
			break;
	if (i == NELEM(log_levels)) {
		errno = EINVAL;
		return -1;
	}
	if (log_open_target(target, &fd, &path) == -1)
		return -1;
	free(log_path);
	log_path = path;
	log_replace_fd(fd);
	log_journal = fd == STDERR_FILENO && getenv("JOURNAL_STREAM") != NULL;
	log_level = log_levels[i].prio;
	return 0;
}

int
log_reopen(void)
{
	int fd;

	if (log_path == NULL)
		return 0;
	if ((fd = log_file_open(log_path)) == -1)
		return -1;
	log_replace_fd(fd);
	return 0;
}

void
log_adopt(int fd)
{
	log_replace_fd(fd);
	log_journal = 0;
}

int
log_file_descriptor(void)
{
	return log_path != NULL ? log_fd : -1;
}

int
log_descriptor(void)
{
	if (log_fd == -1)
		return log_daemon.fd;
	return log_fd > STDERR_FILENO ? log_fd : -1;
}

void
log_procinit(const char *name)
{
	log_daemon.lost = 0; /* those are the parent's to tell */
	snprintf(log_proc, sizeof(log_proc), "%s", name);
}

/* Upstream names and client input reach log lines: keep each on one line. */
static void
log_defuse(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
}

static size_t
log_prefix(char *line, size_t size, int prio)
{
	struct timespec now;
	struct tm tm;
	size_t n = 0;

	if (log_journal)
		n = (size_t)snprintf(line, size, "<%d>", prio);
	else if (clock_gettime(CLOCK_REALTIME, &now) == 0 &&
		 gmtime_r(&now.tv_sec, &tm) != NULL) {
		n = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
		n += (size_t)snprintf(
		    line + n, size - n, ".%03ldZ ", now.tv_nsec / 1000000);
	}
	n += (size_t)snprintf(line + n, size - n, "%s[%d]: %s", log_proc, (int)getpid(),
	    prio == LOG_ERR       ? "error: "
	    : prio == LOG_WARNING ? "warning: "
				  : "");
	return n;
}

static void PRINTF_LIKE(3, 0) log_line(int prio, int err, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t head, n;
	int saved = errno, r;

	if (prio > log_level)
		return;
	head = n = log_fd == -1 ? 0 : log_prefix(line, sizeof(line), prio);
	r = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (r > 0)
		n += (size_t)r;
	if (err != 0 && n < sizeof(line) - 1)
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n - 1, ": %s", strerror(err));
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	log_defuse(line + head, n - head);
	if (log_fd == -1) {
		log_daemon_send(&log_daemon, prio, log_proc, line, n);
	} else {
		line[n++] = '\n';
		/* A log that cannot be written must not stop the service. */
		if (write(log_fd, line, n) == -1) {
		}
	}
	errno = saved;
}

#define LOG_CALL(prio, err)                                                            \
	do {                                                                           \
		va_list ap;                                                            \
		va_start(ap, fmt);                                                     \
		log_line((prio), (err), fmt, ap);                                      \
		va_end(ap);                                                            \
	} while (0)

void
log_warn(const char *fmt, ...)
{
	LOG_CALL(LOG_WARNING, errno);
}

void
log_warnx(const char *fmt, ...)
{
	LOG_CALL(LOG_WARNING, 0);
}

void
log_info(const char *fmt, ...)
{
	LOG_CALL(LOG_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	LOG_CALL(LOG_DEBUG, 0);
}

void
fatal(const char *fmt, ...)
{
	LOG_CALL(LOG_ERR, errno);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	LOG_CALL(LOG_ERR, 0);
	exit(1);
}
