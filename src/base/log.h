/* Logging, for every process. No call waits: a line that is not taken at once is lost,
 * which the next one that is taken tells.
 *
 * An error does not heal by itself, or is a bug: somebody has to do something. A
 * warning heals, or is coped with. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/log_level.h"

/*
 * Where lines go: "syslog" (the daemon behind /dev/log), "stderr", or the path of a
 * file that is opened for appending. Called by the supervisor before it forks; children
 * inherit the open target. Until it was called lines go to stderr. level is one of
 * "error", "warning", "info", "debug". Returns 0, or -1 with errno set (the file could
 * not be opened, or EINVAL for an unknown level); the old target then stays.
 */
int log_open(const char *target, const char *level) MUST_CHECK;

/* Up to which level lines are written from now on, in this process, by any of its
 * threads. log_open() sets its own; a child inherits what its parent had. */
void log_set_level(enum log_level);
enum log_level log_get_level(void);

/* Whether lines are JSON objects from now on, wherever they go; else they are text.
 * Supervisor; children inherit it. */
void log_as_json(bool json);

/* Whether lines go to standard error, also because no log was opened yet; whether they
 * go to the log daemon; if neither, to a file. */
bool log_is_stderr(void);
bool log_is_daemon(void);

/* Whether somebody takes datagrams at /dev/log now. Supervisor. */
bool log_has_daemon(void);

/*
 * Opens a file to append lines to, and makes it if it is not there (0640). Nothing
 * waits for a FIFO, and a symbolic link as the last name of path is followed only where
 * nobody but root and this process's user can change it: the supervisor may be root in
 * a directory of another user. Supervisor. Returns a descriptor, or -1 with errno
 * (ELOOP: such a link; ENXIO: a FIFO that nobody reads).
 */
int log_file_open(const char *path) MUST_CHECK;

/* Whether only root and this process's user can put another file or link at path. */
bool log_file_is_ours(const char *path);

/*
 * Opens the file target anew, for log rotation. Supervisor, on USR2.
 * Returns 0 or -1 with errno (the old file then stays in use).
 */
int log_reopen(void) MUST_CHECK;

/* Child: lines go to this file from now on, which the supervisor has opened; takes the
 * descriptor over. */
void log_adopt(int fd);

/* The descriptor that lines go to (a file, stderr opened anew, or the socket for
 * syslog), which a child must keep; -1: none but stderr. */
int log_descriptor(void);
/* The same, of a file only; -1: lines go elsewhere. */
int log_file_descriptor(void);

/* Any process: how many of its lines were lost since the last call, or since
 * log_procinit(). */
unsigned long log_take_losses(void);

/* Names this process in each line ("supervisor", "reader 0"); name is copied. */
void log_procinit(const char *name);

struct log_ring;
/* From now on each warning and error is put into this ring as well (log_ring.h),
 * whatever the level is, and at first those that there were before; NULL: nowhere. A
 * child inherits its parent's. */
void log_keep(struct log_ring *);
/* Where they are put now: before log_keep(), into one of this process. */
struct log_ring *log_kept(void);

/* The plain ones append ": strerror(errno)"; the x ones do not. errno is kept. */
void log_err(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_errx(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warnx(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Log as an error, then exit with status 1. */
void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;
void fatalx(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

#endif
