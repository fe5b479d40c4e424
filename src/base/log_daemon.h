/*
 * Log lines to the machine's log daemon, without syslog(3): that connects its socket,
 * so that it must connect again when the daemon was restarted, which a process that may
 * not connect cannot, and it waits for a daemon whose queue is full. Here each line is
 * a datagram to a path: found anew every time, and never waited for.
 */
#ifndef BASE_LOG_DAEMON_H
#define BASE_LOG_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct log_daemon {
	const char *path; /* borrowed: _PATH_LOG, or a test's own */
	int fd;           /* -1: not open */
};

/* Opens the socket that every line is sent from; nobody need listen at the path.
 * Returns 0, or -1 with errno. */
int log_daemon_open(struct log_daemon *, const char *path) MUST_CHECK;

/*
 * Sends one line as RFC 3164 frames it: "<PRI>Mmm dd hh:mm:ss hydratord[pid]: PROC:
 * TEXT", the time local; proc NULL: without it. prio is a severity, LOG_ERR and so on;
 * the facility is LOG_DAEMON. Never waits. Returns 0, or -1 with errno if the line was
 * not taken.
 */
int log_daemon_send(const struct log_daemon *, int prio, const char *proc,
    const char *text, size_t len) MUST_CHECK;

/* Whether a datagram to the path would be taken by somebody. Opens and closes a socket.
 */
bool log_daemon_listens(const char *path);

/* Closes the socket, if there is one. */
void log_daemon_close(struct log_daemon *);

#endif
