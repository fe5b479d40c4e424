/* Bringing the daemon up, its loop, and taking it down. */
#include "supervisor.h"

#include <sys/signalfd.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "children.h"
#include "clock.h"
#include "config.h"
#include "daemon.h"
#include "listener.h"
#include "log.h"
#include "mem.h"
#include "privilege.h"
#include "segment.h"
#include "warm.h"

struct supervisor {
	const struct config *config;
	struct privilege privilege;
	struct pidfh *lock;
	struct segment *segment;
	struct listeners listeners, metrics;
	struct children children;
	int signals; /* signalfd */
	int notify;  /* see daemon_fork() */
	bool stopping;
	char err[1024]; /* why it could not start */
};

typedef void signal_fn(struct supervisor *, const struct signalfd_siginfo *);

static bool
logs_to(const struct supervisor *s, const char *target)
{
	return strcmp(s->config->log.target, target) == 0;
}

static void
supervisor_give(const struct supervisor *s, const char *path)
{
	if (privilege_give(&s->privilege, path) == -1)
		log_warn("cannot give %s to user \"%s\"", path, s->privilege.user);
}

/* The readers' file, made for them where only root may. If it cannot be made here, they
 * say what is wrong. */
static void
supervisor_give_access_log(const struct supervisor *s)
{
	const char *path = s->config->http.access_log;
	int fd;

	if (path[0] == '\0' || !s->privilege.drop)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd != -1)
		close(fd);
	supervisor_give(s, path);
}

/* The children write to logs that are opened, and rotated, by root. */
static void
supervisor_give_logs(const struct supervisor *s)
{
	if (!logs_to(s, "syslog") && !logs_to(s, "stderr"))
		supervisor_give(s, s->config->log.target);
	supervisor_give_access_log(s);
}

static void
on_child(struct supervisor *s, const struct signalfd_siginfo *si UNUSED)
{
	children_reap(&s->children);
}

static void
on_stop(struct supervisor *s, const struct signalfd_siginfo *si)
{
	log_info("%s by SIG%s from pid %u", s->stopping ? "hurried" : "stopping",
	    sigabbrev_np((int)si->ssi_signo), si->ssi_pid);
	/* So that new connections are refused once the readers have closed theirs. */
	listeners_close(&s->listeners);
	listeners_close(&s->metrics);
	children_stop(&s->children, s->stopping ? LIFE_HURRY : LIFE_STOP);
	s->stopping = true;
}

static void
on_refresh(struct supervisor *s, const struct signalfd_siginfo *si)
{
	log_info("refresh asked for by pid %u", si->ssi_pid);
	children_order(&s->children, ROLE_HYDRATOR, CHANNEL_REFRESH);
}

static void
on_reopen(struct supervisor *s, const struct signalfd_siginfo *si UNUSED)
{
	if (log_reopen() == -1)
		log_warn("cannot reopen %s, still writing to the old file",
		    s->config->log.target);
	supervisor_give_logs(s);
	children_order(&s->children, ROLE_MAX, CHANNEL_REOPEN);
}

static void
on_reload(struct supervisor *s UNUSED, const struct signalfd_siginfo *si)
{
	log_warnx("HUP from pid %u: this version cannot reload; restart it to use "
		  "another configuration",
	    si->ssi_pid);
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
};

void
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

static void
supervisor_signal(struct supervisor *s)
{
	struct signalfd_siginfo si;
	ssize_t n;
	size_t i;

	while ((n = read(s->signals, &si, sizeof(si))) == (ssize_t)sizeof(si))
		for (i = 0; i < NELEM(handlers); i++)
			if (handlers[i].signo == (int)si.ssi_signo)
				handlers[i].handle(s, &si);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		fatal("cannot read signals");
}

/* At most a second while something is due: deadlines are on the clock that counts
 * through a suspend (and that tests move), poll(2) is not. */
static int
supervisor_patience(const struct supervisor *s)
{
	int64_t left = children_deadline(&s->children);

	if (left == INT64_MAX)
		return -1;
	left -= clock_boot();
	if (left <= 0)
		return 0;
	return left > NSEC_PER_SEC ? 1000 : (int)(left / NSEC_PER_MSEC) + 1;
}

static void
supervisor_loop(struct supervisor *s)
{
	struct children *c = &s->children;
	struct pollfd *pfd = xcalloc(c->n + 1, sizeof(*pfd));
	size_t i;

	while (!children_gone(c)) {
		pfd[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
		for (i = 0; i < c->n; i++) /* -1 is passed over */
			pfd[i + 1] = (struct pollfd){ .fd = c->item[i].channel,
				.events = POLLIN };
		if (poll(pfd, c->n + 1, supervisor_patience(s)) == -1) {
			if (errno != EINTR)
				fatal("poll");
			continue;
		}
		for (i = 0; i < c->n; i++)
			if (pfd[i + 1].revents != 0)
				children_read(c, &c->item[i]);
		if (pfd[0].revents != 0)
			supervisor_signal(s);
		children_tick(c, clock_boot());
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

static int
status_of(int error)
{
	switch (error) {
	case EINVAL:
		return EX_CONFIG;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC:
		return EX_TEMPFAIL;
	default:
		return EXIT_FAILURE;
	}
}

/* Up to the lock nothing shared is touched. */
static int
supervisor_prepare(struct supervisor *s, bool foreground)
{
	const struct config *c = s->config;

	if (privilege_find(c->user, &s->privilege, s->err, sizeof(s->err)) == -1)
		return EX_CONFIG;
	if (log_open(c->log.target, c->log.level) == -1)
		return supervisor_refuse(s, 1, "cannot open the log %s", c->log.target);
	if (clock_init() == -1)
		return supervisor_refuse(s, 1, "cannot read HYDRATORD_TEST_CLOCK");
	if (daemon_lock(c->pidfile, &s->lock, s->err, sizeof(s->err)) == -1)
		return EXIT_FAILURE;
	supervisor_give_logs(s);
	umask(027);
	if (!foreground && daemon_fork(s->lock, &s->notify) == -1)
		return supervisor_refuse(s, 1, "cannot go into the background");
	if (pidfile_write(s->lock) == -1)
		return supervisor_refuse(s, 1, "cannot write %s", c->pidfile);
	return 0;
}

static int
supervisor_make_segment(struct supervisor *s)
{
	const char *names[SEGMENT_CATEGORIES_MAX];
	const struct config *c = s->config;
	struct segment_spec spec = {
		.name = c->segment.name,
		.capacity = (size_t)c->segment.capacity,
		.ncategories = (unsigned)c->ncategories,
		.categories = names,
		.nprocs = children_wanted(c) + 1,
		.owner = s->privilege.uid,
		.group = s->privilege.gid,
	};
	size_t i;

	if (c->ncategories > NELEM(names) || spec.nprocs > SEGMENT_PROCS_MAX) {
		errno = EINVAL;
		return supervisor_refuse(s, EX_CONFIG,
		    "%zu categories and %u processes are too many (%d, %d)",
		    c->ncategories, spec.nprocs, SEGMENT_CATEGORIES_MAX,
		    SEGMENT_PROCS_MAX);
	}
	for (i = 0; i < c->ncategories; i++)
		names[i] = c->category[i].name;
	errno = 0;
	if (segment_create(&spec, &s->segment, s->err, sizeof(s->err)) == -1)
		return status_of(errno);
	return 0;
}

static int
supervisor_open(struct supervisor *s, bool foreground)
{
	sigset_t set;
	size_t i;
	int r;

	if ((r = supervisor_make_segment(s)) != 0)
		return r;
	warm_make_dir(s->config, &s->privilege);
	warm_load(s->segment, s->config);
	if (listeners_open("listen", &s->config->listen, &s->listeners, s->err,
		sizeof(s->err)) == -1 ||
	    listeners_open("http.metrics_listen", &s->config->http.metrics_listen,
		&s->metrics, s->err, sizeof(s->err)) == -1)
		return status_of(errno);
	sigemptyset(&set);
	for (i = 0; i < NELEM(handlers); i++)
		sigaddset(&set, handlers[i].signo);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals == -1)
		return supervisor_refuse(s, 1, "signalfd");
	if (!foreground && daemon_detach(logs_to(s, "stderr")) == -1)
		return supervisor_refuse(s, 1, "cannot leave the terminal");
	return 0;
}

/* Tests and operators find the port here. */
static void
supervisor_announce(const struct supervisor *s)
{
	struct buf line = { 0 };
	size_t i;

	for (i = 0; i < s->listeners.n; i++)
		log_info("listening on %s", s->listeners.name[i]);
	for (i = 0; i < s->metrics.n; i++)
		log_info("metrics on %s", s->metrics.name[i]);
	buf_puts(&line, "serving");
	for (i = 0; i < s->config->ncategories; i++)
		buf_printf(&line, "%s %s", i ? "," : "", s->config->category[i].name);
	buf_puts(&line, " on");
	for (i = 0; i < s->listeners.n; i++)
		buf_printf(&line, "%s %s", i ? "," : "", s->listeners.name[i]);
	log_info("%.*s with %lld reader%s", (int)line.len, line.data,
	    (long long)s->config->readers, s->config->readers == 1 ? "" : "s");
	buf_free(&line);
}

static void
supervisor_serve(struct supervisor *s, role_main_fn *const roles[ROLE_MAX])
{
	s->children = (struct children){ .config = s->config,
		.segment = s->segment,
		.roles = roles,
		.listeners = &s->listeners,
		.metrics = &s->metrics,
		.counters =
		    segment_counters(s->segment, segment_nprocs(s->segment) - 1),
		.privilege = &s->privilege,
		.pidfile = s->lock,
		.keep_out = { s->signals, s->notify } };
	children_init(&s->children);
	children_tick(&s->children, clock_boot());
	supervisor_announce(s);
	daemon_up(&s->notify);
	s->children.keep_out[1] = -1;
	supervisor_loop(s);
	children_free(&s->children);
	log_info("stopped");
}

/* In the reverse order; the lock last, so that a successor finds nothing of ours. */
static void
supervisor_close(struct supervisor *s)
{
	if (s->signals != -1)
		close(s->signals);
	listeners_close(&s->listeners);
	listeners_close(&s->metrics);
	if (s->segment != NULL)
		segment_unlink(s->segment);
	segment_close(&s->segment);
	if (s->lock != NULL && pidfile_remove(s->lock) == -1)
		log_warn("cannot remove %s", s->config->pidfile);
}

int
supervisor_run(
    const struct config *config, role_main_fn *const roles[ROLE_MAX], bool foreground)
{
	struct supervisor s = { .config = config, .signals = -1, .notify = -1 };
	int status;

	/* Nothing is open yet but what the starter left so: a pipe, perhaps, whose end
	 * somebody waits for. */
	closefrom(STDERR_FILENO + 1);
	log_procinit("supervisor");
	setproctitle("supervisor");
	if ((status = supervisor_prepare(&s, foreground)) == 0 &&
	    (status = supervisor_open(&s, foreground)) == 0)
		supervisor_serve(&s, roles);
	else {
		warnx("%s", s.err);
		if (!logs_to(&s, "stderr"))
			log_warnx("not started: %s", s.err);
	}
	supervisor_close(&s);
	return status;
}
