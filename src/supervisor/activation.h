/* Listening sockets that a service manager opened for us: the protocol of
 * sd_listen_fds(3), without its library. Supervisor only. */
#ifndef SUPERVISOR_ACTIVATION_H
#define SUPERVISOR_ACTIVATION_H

#include <sys/socket.h>

#include <stddef.h>

#include "base/attr.h"

/*
 * The sockets that were passed, kept as long as the daemon lives: the manager goes on
 * holding them too, so nobody else can bind their addresses, and a later reload may
 * well ask for one. Zeroed: none.
 */
struct activation {
	int *fd; /* non-blocking, close-on-exec */
	size_t n;
};

/*
 * Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES from the environment, and the
 * descriptors from 3 on that they speak of if LISTEN_PID is this process. A descriptor
 * that is not a listening TCP socket is closed with a warning. Called before anything
 * else is opened. Returns the lowest descriptor above all of those passed: what is open
 * from there on was left open by mistake.
 */
int activation_open(struct activation *) MUST_CHECK;

/*
 * A duplicate (the caller's, close-on-exec) of the passed socket that serves this
 * address: one bound to it or, for the IPv4 wildcard, one bound to the IPv6 wildcard
 * that takes both families. Returns -1 with errno: ENOENT if there is none, else why it
 * cannot be duplicated (EMFILE).
 */
int activation_take(const struct activation *, const struct sockaddr *) MUST_CHECK;

/* Closes them and zeroes the struct. */
void activation_close(struct activation *);

#endif
