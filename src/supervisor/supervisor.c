/* Bringing the daemon up, its loop, and taking it down. */
#include "supervisor/supervisor.h"

#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <libutil.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "proc/oom.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/order.h"
#include "supervisor/activation.h"
#include "supervisor/daemon.h"
#include "supervisor/failure.h"
#include "supervisor/keep.h"
#include "supervisor/logs.h"
#include "supervisor/notify.h"
#include "supervisor/orders.h"
#include "supervisor/relief.h"
#include "supervisor/reload.h"
#include "supervisor/rights.h"
#include "supervisor/status.h"

struct supervisor {
	const struct supervisor_start *start;
	struct privilege privilege;
	struct activation passed;
	struct pidfh *lock;
	struct reload reload;
	struct orders orders;
	int signals; /* signalfd */
	int notify;  /* see daemon_fork() */
	int64_t
	    watchdog;    /* when the service manager is to hear from us, clock_boot() */
	int64_t healthy; /* when a crash would be the first one, clock_boot(); 0: is */
	char told[400];  /* what the service manager was told last of our state */
	int status;      /* to exit with */
	char err[1024];  /* why it could not start */
};

/* What crashes later begins anew with short delays; as for children (life.c). */
#define HEALTHY_AFTER (60 * NSEC_PER_SEC)

#define SIGNALS_A_TURN 256

/* Instead of an exit status: a stop came before the start. */
#define SUPERVISOR_STOPPED (-1)

typedef void signal_fn(struct supervisor *, const struct signalfd_siginfo *);

/* SIGCHLDs merge. */
static void
on_child(struct supervisor *s, const struct signalfd_siginfo *si UNUSED)
{
	struct crew *w;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		TAILQ_FOREACH (w, &s->reload.crews, entry)
			if (children_bury(&w->children, pid, status))
				break;
	/* One that is nobody's was adopted: we are pid 1, or a subreaper. */
}

static void
supervisor_stop(struct supervisor *s, enum life_event event, bool held)
{
	notify_stopping();
	notify_status("stopping: answers under way are finished");
	relief_stop(&s->reload, event, held || notify_is_heard());
}

static void
on_stop(struct supervisor *s, const struct signalfd_siginfo *si)
{
	int value = si->ssi_code == SI_QUEUE ? si->ssi_int : 0;

	log_info("%s by SIG%s from pid %u", s->reload.stopping ? "hurried" : "stopping",
	    sigabbrev_np((int)si->ssi_signo), si->ssi_pid);
	supervisor_stop(s,
	    s->reload.stopping || value == ORDER_STOP_NOW ? LIFE_HURRY : LIFE_STOP,
	    value == ORDER_STOP_HELD);
}

static void
on_refresh(struct supervisor *s, const struct signalfd_siginfo *si)
{
	orders_refresh(&s->reload, (pid_t)si->ssi_pid);
}

static void
on_order(struct supervisor *s, const struct signalfd_siginfo *si)
{
	orders_take(&s->orders, &s->reload, si);
}

static void
on_reopen(struct supervisor *s, const struct signalfd_siginfo *si UNUSED)
{
	orders_reopen(&s->orders);
}

static void
on_reload(struct supervisor *s, const struct signalfd_siginfo *si)
{
	if (s->reload.stopping)
		return;
	log_info("reload asked for by pid %u", si->ssi_pid);
	notify_reloading();
	reload_ask(&s->reload);
}

static const struct {
	int signo;
	signal_fn *handle;
} handlers[] = {
	{ SIGCHLD, on_child },
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGUSR1, on_refresh },
	{ SIGUSR2, on_reopen },
	{ SIGHUP, on_reload },
	{ 0, on_order },
};

/* ORDER_SIGNAL is no constant. */
static int
handled_signal(size_t i)
{
	return handlers[i].signo != 0 ? handlers[i].signo : ORDER_SIGNAL;
}

static void
supervisor_block_signals(void)
{
	static const int kept[] = { SIGQUIT, SIGABRT, SIGTSTP, SIGTTIN, SIGTTOU,
		SIGCONT };
	sigset_t set;
	size_t i;

	sigfillset(&set);
	for (i = 0; i < NELEM(kept); i++)
		sigdelset(&set, kept[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

void
supervisor_set_up_process(void)
{
	daemon_open_standard();
	signal(SIGCHLD, SIG_DFL);
	supervisor_block_signals();
}

/* Not all there are: whoever queues them without end stops nothing else. */
static void
supervisor_signal(struct supervisor *s)
{
	struct signalfd_siginfo si;
	int left = SIGNALS_A_TURN;
	ssize_t n = 0;
	size_t i;

	while (left-- > 0 &&
	       (n = read(s->signals, &si, sizeof(si))) == (ssize_t)sizeof(si))
		for (i = 0; i < NELEM(handlers); i++)
			if (handled_signal(i) == (int)si.ssi_signo)
				handlers[i].handle(s, &si);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		fatal("cannot read signals");
}

/* Each reload is announced when it is asked for, so one that follows at once would be
 * over, to the manager, before it has begun. */
static void
supervisor_tell_ready(const struct supervisor *s)
{
	if (!s->reload.wanted)
		notify_ready();
}

/* Looked at once a second, said when it changes. */
static void
supervisor_tell_status(struct supervisor *s, int64_t now)
{
	const struct reload *r = &s->reload;
	char line[sizeof(s->told)];

	if (r->serving == NULL)
		return;
	status_line(r->serving, now, r->refused ? r->text : "", line, sizeof(line));
	if (strcmp(line, s->told) == 0)
		return;
	memcpy(s->told, line, sizeof(line));
	notify_status(line);
}

/* What a change of crews means to those outside. */
static void
supervisor_tell(struct supervisor *s, enum reload_event event)
{
	switch (event) {
	case RELOAD_UP:
		crew_announce(s->reload.serving);
		daemon_up(&s->notify);
		keep_sockets(&s->passed, s->reload.serving->listeners);
		keep_up(&s->passed, false);
		s->healthy = clock_boot() + HEALTHY_AFTER;
		if (s->reload.outcome == ORDER_DONE)
			orders_forget(&s->orders);
		supervisor_tell_ready(s);
		break;
	case RELOAD_KEPT:
		supervisor_tell_ready(s);
		break;
	case RELOAD_FAILED:
		s->status = EXIT_FAILURE;
		strlcpy(s->err, "its readers are not ready in time", sizeof(s->err));
		supervisor_stop(s, LIFE_STOP, false);
		break;
	case RELOAD_NOTHING:
		break;
	}
}

/* A manager that does not hear from us kills us: it does as long as every process that
 * is at work beats. One that crashes again and again is not cured by that. */
static void
supervisor_ping(struct supervisor *s, int64_t now)
{
	const struct crew *w = s->reload.serving;
	int64_t interval = notify_watchdog_interval();

	if (interval == 0 || now < s->watchdog)
		return;
	if (w != NULL && !children_beat(&w->children))
		return;
	notify_watchdog();
	s->watchdog = now + interval / 2;
}

static void
supervisor_note_health(struct supervisor *s, int64_t now)
{
	if (s->healthy == 0 || now < s->healthy)
		return;
	s->healthy = 0;
	keep_up(&s->passed, true);
}

static void
supervisor_tick(struct supervisor *s)
{
	int64_t now = clock_boot();
	enum reload_event event;
	struct crew *w;

	orders_tick(&s->orders, &s->reload, now);
	TAILQ_FOREACH (w, &s->reload.crews, entry) {
		children_tick(&w->children, now);
		atomic_store_explicit(
		    &crew_counters(w)->heartbeat, now, memory_order_relaxed);
	}
	event = reload_step(&s->reload, now);
	supervisor_tell_status(s, now);
	supervisor_tell(s, event);
	reload_report(&s->reload);
	if (s->reload.serving != NULL)
		counter_add(crew_counters(s->reload.serving), COUNTER_LOG_LOST,
		    log_take_losses());
	reload_measure(&s->reload, now);
	supervisor_ping(s, now);
	supervisor_note_health(s, now);
}

/* A second at most: hearts are looked at, and deadlines are on the clock that counts
 * through a suspend (and that tests move), poll(2) is not. */
static int
supervisor_patience(const struct supervisor *s)
{
	int64_t due, left = NSEC_PER_SEC, now = clock_boot();
	const struct crew *w;

	TAILQ_FOREACH (w, &s->reload.crews, entry) {
		due = children_deadline(&w->children);
		if (due < now + left)
			left = due - now;
	}
	return left <= 0 ? 0 : (int)((left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

/* The signals, then every channel; one of -1 is passed over. */
static nfds_t
supervisor_watch(const struct supervisor *s, struct pollfd **pfd)
{
	int64_t now = clock_boot();
	const struct crew *w;
	size_t i;
	nfds_t n = 1;

	TAILQ_FOREACH (w, &s->reload.crews, entry)
		n += w->children.n;
	*pfd = xreallocarray(*pfd, n, sizeof(**pfd));
	(*pfd)[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	n = 1;
	TAILQ_FOREACH (w, &s->reload.crews, entry)
		for (i = 0; i < w->children.n; i++)
			(*pfd)[n++] = (struct pollfd){ .fd = child_channel(
							   &w->children.item[i], now),
				.events = POLLIN };
	return n;
}

/* In the order of supervisor_watch(); crews come and go only in supervisor_tick(). */
static void
supervisor_listen(struct supervisor *s, const struct pollfd *pfd)
{
	struct crew *w;
	size_t i;

	pfd++;
	TAILQ_FOREACH (w, &s->reload.crews, entry)
		for (i = 0; i < w->children.n; i++, pfd++)
			if (pfd->revents != 0)
				children_read(&w->children, &w->children.item[i]);
}

static void
supervisor_loop(struct supervisor *s)
{
	struct pollfd *pfd = NULL;
	nfds_t n;

	while (!TAILQ_EMPTY(&s->reload.crews)) {
		n = supervisor_watch(s, &pfd);
		if (poll(pfd, n, supervisor_patience(s)) == -1) {
			if (errno != EINTR)
				fatal("poll");
			continue;
		}
		supervisor_listen(s, pfd);
		if (pfd[0].revents != 0)
			supervisor_signal(s);
		supervisor_tick(s);
	}
	free(pfd);
}

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
	if (!s->start->foreground && daemon_fork(s->lock, &s->notify) == -1)
		return supervisor_refuse(s, 1, "cannot go into the background");
	oom_open();
	if (privilege_open_to_user(c->supervisor.core_dumps) == -1)
		return supervisor_refuse(s, EXIT_FAILURE, "prctl(PR_SET_DUMPABLE)");
	if (s->lock != NULL && pidfile_write(s->lock) == -1)
		return supervisor_refuse(s, 1, "cannot write %s", c->pidfile);
	return 0;
}

static int
supervisor_open(struct supervisor *s)
{
	sigset_t set;
	size_t i;
	int status;

	s->reload.start = s->start;
	s->reload.privilege = &s->privilege;
	s->reload.passed = &s->passed;
	status = reload_open(&s->reload, s->err, sizeof(s->err));
	if (status == EX_TEMPFAIL && keep_no_sockets(&s->passed) > 0)
		status = reload_open(&s->reload, s->err, sizeof(s->err));
	if (status != 0)
		return status;
	sigemptyset(&set);
	for (i = 0; i < NELEM(handlers); i++)
		sigaddset(&set, handled_signal(i));
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals == -1)
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
	if (s->lock != NULL && pidfile_remove(s->lock) == -1)
		log_warn("cannot remove %s", s->start->config->pidfile);
}

int
supervisor_run(const struct supervisor_start *start)
{
	struct supervisor s = { .start = start, .signals = -1, .notify = -1 };
	int64_t delay;
	int status;

	/* Nothing is open yet but what the starter left so: a pipe, perhaps, whose end
	 * somebody waits for, and the sockets of a service manager. */
	closefrom(activation_open(&s.passed));
	log_procinit("supervisor");
	setproctitle("supervisor");
	notify_open();
	if ((status = supervisor_prepare(&s)) == 0 &&
	    (status = supervisor_open(&s)) == 0) {
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
