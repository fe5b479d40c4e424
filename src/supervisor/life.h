/* The life of a child as a state machine. Pure; supervisor only. */
#ifndef SUPERVISOR_LIFE_H
#define SUPERVISOR_LIFE_H

#include <stdbool.h>

#include "base/attr.h"
#include "shm/process.h"

/* What happens to it. */
enum life_event {
	LIFE_SAID_READY, /* CHANNEL_READY came */
	LIFE_HUNG_UP,    /* EOF on its channel, though it may still run */
	LIFE_TIMEOUT,    /* the deadline of its state passed */
	LIFE_SILENT,     /* it has not beaten for too long */
	LIFE_WANT,       /* the slot, given up or never used, shall have a process */
	LIFE_RETIRE,     /* the slot is given up for a successor that is ready */
	LIFE_STOP,       /* the slot is given up: finish what is in flight */
	LIFE_HURRY,      /* the slot is given up: no more patience */
	LIFE_REAPED,     /* waitpid() returned it, or it could not be forked */
	LIFE_EVENT_MAX
};

/* What the supervisor has to do about it. */
enum life_action {
	LIFE_DO_NOTHING,
	LIFE_DO_FORK,     /* start the process, set the start deadline */
	LIFE_DO_RETIRE,   /* send CHANNEL_RETIRE, set the drain deadline */
	LIFE_DO_ORDER,    /* send CHANNEL_STOP, set the drain deadline */
	LIFE_DO_WAIT,     /* set the drain deadline */
	LIFE_DO_ABORT,    /* send SIGABRT, set the abort deadline */
	LIFE_DO_KILL,     /* send SIGKILL */
	LIFE_DO_SCHEDULE, /* set the deadline by the slot's backoff */
	LIFE_DO_END,      /* nothing is left to do for this slot */
};

struct life {
	enum child_state state;
	bool wanted; /* the slot shall have a process */
};

/*
 * The only place that changes a state: moves *life on by an event and returns what
 * has to be done. A zeroed struct life with wanted set is a slot before its first
 * fork, which a LIFE_TIMEOUT starts.
 */
enum life_action life_next(struct life *life, enum life_event event) MUST_CHECK;

#endif
