/* A signal to the holder of the lock, and its answer from the segment. */
#include "supervisor/ask.h"

#include <sys/pidfd.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/pidfile.h"
#include "config/config.h"
#include "shm/ledger.h"
#include "shm/order.h"
#include "shm/segment.h"

#define LOOK_MS 20
/* Beyond what the supervisor itself waits for: a machine that has no time for us. */
#define ASK_GRACE 15

static bool
supervisor_has_ended(int process)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	return poll(&p, 1, LOOK_MS) == 1;
}

/* A control process of the supervisor's own unit (ExecReload; MAINPID is systemd's)
 * writes to the journal in which the supervisor has said the same, unless its log is a
 * file. */
static bool
journal_has_it(const struct config *c, pid_t supervisor)
{
	const char *main_process = getenv("MAINPID"), *bad;

	return main_process != NULL &&
	       strtonum(main_process, 1, INT_MAX, &bad) == supervisor &&
	       journal_is_stderr() && c->log.target[0] != '/';
}

static int
ask_tell(const struct config *c, pid_t pid, const struct order_state *s)
{
	if (s->outcome == ORDER_DONE) {
		fputs(s->text, stderr);
		return EXIT_SUCCESS;
	}
	if (!journal_has_it(c, pid))
		journal_tell(LOG_ERR,
		    "hydratord: not reloaded, the old configuration stays in use: %s",
		    s->text);
	return EXIT_FAILURE;
}

/* Looks until a reload has ended that began after the one numbered `before`. */
static int
ask_await(const struct config *c, int process, pid_t pid, uint64_t before)
{
	int64_t patience = c->supervisor.start_timeout + c->supervisor.drain_timeout +
			   ASK_GRACE,
		end = clock_boot() + patience * NSEC_PER_SEC;
	struct order_state s;

	while (!supervisor_has_ended(process)) {
		if (order_read(c->segment.name, pid, ORDER_OF_RELOAD, &s) == 0 &&
		    s.ended > before)
			return ask_tell(c, pid, &s);
		if (clock_boot() > end) {
			journal_tell(LOG_ERR,
			    "hydratord: the reload has not ended within %lld s: see "
			    "the log",
			    (long long)patience);
			return EXIT_FAILURE;
		}
	}
	journal_tell(LOG_ERR, "hydratord: not reloaded: it has stopped");
	return ASK_NOT_RUNNING;
}

static int
ask_process(const struct config *c, int process, pid_t pid)
{
	struct order_state s = { 0 };
	bool seen = order_read(c->segment.name, pid, ORDER_OF_RELOAD, &s) == 0;
	int saved = errno;

	if (pidfd_send_signal(process, SIGHUP, NULL, 0) == -1) {
		saved = errno;
		journal_tell(LOG_ERR,
		    "hydratord: cannot signal the supervisor, pid %d: %s", (int)pid,
		    strerror(saved));
		return saved == ESRCH ? ASK_NOT_RUNNING : EXIT_FAILURE;
	}
	if (seen)
		return ask_await(c, process, pid, s.begun);
	journal_tell(LOG_ERR,
	    "hydratord: pid %d was told to reload, but its result is not to be seen in "
	    "segment.name "
	    "(%s): %s: see the log",
	    (int)pid, c->segment.name, strerror(saved));
	return EXIT_FAILURE;
}

/* Of a category in the segment that is in use now. Returns false if it is not there;
 * the number of its latch and how many of its orders have ended, and of the last what
 * came of it, are set otherwise. */
static bool
ledger_look(const struct config *c, pid_t pid, const char *category,
    struct segment **seg, unsigned *index, struct ledger *l)
{
	int latch;

	if (segment_look(c->segment.name, pid, seg) == -1)
		return false;
	if ((latch = segment_find_category(*seg, category)) != -1) {
		*index = (unsigned)latch;
		ledger_read(*seg, *index, l);
		return true;
	}
	segment_close(seg);
	errno = ENOENT;
	return false;
}

static int
accept_await(const struct config *c, int process, pid_t pid, const char *category,
    uint64_t before)
{
	/* A cycle may be under way, and another one follows. */
	int64_t patience = 2 * c->upstream.cycle_timeout + ASK_GRACE,
		end = clock_boot() + patience * NSEC_PER_SEC;
	struct segment *seg;
	struct ledger l;
	unsigned index;

	while (!supervisor_has_ended(process)) {
		if (ledger_look(c, pid, category, &seg, &index, &l)) {
			segment_close(&seg);
			if (l.orders > before && l.order_done == 1) {
				printf("%s: %s\n", category, l.order_text);
				return EXIT_SUCCESS;
			}
			if (l.orders > before) {
				journal_tell(LOG_ERR, "hydratord: %s: not accepted: %s",
				    category, l.order_text);
				return EXIT_FAILURE;
			}
		}
		if (clock_boot() > end) {
			journal_tell(LOG_ERR,
			    "hydratord: %s: no answer within %lld s: see the log",
			    category, (long long)patience);
			return EXIT_FAILURE;
		}
	}
	journal_tell(
	    LOG_ERR, "hydratord: %s: not accepted: the daemon has stopped", category);
	return ASK_NOT_RUNNING;
}

static int
accept_send(const struct config *c, int process, pid_t pid, const char *category)
{
	siginfo_t order = { .si_signo = ORDER_SIGNAL, .si_code = SI_QUEUE };
	struct segment *seg;
	struct ledger l;
	unsigned index;
	int status;

	if (!ledger_look(c, pid, category, &seg, &index, &l)) {
		journal_tell(LOG_ERR, "hydratord: %s is not to be seen in %s: %s",
		    category, c->segment.name, strerror(errno));
		return EXIT_FAILURE;
	}
	order.si_pid = getpid();
	order.si_uid = getuid();
	order.si_value.sival_int = order_value(seg, ORDER_ACCEPT, 1u << index);
	segment_close(&seg);
	if (pidfd_send_signal(process, ORDER_SIGNAL, &order, 0) == -1) {
		status = errno == ESRCH ? ASK_NOT_RUNNING : EXIT_FAILURE;
		journal_tell(LOG_ERR,
		    "hydratord: cannot signal the supervisor, pid %d: %s", (int)pid,
		    strerror(errno));
		return status;
	}
	return accept_await(c, process, pid, category, l.orders);
}

/* Holds the supervisor of the pid file; -1: there is none. */
static int
ask_open(const struct config *c, pid_t *pid)
{
	int process = pidfile_find(c->pidfile, pid);
	sigset_t none;

	/* Who waits may give up. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (c->pidfile[0] == '\0')
		journal_tell(LOG_ERR,
		    "hydratord: pidfile is empty in the configuration: send HUP to the "
		    "supervisor, in a container process 1");
	else if (process == -1)
		journal_tell(LOG_ERR,
		    "hydratord: no hydratord is running with the pid file %s",
		    c->pidfile);
	return process;
}

/* Of the exit: no daemon is held. */
static int
ask_status(const struct config *c)
{
	return c->pidfile[0] == '\0' ? EXIT_FAILURE : ASK_NOT_RUNNING;
}

int
ask_reload(const struct config *c)
{
	pid_t pid = 0;
	int process = ask_open(c, &pid), status;

	if (process == -1)
		return ask_status(c);
	status = ask_process(c, process, pid);
	close(process);
	return status;
}

int
ask_accept(const struct config *c, const char *category)
{
	pid_t pid = 0;
	int process = ask_open(c, &pid), status;

	if (process == -1)
		return ask_status(c);
	status = accept_send(c, process, pid, category);
	close(process);
	return status;
}
