/*
 * Who is in each process slot, in the segment: the supervisor alone writes it (what a
 * process says of itself is not believed), anybody reads. A pid of it is for people;
 * nobody sends a signal because of it.
 */
#ifndef SHM_PROCESS_H
#define SHM_PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "shm/counters.h"

struct segment;

/* What the process of a slot is doing (supervisor/life.h). */
enum child_state {
	CHILD_DEAD,     /* there is none; while wanted, it is forked when its time is */
	CHILD_STARTING, /* forked, has not said that it is ready */
	CHILD_READY,    /* does its work */
	CHILD_RETIRING, /* has a successor; does its work until nobody asks it for any
			 */
	CHILD_DRAINING, /* was told to stop, or hung up its channel: has until a
			   deadline */
	CHILD_ABORTED,  /* hung, and was sent SIGABRT: a core may tell why */
	CHILD_KILLED,   /* was sent SIGKILL: only to be reaped */
	CHILD_STATE_MAX
};

/* The first two are those of enum role. */
enum process_role {
	PROCESS_HYDRATOR,
	PROCESS_READER,
	PROCESS_SUPERVISOR,
	PROCESS_ROLES
};

struct process_view {
	pid_t pid;       /* 0: none */
	int last_status; /* wait(2), of the last death */
	uint32_t state;  /* enum child_state */
	uint32_t role;   /* enum process_role */
	uint32_t index;  /* hydrator: of its category in this segment; reader: its
			  * number; else 0 */
	uint32_t zero;
	int64_t born;       /* clock_boot() of its fork; 0: never */
	int64_t due;        /* clock_boot() when the slot's next one starts; 0: not */
	int64_t last_death; /* clock_wall(); 0: none */
	/* Of those that were replaced, also before a reload. */
	uint64_t deaths[DEATH_MAX];
};

/* Supervisor. slot < segment_nprocs(). */
void process_write(struct segment *, unsigned slot, const struct process_view *);
/* Any process: what was written last, all of it in range. Returns false, and *out is
 * zero, if nothing was, or it cannot be read (ledger_read()). */
bool process_read(const struct segment *, unsigned slot, struct process_view *out);

/* "dead", "starting", ...: for JSON and log lines. */
const char *process_state_name(enum child_state);
/* "hydrator", "reader", "supervisor": for JSON and labels. */
const char *process_role_name(enum process_role);
/* "exit", "signal", "core", "hung": for JSON and labels. */
const char *process_death_name(enum counter_death);

#endif
