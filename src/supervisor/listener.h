/* The listening sockets: opened once, kept over the deaths of readers. Supervisor. */
#ifndef SUPERVISOR_LISTENER_H
#define SUPERVISOR_LISTENER_H

#include <stddef.h>

#include "base/attr.h"
#include "config/config.h"
#include "proc/child.h"
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
	/* LISTEN_KINDS of the configuration in use, and as many of the same one, as far
	 * as they are open; NULL: none. */
	const struct listeners *before, *beside;
};

/*
 * Opens every address of the list, which is that of a kind: "host:port", "[v6]:port" or
 * "*:port" (any address, IPv4 and IPv6 alike); port 0 takes a free one. A host name
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
 * errno: EINVAL for what only another configuration mends, such as an address that
 * another option has, else that of the call that failed (EADDRINUSE, EACCES, ...).
 */
int listeners_open(enum listen_kind, const struct config_list *,
    const struct listeners_known *, struct listeners *out, char *err,
    size_t errlen) MUST_CHECK;

/* Takes over a socket that was opened for an item of the list, which is borrowed. One
 * that is there already is closed. */
void listeners_add(struct listeners *, int fd, const char *item);

/* The option of a kind. */
const char *listeners_option(enum listen_kind);

/* Closes them all and zeroes the struct. */
void listeners_close(struct listeners *);
/* The same, of each kind. */
void listeners_close_all(struct listeners listeners[LISTEN_KINDS]);

#endif
