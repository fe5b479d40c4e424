/* The listening sockets: opened once, kept over the deaths of readers. Supervisor. */
#ifndef SUPERVISOR_LISTENER_H
#define SUPERVISOR_LISTENER_H

#include <stddef.h>

#include "base/attr.h"
#include "config/config.h"
#include "supervisor/address.h"

struct activation;

/* Parallel arrays, so that fd goes as it is into a reader's child_context. Zeroed:
 * none. */
struct listeners {
	int *fd;                        /* non-blocking, close-on-exec */
	char (*name)[ADDRESS_TEXT_MAX]; /* "127.0.0.1:19820", with the port in use */
	const char **text;              /* the item of the list; borrowed */
	size_t n;
};

/* What is open already, all of it borrowed; zeroed: nothing. */
struct listeners_known {
	const struct activation *passed; /* by the service manager; NULL: nothing */
	/* Of the configuration in use: of the same option, and of the other one. */
	const struct listeners *before, *before_other;
	/* Of the same configuration: of the other option, with its name. */
	const struct listeners *beside;
	const char *beside_option;
};

/*
 * Opens every address of the list, which is that of an option: "host:port", "[v6]:port"
 * or "*:port" (any address, IPv4 and IPv6 alike); port 0 takes a free one. A host name
 * is opened at each of its addresses; one whose family this machine has not is passed
 * over while another remains, and one that comes twice, or is part of any address of
 * the same list, is opened once.
 *
 * A socket of the configuration in use that is bound to the same address, or was opened
 * for the same item, is shared, not opened again: its queue loses nobody. Nor is it in
 * the way of what is opened: any address is bound beside a single one, whose socket
 * then stays, for there new clients go on coming to it, and the other way round. Not
 * SO_REUSEPORT but for that moment: it would let a second daemon quietly take half of
 * the clients, and lose the queue of a reader that dies. Where the service manager has
 * passed a socket that serves an address, a duplicate of that is taken instead of a new
 * one.
 *
 * Returns 0, or -1 with a message for the operator in err, nothing left open, and
 * errno: EINVAL for what only another configuration mends, such as an address that the
 * other option has, else that of the call that failed (EADDRINUSE, EACCES, ...).
 */
int listeners_open(const char *option, const struct config_list *,
    const struct listeners_known *, struct listeners *out, char *err,
    size_t errlen) MUST_CHECK;

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
