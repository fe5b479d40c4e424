/* What the supervisor's process has, and the parts of its life. Only bringup.c and
 * supervisor.c include it. */
#ifndef SUPERVISOR_BRINGUP_H
#define SUPERVISOR_BRINGUP_H

#include <stdint.h>

#include "proc/privilege.h"
#include "supervisor/activation.h"
#include "supervisor/daemon.h"
#include "supervisor/orders.h"
#include "supervisor/reload.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"

struct supervisor {
	const struct supervisor_start *start;
	struct privilege privilege;
	struct activation passed;
	struct daemon_lock lock;
	struct reload reload;
	struct orders orders;
	struct upgrade upgrade;
	int signals; /* signalfd */
	int notify;  /* see daemon_fork() */
	int64_t
	    watchdog;    /* when the service manager is to hear from us, clock_boot() */
	int64_t healthy; /* when a crash would be the first one, clock_boot(); 0: is */
	char told[400];  /* what the service manager was told last of our state */
	int status;      /* to exit with */
	char err[1024];  /* why it could not start */
};

/* Opens s->signals. Returns 0, or -1 with errno. */
int supervisor_open_signals(struct supervisor *) MUST_CHECK;

/* Buries every child that has ended. */
void supervisor_reap(struct supervisor *);
/* What is due: after whatever happened, and once a second. */
void supervisor_tick(struct supervisor *);
/* Until all crews are gone. */
void supervisor_loop(struct supervisor *);

#endif
