/* Telling the service manager how the daemon is: the protocol of sd_notify(3), without
 * its library. Supervisor only. */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment, so that
 * nobody else speaks in our name. Without a manager (no NOTIFY_SOCKET) the calls below
 * do nothing. An address that is neither an absolute path nor abstract ("@name") is
 * refused with a warning. No descriptor is held between messages: none can leak into a
 * child.
 *
 * A message is one datagram that is sent without waiting. One that the manager has no
 * room for is lost with a warning, and never delays the supervisor.
 */
void notify_open(void);

/* Puts into the environment, for the next program of this process, what notify_open()
 * took from it. */
void notify_pass_on(void);

/* Readers serve: the start, or the reload that notify_reloading() began, is over. */
void notify_ready(void);

/* A reload begins; notify_ready() must follow, also if the reload was refused. */
void notify_reloading(void);

/* The way down has begun. */
void notify_stopping(void);

/* One line for `systemctl status`; control characters become blanks, at most 400 bytes
 * of it are sent. */
void notify_status(const char *text);

/* Whether there is a manager. */
bool notify_is_heard(void);

/* The manager is to keep a duplicate of a descriptor until it is told to forget it or
 * the service is stopped, not for a restart, and to pass it to the next process under
 * that name (LISTEN_FDNAMES; no colon). FDSTORE=1 of sd_notify(3). */
void notify_keep(int fd, const char *name);
/* It is to forget all that have the name. */
void notify_forget(const char *name);

/* How often the manager wants to hear from us at least, in nanoseconds; 0: it does not
 * watch. Ping at half of it: sd_watchdog_enabled(3). */
int64_t notify_watchdog_interval(void);

/* All is well. Only when it is: the manager restarts a daemon that stops saying so. */
void notify_watchdog(void);

#endif
