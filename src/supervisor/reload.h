/*
 * One crew after another: the first one comes up, a reload raises a second one beside
 * it, and once that one is ready it serves and the old one retires. So does a segment
 * that has to grow. Supervisor only.
 */
#ifndef SUPERVISOR_RELOAD_H
#define SUPERVISOR_RELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/daemon.h"
#include "shm/order.h"
#include "supervisor/crew.h"
#include "supervisor/grow.h"
#include "supervisor/supervisor.h"

struct reload {
	/* Borrowed, set before reload_open(). */
	const struct supervisor_start *start;
	const struct privilege *privilege;
	const struct activation *passed;

	struct crews crews;   /* all that have processes, the oldest first */
	struct crew *serving; /* NULL until the first one is ready */
	struct crew *rising;  /* becomes `serving` when its readers are ready */
	int64_t deadline;     /* for that, clock_boot() */
	bool wanted;          /* a reload was asked for that has not begun */
	bool held;            /* none is begun: an upgrade is under way */
	bool saving;          /* and hydrators have stopped for it */
	/* `serving` is that of an earlier program, until the reload that has been asked
	 * for replaces it (adopt.h); then, whether one was asked for besides. */
	bool upgrading, wanted_also;
	bool growing;     /* `rising` has the configuration of `serving` */
	struct grow grow; /* of `serving` */
	bool stopping;    /* nothing is started any more, but a relief */
	/* Of a stop with sockets that others hold for a successor. */
	struct crew *leaving; /* whose readers are waited for; NULL: nobody's */
	struct crew *relief;  /* serves meanwhile; NULL: none */
	int64_t relief_due;   /* when to raise it, later when to hurry it */
	int64_t measure;      /* when processes are measured next, clock_boot() */
	/* Of a reload that has ended, until reload_report(); 0: none has. */
	enum order_outcome outcome;
	bool refused;               /* the last one was, and text says why */
	char text[ORDER_TEXT_SIZE]; /* as in struct order_state */
	struct daemon_facts facts;  /* what stands in the segment of `serving` */
};

enum reload_event {
	RELOAD_NOTHING,
	RELOAD_UP,     /* a crew has begun to serve */
	RELOAD_KEPT,   /* a reload failed, the old crew goes on; said in the log */
	RELOAD_FAILED, /* the first crew did not come up; said in the log */
};

/* Opens the first crew. Returns as crew_open(). */
int reload_open(struct reload *, char *err, size_t errlen) MUST_CHECK;
/* Starts its processes. */
void reload_start(struct reload *);

/* HUP. Many, while one is under way, are one more. */
void reload_ask(struct reload *);

/* Whether one more crew may be raised beside those that have processes. */
bool reload_has_room(const struct reload *) MUST_CHECK;

/* What is due: called after whatever happened to a process, and once a second. */
enum reload_event reload_step(struct reload *, int64_t now) MUST_CHECK;

/* Notes every USAGE_INTERVAL, and for a crew that has begun to serve, what all
 * processes take (usage.h), and how many former crews there are. */
void reload_measure(struct reload *, int64_t now);

/* After reload_step(), and when all others know: whoever asked for a reload that has
 * ended finds that in the segment. */
void reload_report(struct reload *);

/* Closes the crews that are left when the daemon ends before it has begun. */
void reload_close(struct reload *);

#endif
