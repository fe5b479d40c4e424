/*
 * What a child process is given, and the orders it gets. Known to the supervisor
 * (which fills it in before it forks) and to the process behind each role.
 */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct config;
struct counters;
struct privilege;
struct segment;

enum role {
	ROLE_HYDRATOR,
	ROLE_READER,
	ROLE_MAX
};

/* Sockets that clients come to, one option a kind. Each reader has a server for the
 * first two, so that they share its bounds and its streams, and one for each other. */
enum listen_kind {
	LISTEN_ANSWERS,   /* listen */
	LISTEN_DASHBOARD, /* http.dashboard_listen */
	LISTEN_METRICS,   /* http.metrics_listen */
	LISTEN_ADMIN,     /* http.admin_listen */
	LISTEN_KINDS
};

struct child_sockets {
	const int *fd; /* listening, non-blocking */
	size_t n;
};

struct child_context {
	const struct config *config;
	struct segment *segment;
	int channel;      /* the child's end of its socketpair (channel.h) */
	pid_t supervisor; /* as recorded before the fork */
	unsigned slot;    /* process slot in the segment */
	unsigned index;   /* hydrator: category index in config; reader: its number */
	bool follows;     /* it is not the first in its place */
	struct child_sockets sockets[LISTEN_KINDS]; /* reader; without: none */
	int access_log;                             /* reader: to append to; -1: none */
};

/* A role's main loop: runs in the child after proc_child_init(), returns the exit
 * status. */
typedef int role_main_fn(const struct child_context *);

/*
 * Child, right after the fork, its descriptors already sorted: becomes the user, dies
 * with the supervisor, ignores the signals that are the supervisor's (HUP, INT, TERM,
 * USR1, USR2) or only tell of a failed write (PIPE, XFSZ), names itself title in logs
 * and process title (copied), and keeps its warnings in its slot. Does not return if
 * any of it fails: the obituary and the log say why.
 */
void proc_child_init(
    const struct child_context *, const char *title, const struct privilege *);

/* Child, with its limits set and before its filter, which may refuse to tell: up to
 * where proc_child_beat() counts descriptors. */
void proc_child_note_limits(void);

/* Child, after that: its limit of descriptors; 0: not known. */
uint64_t proc_child_limit(void) MUST_CHECK;

/* Child, once a second or as often as its work lets it: says in its counters that it is
 * alive, how many log lines it has lost, and every ten seconds how many descriptors it
 * has open, once it knows how many it may have. */
void proc_child_beat(struct counters *);

/* Child, on CHANNEL_LEVEL: its lines are of that enum log_level or more urgent. */
void proc_child_level(uint64_t level);

/*
 * How many descriptors below `limit` this process has open; limit is at most its own
 * RLIMIT_NOFILE; 0: not known. Any process, also one that may open no file, for nobody
 * else can say it everywhere: before Linux 6.2 the kernel does not tell a supervisor
 * that may not trace its children.
 */
uint64_t proc_descriptors(uint64_t limit) MUST_CHECK;

#endif
