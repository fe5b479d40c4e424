/* The loop of the daemon, and what signals mean. */
#include "supervisor/bringup.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "shm/counters.h"
#include "shm/order.h"
#include "supervisor/handover.h"
#include "supervisor/keep.h"
#include "supervisor/notify.h"
#include "supervisor/relief.h"
#include "supervisor/status.h"

/* What crashes later begins anew with short delays; as for children (life.c). */
#define HEALTHY_AFTER (60 * NSEC_PER_SEC)

#define SIGNALS_A_TURN 256

typedef void signal_fn(struct supervisor *, const struct signalfd_siginfo *);

void
supervisor_reap(struct supervisor *s)
{
	struct crew *w;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (upgrade_bury(&s->upgrade, pid, status))
			continue;
		TAILQ_FOREACH (w, &s->reload.crews, entry)
			if (children_bury(&w->children, pid, status))
				break;
	}
	/* One that is nobody's was adopted: we are pid 1, or a subreaper. */
}

/* SIGCHLDs merge. */
static void
on_child(struct supervisor *s, const struct signalfd_siginfo *si UNUSED)
{
	supervisor_reap(s);
}

static void
supervisor_stop(struct supervisor *s, enum life_event event, bool held)
{
	upgrade_abandon(&s->upgrade);
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

	if (r->serving == NULL || r->upgrading)
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
		if (s->start->handover != NULL)
			handover_close(s->start->handover);
		supervisor_tell_ready(s);
		break;
	case RELOAD_KEPT:
		if (s->reload.upgrading)
			upgrade_give_back(&s->upgrade, s->reload.text);
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

void
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
	if (s->orders.upgrade != 0)
		upgrade_ask(&s->upgrade, s->orders.upgrade);
	s->orders.upgrade = 0;
	upgrade_step(&s->upgrade, now);
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

/* The signals, what is tried out, then every channel; one of -1 is passed over. */
static nfds_t
supervisor_watch(const struct supervisor *s, struct pollfd **pfd)
{
	int64_t now = clock_boot();
	const struct crew *w;
	size_t i;
	nfds_t n = 2;

	TAILQ_FOREACH (w, &s->reload.crews, entry)
		n += w->children.n;
	*pfd = xreallocarray(*pfd, n, sizeof(**pfd));
	(*pfd)[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	(*pfd)[1] =
	    (struct pollfd){ .fd = upgrade_descriptor(&s->upgrade), .events = POLLIN };
	n = 2;
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

	if (pfd[1].revents != 0)
		upgrade_read(&s->upgrade);
	pfd += 2;
	TAILQ_FOREACH (w, &s->reload.crews, entry)
		for (i = 0; i < w->children.n; i++, pfd++)
			if (pfd->revents != 0)
				children_read(&w->children, &w->children.item[i]);
}

void
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

int
supervisor_open_signals(struct supervisor *s)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < NELEM(handlers); i++)
		sigaddset(&set, handled_signal(i));
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals == -1 ? -1 : 0;
}
