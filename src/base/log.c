/* Log lines to syslog, stderr or a file; one write(2) a line, so that lines of
 * several processes never mix. None is waited for: one that is not taken is counted. */
#include "base/log.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/log_daemon.h"
#include "base/log_level.h"
#include "base/log_line.h"
#include "base/log_ring.h"
#include "base/log_sink.h"
#include "base/log_text.h"
#include "base/mem.h"

#define LOG_FILE_MODE 0640
/* Of a line without its head: time, process, pid and level. */
#define TEXT_MAX_BYTES (LOG_SINK_LINE_MAX - 160)

/* Until log_open() stderr: nothing is opened before the supervisor has closed what its
 * starter left open. */
static struct log_sink log_sink = { STDERR_FILENO, LOG_SINK_POLL, false };
static struct log_daemon log_daemon = { NULL, -1 };
static bool log_to_daemon;                    /* and not to the sink */
static _Atomic int log_most = LOG_LEVEL_INFO; /* the level; threads read it */
static char *log_path;                        /* NULL unless the target is a file */
static bool log_opened;
static bool log_json;
static bool log_journal; /* the sink is the journal, which reads the priority */
static char log_proc[64] = "hydratord";
static struct log_ring log_early; /* what was warned of before log_keep() */
static struct log_ring *log_ring = &log_early;
/* Threads log as well. */
static _Atomic unsigned long log_untold;    /* lines lost that no line has told of */
static _Atomic unsigned long log_uncounted; /* that log_take_losses() has not given */

bool
log_file_is_ours(const char *path)
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

	if (fd == -1 && errno == ELOOP && log_file_is_ours(path))
		fd = open(path, flags, LOG_FILE_MODE);
	return fd;
}

/* Another thread may be about to write: the number goes on being a log's. */
static void
log_replace_sink(const struct log_sink *sink)
{
	int fd = log_sink.fd;

	if (fd > STDERR_FILENO && sink->fd > STDERR_FILENO &&
	    dup3(sink->fd, fd, O_CLOEXEC) != -1) {
		close(sink->fd);
		log_sink = *sink;
		log_sink.fd = fd;
		return;
	}
	log_sink_close(&log_sink);
	log_sink = *sink;
}

/* Opens one of the three kinds of target. Returns 0 or -1 with errno: *sink is then as
 * it was. */
static int
log_open_target(const char *target, struct log_sink *sink)
{
	if (strcmp(target, "syslog") == 0)
		return log_daemon.fd != -1 ? 0
					   : log_daemon_open(&log_daemon, _PATH_LOG);
	if (strcmp(target, "stderr") != 0)
		return (sink->fd = log_file_open(target)) == -1 ? -1 : 0;
	log_sink_stderr(sink);
	return 0;
}

int
log_open(const char *target, const char *level)
{
	struct log_sink sink = { .fd = -1, .kind = LOG_SINK_WRITE };
	int number = log_level_find(level);
	char *path = NULL;

	if (number == -1) {
		errno = EINVAL;
		return -1;
	}
	if (log_open_target(target, &sink) == -1)
		return -1;
	log_to_daemon = strcmp(target, "syslog") == 0;
	if (!log_to_daemon && strcmp(target, "stderr") != 0)
		path = xstrdup(target);
	free(log_path);
	log_path = path;
	log_replace_sink(&sink);
	log_journal = strcmp(target, "stderr") == 0 && journal_is_stderr();
	log_set_level((enum log_level)number);
	log_opened = true;
	return 0;
}

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&log_most, (int)level, memory_order_relaxed);
}

enum log_level
log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&log_most, memory_order_relaxed);
}

void
log_as_json(bool json)
{
	log_json = json;
}

bool
log_is_stderr(void)
{
	return !log_to_daemon && log_path == NULL;
}

bool
log_is_daemon(void)
{
	return log_to_daemon;
}

bool
log_has_daemon(void)
{
	return log_daemon_listens(_PATH_LOG);
}

int
log_reopen(void)
{
	int fd;

	if (log_path == NULL)
		return 0;
	if ((fd = log_file_open(log_path)) == -1)
		return -1;
	log_adopt(fd);
	return 0;
}

void
log_adopt(int fd)
{
	const struct log_sink sink = { .fd = fd, .kind = LOG_SINK_WRITE };

	log_replace_sink(&sink);
	log_journal = false;
}

int
log_file_descriptor(void)
{
	return log_path != NULL ? log_sink.fd : -1;
}

int
log_descriptor(void)
{
	if (log_to_daemon)
		return log_daemon.fd;
	return log_sink.fd > STDERR_FILENO ? log_sink.fd : -1;
}

void
log_procinit(const char *name)
{
	log_untold = log_uncounted = 0; /* those are the parent's to tell */
	if (!log_opened)
		log_journal = journal_is_stderr();
	snprintf(log_proc, sizeof(log_proc), "%s", name);
}

void
log_keep(struct log_ring *ring)
{
	uint64_t told = 0;

	if (log_ring == &log_early && ring != NULL)
		log_ring_fold(ring, &log_early, &told);
	log_ring = ring;
}

struct log_ring *
log_kept(void)
{
	return log_ring;
}

/* At most TEXT_MAX_BYTES of text. Returns 0, or -1 if it was not taken. */
static int
log_send(int prio, const char *text, size_t len)
{
	const struct log_head head = { prio, log_proc, log_journal && !log_to_daemon };
	char line[LOG_SINK_LINE_MAX];
	size_t n;

	if (log_to_daemon && !log_json)
		return log_daemon_send(&log_daemon, prio, log_proc, text, len);
	n = log_json ? log_line_json(line, sizeof(line) - 1, &head, text, len)
		     : log_line_text(line, sizeof(line) - 1, &head, text, len);
	if (log_to_daemon)
		return log_daemon_send(&log_daemon, prio, NULL, line, n);
	line[n++] = '\n';
	return log_sink_put(&log_sink, line, n);
}

/* Tells how many lines are missing where the line stands that tells it. */
static int
log_tell_losses(void)
{
	unsigned long n = log_untold;
	char text[128];
	int len;

	if (n == 0)
		return 0;
	len =
	    snprintf(text, sizeof(text), "%lu lines were lost: %s did not take them", n,
		log_to_daemon      ? "the log daemon"
		: log_path != NULL ? "the log file"
				   : "standard error");
	if (log_send(LOG_WARNING, text, (size_t)len) == -1)
		return -1;
	log_untold -= n;
	return 0;
}

static void PRINTF_LIKE(3, 0) log_line(int prio, int err, const char *fmt, va_list ap)
{
	char text[TEXT_MAX_BYTES + 1];
	size_t n = 0;
	int saved = errno, r;
	bool keeps = log_ring != NULL && prio <= LOG_WARNING;
	bool told = prio <= log_level_priority(log_get_level());

	if (!told && !keeps)
		return;
	r = vsnprintf(text, sizeof(text), fmt, ap);
	if (r > 0)
		n = (size_t)r;
	if (err != 0 && n < TEXT_MAX_BYTES)
		n +=
		    (size_t)snprintf(text + n, sizeof(text) - n, ": %s", strerror(err));
	if (n > TEXT_MAX_BYTES)
		n = TEXT_MAX_BYTES;
	log_defuse(text, n);
	if (keeps)
		log_ring_put(log_ring, prio, text, n);
	if (told && (log_tell_losses() == -1 || log_send(prio, text, n) == -1)) {
		log_untold++;
		log_uncounted++;
	}
	errno = saved;
}

unsigned long
log_take_losses(void)
{
	return atomic_exchange(&log_uncounted, 0);
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
log_err(const char *fmt, ...)
{
	LOG_CALL(LOG_ERR, errno);
}

void
log_errx(const char *fmt, ...)
{
	LOG_CALL(LOG_ERR, 0);
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
