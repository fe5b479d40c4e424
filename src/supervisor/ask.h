/* Asking a running daemon for something, from a process of its own. A tool; nothing of
 * it runs in the daemon. */
#ifndef SUPERVISOR_ASK_H
#define SUPERVISOR_ASK_H

#include "base/attr.h"

struct config;

#define ASK_NOT_RUNNING 7 /* exit status: LSB's "program is not running" */

/*
 * Sends HUP to the supervisor that holds the lock on c->pidfile, and waits until the
 * reload has ended. c is the configuration that it is to use, as loaded from the file:
 * its pidfile and segment.name must be those of the running one.
 * Returns the exit status: 0 (what a reload does not change is on stderr), 1 with the
 * reason on stderr (refused; no right to ask; no result to be had), or ASK_NOT_RUNNING.
 */
int ask_reload(const struct config *c) MUST_CHECK;

/*
 * Tells that supervisor to accept what the gate refuses of a category, and waits until
 * its hydrator has tried. What is accepted, with its figures, is on stdout. Returns the
 * exit status: 0, 1 with the reason on stderr (nothing is refused; the document has
 * come otherwise, or not at all; no right to ask; no result to be had), or
 * ASK_NOT_RUNNING.
 */
int ask_accept(const struct config *c, const char *category) MUST_CHECK;

#endif
