/* The process slots of one configuration, and what runs in them. Supervisor only. */
#ifndef SUPERVISOR_CHILDREN_H
#define SUPERVISOR_CHILDREN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_level.h"
#include "proc/channel.h"
#include "proc/child.h"
#include "shm/counters.h"
#include "supervisor/life.h"
#include "supervisor/pulse.h"

struct listeners;
struct privilege;

/* One slot: a role and its process, if there is one. */
struct child {
	struct life life;
	struct pulse pulse;
	enum role role;
	unsigned index;       /* of its kind, see struct child_context */
	char title[64];       /* "reader 0", "hydrator text_generation" */
	pid_t pid;            /* 0: none; never kept after it was reaped */
	int channel;          /* -1: none */
	int64_t deadline;     /* of its state, clock_boot(); INT64_MAX: none */
	int64_t born;         /* clock_boot() of the last fork */
	unsigned failures;    /* deaths since it last lived for long enough */
	bool owed;            /* a refresh was asked for that no process has taken */
	bool refreshed;       /* its process was sent one, */
	uint64_t knew;        /* when it had heard of so many (struct ledger_refresh) */
	bool reopen;          /* the logs were opened anew, and it has not taken them */
	enum log_level level; /* that its process has, or will have read of */
	/* Until when CHANNEL_ACCEPT waits for a process that takes it, clock_boot();
	 * 0: none was ordered that was not taken. */
	int64_t accept_until;
	/* Of a hydrator: readers ask for a refresh that is not ordered yet, and when
	 * the next one may be, clock_boot() (asking.h). */
	bool asked;
	int64_t asked_next;
	/* Messages since then, clock_boot(), and when that was. */
	unsigned heard;
	int64_t heard_since;
	/* Of processes of the slot that were replaced (shm/process.h). */
	uint64_t deaths[DEATH_MAX];
	int64_t last_death; /* clock_wall(); 0: none */
	int last_status;    /* wait(2) */
};

struct children {
	/* What every child is made from: borrowed, set before children_init(). */
	const struct config *config;
	struct segment *segment;
	role_main_fn *const *roles;        /* by enum role */
	const struct listeners *listeners; /* LISTEN_KINDS of them, for readers */
	struct counters *counters;         /* where deaths are counted */
	const struct privilege *privilege;
	int access_log; /* of the readers, -1: none */
	bool heirs;     /* they follow those of another configuration */
	bool foreign;   /* the processes have another segment: crew.h */

	struct child *item; /* the hydrators, then the readers; the index is the slot */
	size_t n;
	int64_t ticked; /* clock_boot() of the last tick */
	/* Bits 1 << index: categories that the readers ask to refresh. */
	uint32_t asked;
};

/* Process slots that the configuration asks for. */
unsigned children_wanted(const struct config *);

/* Makes the slots, none of them wanted. */
void children_init(struct children *);
void children_free(struct children *);

/* Tells a slot, or all of a role (ROLE_MAX: of every role), of LIFE_WANT, LIFE_RETIRE,
 * LIFE_STOP or LIFE_HURRY. */
void child_tell(struct children *, struct child *, enum life_event);
void children_tell(struct children *, enum role, enum life_event);

/* What is due at clock_boot() `now`: restarts, the end of patience, hearts that
 * stopped. At least once a second. */
void children_tick(struct children *, int64_t now);
/* The next deadline of any, INT64_MAX: none. */
int64_t children_deadline(const struct children *);

/* Buries the child of that pid, with one line in the log. Returns false if it is none
 * of these. */
bool children_bury(struct children *, pid_t, int status);
/* Reads what a child said, down to nothing, EOF, or the end of its share. */
void children_read(struct children *, struct child *);
/* What to poll for that; -1: there is nothing, or it has had its share of this second,
 * whatever it says, so that no child keeps the supervisor busy. */
int child_channel(const struct child *, int64_t now);

/* Notes what each process takes (usage.h). */
void children_measure(const struct children *);

/* Sends CHANNEL_REFRESH to a hydrator, now or when it has a process that reads its
 * orders. */
void child_order_refresh(const struct children *, struct child *);

/* The same with CHANNEL_ACCEPT; after upstream.cycle_timeout it is dropped. */
void child_order_accept(const struct children *, struct child *);

/* Passes the logs, which were opened anew, to each running child, now or when it reads
 * its orders. */
void children_reopen_logs(struct children *);

/* True if no slot has a process or shall have one. */
bool children_gone(const struct children *);
/* True if every slot of the role has a process that is ready. */
bool children_ready(const struct children *, enum role);
/* True if every process that said it was ready still beats. */
bool children_beat(const struct children *);

#endif
