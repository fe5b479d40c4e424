/*
 * What a child may ask of the kernel once it is set up: two seccomp filters, inherited
 * by every thread it starts and never lifted. Whoever makes a child use another system
 * call adds it to its list in sandbox.c; what is not on it fails with EPERM.
 *
 * A reader, which parses what strangers send, serves: it can send, receive and accept
 * on what it has, make memory files, and write to the logs that the supervisor opened.
 * It cannot open a file, make a socket, connect, signal another process, start one, or
 * get executable memory.
 *
 * A hydrator, which fetches and parses what an upstream sends, connects, looks names up
 * in threads, and reads, writes and watches files. It cannot start a program or a
 * process, listen, look into other processes, signal, limit or schedule them (nor let a
 * descriptor do so), or use the parts of the kernel that only administration needs.
 */
#ifndef PROC_SANDBOX_H
#define PROC_SANDBOX_H

#include <stdio.h>

#include "base/attr.h"
#include "proc/child.h"

struct config;

/* Why the children of this configuration run without a filter: a sentence's end, not to
 * be freed. NULL: they have one. Any process. */
const char *sandbox_why_off(const struct config *) MUST_CHECK;

/*
 * Child, once, after it opened what only a start opens and before it starts a thread,
 * talks to anybody or runs its loop: its limits, then its filter. Needs no_new_privs
 * (privilege_drop()). Logs why if there is no filter; does not return if it cannot be
 * installed.
 */
void sandbox_enter(enum role, const struct child_context *);

/* hydratord -T: what is in force for children that were started now by this user, as
 * comment lines of the configuration. */
void sandbox_describe(const struct config *, FILE *);

#endif
