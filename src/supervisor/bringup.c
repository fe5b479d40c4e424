/* Bringing the daemon up, or taking over one that is, and taking it down. */
#include "supervisor/bringup.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/oom.h"
#include "supervisor/adopt.h"
#include "supervisor/failure.h"
#include "supervisor/handover.h"
#include "supervisor/keep.h"
#include "supervisor/logs.h"
#include "supervisor/notify.h"
#include "supervisor/rights.h"

/* Instead of an exit status: a stop came before the start. */
#define SUPERVISOR_STOPPED (-1)

static int PRINTF_LIKE(3, 4)
    supervisor_refuse(struct supervisor *s, int status, const char *fmt, ...)
{
	va_list ap;
	size_t n;
	int saved = errno;

	va_start(ap, fmt);
	vsnprintf(s->err, sizeof(s->err), fmt, ap);
	va_end(ap);
	n = strlen(s->err);
	snprintf(s->err + n, sizeof(s->err) - n, ": %s", strerror(saved));
	return status;
}

/* For how long, in nanoseconds, a start tries again what orphans may hold. */
#define ORPHANS_PATIENCE (5 * NSEC_PER_SEC)
#define ORPHANS_PAUSE (20 * NSEC_PER_MSEC)

/* Up to the lock nothing shared is touched. */
static int
supervisor_prepare(struct supervisor *s)
{
	const struct config *c = s->start->config;

	if (privilege_find(c->user, &s->privilege, s->err, sizeof(s->err)) == -1)
		return EX_CONFIG;
	if (logs_open(c, s->start->foreground, s->err, sizeof(s->err)) == -1)
		return failure_status(errno);
	if (rights_check(c, &s->privilege, s->err, sizeof(s->err)) == -1)
		return failure_status(errno);
	if (clock_init() == -1)
		return supervisor_refuse(s, 1, "cannot read HYDRATORD_TEST_CLOCK");
	if (failure_wait(failure_after_crash(&s->passed)))
		return SUPERVISOR_STOPPED;
	if (daemon_lock(c->pidfile, s->start->foreground, &s->lock, s->err,
		sizeof(s->err)) == -1)
		return failure_status(errno);
	logs_tell_of_silence(c, s->start->foreground);
	umask(027);
	if (!s->start->foreground && daemon_fork(&s->lock, &s->notify) == -1)
		return supervisor_refuse(s, 1, "cannot go into the background");
	oom_open();
	if (privilege_open_to_user(c->supervisor.core_dumps) == -1)
		return supervisor_refuse(s, EXIT_FAILURE, "prctl(PR_SET_DUMPABLE)");
	if (daemon_write_pid(&s->lock) == -1)
		return supervisor_refuse(s, 1, "cannot write %s", c->pidfile);
	return 0;
}

/* Instead of preparing and opening: what an earlier program has prepared and opened. */
static int
supervisor_adopt(struct supervisor *s)
{
	const struct config *c = s->start->config;
	struct handover *h = s->start->handover;
	int status;

	/* A program that was started by its descriptor has a number for a name. */
	(void)prctl(PR_SET_NAME, "hydratord");
	if (privilege_find(c->user, &s->privilege, s->err, sizeof(s->err)) == -1)
		return EX_CONFIG;
	if (logs_open(c, s->start->foreground, s->err, sizeof(s->err)) == -1)
		return failure_status(errno);
	if (clock_init() == -1)
		return supervisor_refuse(s, 1, "cannot read HYDRATORD_TEST_CLOCK");
	oom_open();
	if (privilege_open_to_user(c->supervisor.core_dumps) == -1)
		return supervisor_refuse(s, EXIT_FAILURE, "prctl(PR_SET_DUMPABLE)");
	if (supervisor_open_signals(s) == -1)
		return supervisor_refuse(s, 1, "signalfd");
	if ((status = adopt_crews(&s->reload, h, s->err, sizeof(s->err))) != 0)
		return status;
	s->lock.adopted = h->lock != -1 ? h->lock : 0;
	h->lock = -1;
	s->passed = h->passed;
	h->passed = (struct activation){ .fd = NULL };
	upgrade_adopted(&s->upgrade);
	if (h->back)
		handover_close(h);
	/* Who ended while one program became the other has no signal any more. */
	supervisor_reap(s);
	supervisor_tick(s);
	return 0;
}

/* The children of a supervisor that was killed die with it, but each has the sockets
 * until it gets a processor to do so. */
static int
supervisor_open_crew(struct supervisor *s)
{
	const struct timespec pause = { .tv_nsec = ORPHANS_PAUSE };
	int64_t end = clock_boot() + ORPHANS_PATIENCE;
	int status;

	while (
	    (status = reload_open(&s->reload, s->err, sizeof(s->err))) == EX_TEMPFAIL &&
	    s->lock.left && clock_boot() < end)
		(void)nanosleep(&pause, NULL);
	return status;
}

static int
supervisor_open(struct supervisor *s)
{
	int status;

	status = supervisor_open_crew(s);
	if (status == EX_TEMPFAIL && keep_no_sockets(&s->passed) > 0)
		status = reload_open(&s->reload, s->err, sizeof(s->err));
	if (status != 0)
		return status;
	if (supervisor_open_signals(s) == -1)
		return supervisor_refuse(s, 1, "signalfd");
	if (!s->start->foreground &&
	    daemon_detach(logs_to(s->start->config, "stderr")) == -1)
		return supervisor_refuse(s, 1, "cannot leave the terminal");
	reload_start(&s->reload);
	return 0;
}

/* In the reverse order; the lock last, so that a successor finds nothing of ours. */
static void
supervisor_close(struct supervisor *s)
{
	if (s->signals != -1)
		close(s->signals);
	reload_close(&s->reload);
	activation_close(&s->passed);
	if (daemon_unlock(&s->lock, s->start->config->pidfile) == -1)
		log_warn("cannot remove %s", s->start->config->pidfile);
}

static int
supervisor_begin(struct supervisor *s)
{
	const struct supervisor_start *start = s->start;
	int status;

	s->reload.start = start;
	s->reload.privilege = &s->privilege;
	s->reload.passed = &s->passed;
	s->upgrade.reload = &s->reload;
	s->upgrade.lock = &s->lock;
	if (start->handover == NULL) {
		status = supervisor_prepare(s);
		return status != 0 ? status : supervisor_open(s);
	}
	status = supervisor_adopt(s);
	if (status != 0 && handover_return(start->handover, start->path,
			       start->foreground, s->err) == -1)
		log_err("what was handed over cannot be given back");
	return status;
}

int
supervisor_run(const struct supervisor_start *start)
{
	struct supervisor s = { .start = start, .signals = -1, .notify = -1 };
	int64_t delay;
	int status;

	TAILQ_INIT(&s.reload.crews);
	/* Nothing is open yet but what the starter left so: a pipe, perhaps, whose end
	 * somebody waits for, and the sockets of a service manager. */
	if (start->handover == NULL)
		closefrom(activation_open(&s.passed));
	log_procinit("supervisor");
	setproctitle("supervisor");
	notify_open();
	if ((status = supervisor_begin(&s)) == 0) {
		supervisor_loop(&s);
		status = s.status;
		log_info("stopped");
	} else if (status == SUPERVISOR_STOPPED)
		status = 0;
	else
		logs_tell_why(s.err);
	delay = failure_put_off(status, s.err, &s.passed);
	supervisor_close(&s);
	(void)failure_wait(delay);
	return status;
}
