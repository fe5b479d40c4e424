/* Asking a running daemon whether it is ready, as its clients would. A tool, in a
 * process of its own; nothing of it runs in the daemon. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

struct config;

#define PROBE_SECONDS 5     /* that all of it may take */
#define PROBE_NOT_RUNNING 3 /* exit status: as LSB's of a service's status */

/*
 * Asks /readyz at the first address of c->listen that takes a connection; "*" is asked
 * at the loopback. c is the configuration of the running one. Returns the exit status:
 * 0 it is ready, 1 it is not, 3 nobody listens, EX_CONFIG no address has a port; the
 * reason is on stderr. Ends the process with 1 if that takes longer than PROBE_SECONDS.
 */
int probe_ready(const struct config *c) MUST_CHECK;

/*
 * What an answer to /readyz?verbose over HTTP/1.0, head and body, says. Returns 0 if it
 * is ready, or -1 and adds to why what it is that is missing: the required categories
 * that are not served, each with the cause of its trouble. Believes no byte of it: a
 * stranger may have the port. why then has no control characters.
 */
int probe_judge(struct str answer, struct buf *why) MUST_CHECK;

#endif
