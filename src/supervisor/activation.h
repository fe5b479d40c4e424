/* Listening sockets that a service manager opened for us: the protocol of
 * sd_listen_fds(3), without its library. Supervisor only. */
#ifndef SUPERVISOR_ACTIVATION_H
#define SUPERVISOR_ACTIVATION_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

#define ACTIVATION_NAME_MAX 256   /* sd_listen_fds_with_names(3), with a NUL */
#define ACTIVATION_KEPT "listen-" /* begins the name of one that keep.h had kept */
#define ACTIVATION_TRIES "tries"  /* the name of what counts starts, keep.h */

/*
 * The sockets that were passed, kept as long as the daemon lives: the manager goes on
 * holding them too, so nobody else can bind their addresses, and a later reload may
 * well ask for one. Those that an earlier process of ours had it keep are given up
 * where they are not listened on any more (keep.h). Zeroed: none.
 */
struct activation {
	int *fd;                           /* non-blocking, close-on-exec */
	char (*name)[ACTIVATION_NAME_MAX]; /* "": none was said */
	size_t n;
	int tries; /* an eventfd; 0: none */
};

/*
 * Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES from the environment, and the
 * descriptors from 3 on that they speak of if LISTEN_PID is this process. A descriptor
 * that is neither a listening TCP socket nor ACTIVATION_TRIES is closed with a warning.
 * Called before anything else is opened. Returns the lowest descriptor above all of
 * those passed: what is open from there on was left open by mistake.
 */
int activation_open(struct activation *) MUST_CHECK;

/*
 * A duplicate (the caller's, close-on-exec) of the passed socket that serves this
 * address: one bound to it or, for the IPv4 wildcard, one bound to the IPv6 wildcard
 * that takes both families. Returns -1 with errno: ENOENT if there is none, else why it
 * cannot be duplicated (EMFILE).
 */
int activation_take(const struct activation *, const struct sockaddr *) MUST_CHECK;

/* Takes fd over. */
void activation_add(struct activation *, int fd, const char *name);
/* Closes the i-th. */
void activation_drop(struct activation *, size_t i);
/* Whether the i-th was kept for an earlier process of ours, and no unit made it. */
bool activation_is_kept(const struct activation *, size_t i);

/* Closes them and zeroes the struct. */
void activation_close(struct activation *);

#endif
