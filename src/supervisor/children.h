/* The process slots and what runs in them. Supervisor only. */
#ifndef SUPERVISOR_CHILDREN_H
#define SUPERVISOR_CHILDREN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "child.h"
#include "life.h"

struct counters;
struct listeners;
struct pidfh;
struct privilege;

/* One slot: a role and its process, if there is one. */
struct child {
	struct life life;
	enum role role;
	unsigned index;    /* of its kind, see struct child_context */
	char title[64];    /* "reader 0", "hydrator text_generation" */
	pid_t pid;         /* 0: none; never kept after it was reaped */
	int channel;       /* -1: none */
	int64_t deadline;  /* of its state, clock_boot(); INT64_MAX: none */
	int64_t born;      /* clock_boot() of the last fork */
	unsigned failures; /* deaths since it last lived for long enough */
};

struct children {
	/* What every child is made from: borrowed, set before children_init(). */
	const struct config *config;
	struct segment *segment;
	role_main_fn *const *roles; /* by enum role */
	const struct listeners *listeners;
	const struct listeners *metrics; /* listeners too, for readers */
	struct counters *counters;       /* the supervisor's own */
	const struct privilege *privilege;
	struct pidfh *pidfile;
	int keep_out[2]; /* further descriptors of the supervisor's, -1: none */

	struct child *item; /* the hydrators, then the readers; the index is the slot */
	size_t n;
};

/* Process slots that the configuration asks for. */
unsigned children_wanted(const struct config *);

/* Makes the slots; children_tick() then starts their processes. */
void children_init(struct children *);
void children_free(struct children *);

/* What is due at clock_boot() `now`: first starts, restarts, the end of patience. */
void children_tick(struct children *, int64_t now);
/* The next deadline of any, INT64_MAX: none. */
int64_t children_deadline(const struct children *);

/* Buries every child that died (SIGCHLDs merge). One line in the log each. */
void children_reap(struct children *);
/* Reads what a child said, down to nothing or EOF. */
void children_read(struct children *, struct child *);

/* Sends an order to each running child of a role, ROLE_MAX: of all. One that has not
 * yet read the last orders is left alone: it has been asked. */
void children_order(struct children *, enum role, enum channel_type);
/* Gives up every slot: LIFE_STOP, or LIFE_HURRY. */
void children_stop(struct children *, enum life_event);
/* True once every slot was given up and has no process. */
bool children_gone(const struct children *);

#endif
