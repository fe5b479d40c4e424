/* The listening sockets: opened once, kept over the deaths of readers. Supervisor. */
#ifndef SUPERVISOR_LISTENER_H
#define SUPERVISOR_LISTENER_H

#include <stddef.h>

#include "base/attr.h"
#include "config/config.h"

struct activation;

#define LISTENER_NAME_MAX 80 /* "[" an IPv6 address with its scope "]:65535" */

/* Parallel arrays, so that fd goes as it is into a reader's child_context. Zeroed:
 * none. */
struct listeners {
	int *fd;                         /* non-blocking, close-on-exec */
	char (*name)[LISTENER_NAME_MAX]; /* "127.0.0.1:19800", with the port in use */
	const char **text;               /* the item of the list; borrowed */
	size_t n;
};

/*
 * Opens every address of the list, which is that of an option: "host:port", "[v6]:port"
 * or "*:port" (any address, IPv4 and IPv6 alike); port 0 takes a free one. A host name
 * is opened at each of its addresses; one whose family this machine has not is passed
 * over while another remains. Sockets that `have` (NULL: nothing) opened for the same
 * item are shared, not opened again: their queues lose nobody. Not SO_REUSEPORT: it
 * would let a second daemon quietly take half of the clients, and lose the queue of a
 * reader that dies. Where the service manager has passed a socket that serves an
 * address, a duplicate of that is taken instead of a new one (NULL: it passed none).
 * Returns 0, or -1 with a message for the operator in err, nothing left open, and
 * errno: EINVAL for what only another configuration mends, else that of the call that
 * failed (EADDRINUSE, EACCES, ...).
 */
int listeners_open(const char *option, const struct config_list *,
    const struct activation *passed, const struct listeners *have,
    struct listeners *out, char *err, size_t errlen) MUST_CHECK;

/*
 * Warns of each passed socket that neither listens for answers nor for metrics. It
 * stays open: the manager holds it as well, so that closing it here would not refuse
 * its clients, and a reload may add its address. After a start and after each reload.
 */
void listeners_warn_unserved(const struct activation *, const struct listeners *http,
    const struct listeners *metrics);

/* Closes them all and zeroes the struct. */
void listeners_close(struct listeners *);

#endif
