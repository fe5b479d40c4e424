/* A signal to the holder of the lock, and its result from the segment. */
#include "ctl/order.h"

#include <sys/pidfd.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/mem.h"
#include "base/pidfile.h"
#include "config/config.h"
#include "ctl/attach.h"
#include "ctl/ctl.h"
#include "ctl/process_stat.h"
#include "ctl/running.h"
#include "shm/segment.h"

#define LOOK_MS 20
#define ENDING_MS 2000    /* from the end of its segment's name to its own */
#define STOPPED_LOOKS 100 /* before it is asked whether it is stopped */
/* Of a result that is being written: who is overtaken so often reads a forgery. */
#define READ_TRIES 1000
/* Beyond what the supervisor itself waits for. */
#define ORDER_GRACE 15
/* Seconds; no option is a longer time that somebody would wait. */
#define OPTION_TIME_MAX (24 * 3600)

/* Hydrators can write the header, and parse strangers' bytes; a file that somebody else
 * put under the name says what he likes. So the pid that stands there is no more than a
 * guess at who has the lock: the kernel says whether it is. */
static int
find_by_segment(const struct ctl *ctl, struct order_recipient *r, char *err, size_t len)
{
	struct attached a;
	int status = attach_try(ctl, &a, err, len);
	bool held;

	if (status != 0)
		return status;
	r->pid = a.supervisor;
	if (a.alive)
		r->process = pidfd_open(r->pid, 0);
	if (r->process != -1 && !segment_is_held_by(a.segment, r->pid))
		order_leave(r);
	held = segment_is_held(a.segment);
	attach_close(&a);
	if (r->process != -1)
		return 0;
	if (held) {
		snprintf(err, len,
		    "the segment %s names pid %d, which does not have its lock: it "
		    "gets no order. Somebody has written there who must not: find the "
		    "daemon by ps, and restart it",
		    ctl->name, (int)r->pid);
		return EXIT_FAILURE;
	}
	snprintf(err, len,
	    "no hydratord is running with the segment %s: pid %d has left it behind",
	    ctl->name, (int)r->pid);
	return CTL_NOT_RUNNING;
}

int
order_find(const struct ctl *ctl, struct order_recipient *r)
{
	const struct config *c = ctl->config;
	bool has_pidfile = c != NULL && c->pidfile[0] != '\0' &&
			   strcmp(ctl->name, c->segment.name) == 0;
	char err[1024];
	int status;

	*r = (struct order_recipient){ .ctl = ctl, .process = -1 };
	if (has_pidfile && (r->process = pidfile_find(c->pidfile, &r->pid)) != -1)
		return 0;
	status = find_by_segment(ctl, r, err, sizeof(err));
	if (status == CTL_NOT_RUNNING && has_pidfile)
		journal_tell(LOG_ERR,
		    "hydratorctl: no hydratord is running with the pid file %s",
		    c->pidfile);
	else if (status != 0)
		journal_tell(LOG_ERR, "hydratorctl: %s", err);
	return status;
}

void
order_leave(struct order_recipient *r)
{
	if (r->process != -1)
		close(r->process);
	r->process = -1;
}

static int
tell_gone(const struct order_recipient *r)
{
	journal_tell(LOG_ERR, "hydratorctl: pid %d has just stopped", (int)r->pid);
	return CTL_NOT_RUNNING;
}

static int
tell_unsent(const struct order_recipient *r)
{
	switch (errno) {
	case ESRCH:
		return tell_gone(r);
	case EPERM:
		journal_tell(LOG_ERR,
		    "hydratorctl: you may not order pid %d anything: only its user "
		    "and root may",
		    (int)r->pid);
		return CTL_NO_RIGHT;
	case EAGAIN:
		journal_tell(LOG_ERR,
		    "hydratorctl: pid %d has too many orders to read: is it stopped, "
		    "or does somebody send it thousands?",
		    (int)r->pid);
		return EXIT_FAILURE;
	default:
		journal_tell(LOG_ERR, "hydratorctl: cannot signal pid %d: %s",
		    (int)r->pid, strerror(errno));
		return EXIT_FAILURE;
	}
}

int
order_send(const struct order_recipient *r, int signo, int value)
{
	siginfo_t order = { .si_signo = signo, .si_code = SI_QUEUE };

	order.si_pid = getpid();
	order.si_uid = getuid();
	order.si_value.sival_int = value;
	return pidfd_send_signal(r->process, signo, &order, 0) == 0 ? 0
								    : tell_unsent(r);
}

int
order_tell_unseen(const struct order_recipient *r)
{
	struct pollfd p = { .fd = r->process, .events = POLLIN };
	int saved = errno;

	/* A segment loses its name shortly before its daemon ends. */
	if (saved == ENOENT && poll(&p, 1, ENDING_MS) == 1)
		return tell_gone(r);
	journal_tell(LOG_ERR,
	    "hydratorctl: the segment %s of pid %d is not to be seen: %s: is "
	    "segment.name the running one's?",
	    r->ctl->name, (int)r->pid, strerror(saved));
	return saved == EACCES ? CTL_NO_RIGHT : EXIT_FAILURE;
}

int
order_send_code(const struct order_recipient *r, enum order_code code,
    unsigned argument, int64_t *epoch)
{
	struct segment *seg;
	int value;

	*epoch = 0;
	if (code == ORDER_UPGRADE)
		return order_send(r, ORDER_SIGNAL, order_value(NULL, code, argument));
	if (segment_look(r->ctl->name, r->pid, &seg) == -1)
		return order_tell_unseen(r);
	*epoch = segment_epoch(seg);
	value = order_value(seg, code, argument);
	segment_close(&seg);
	return order_send(r, ORDER_SIGNAL, value);
}

/* Said once: it is nobody's fault but the signal's that nothing comes of an order. */
static void
tell_stopped(const struct order_recipient *r)
{
	struct process_stat s;

	if (process_stat_read(r->pid, &s) == 0 && s.state == 'T')
		journal_tell(LOG_WARNING,
		    "hydratorctl: pid %d was stopped by a signal: kill -CONT %d lets "
		    "it "
		    "go on",
		    (int)r->pid, (int)r->pid);
}

bool
order_has_ended(struct order_recipient *r)
{
	struct pollfd p = { .fd = r->process, .events = POLLIN };

	if (++r->looks == STOPPED_LOOKS)
		tell_stopped(r);
	return poll(&p, 1, LOOK_MS) == 1;
}

int64_t
order_option(const struct order_recipient *r, const char *option, int64_t otherwise)
{
	struct segment *seg;

	if (segment_look(r->ctl->name, r->pid, &seg) == -1)
		return otherwise;
	otherwise = running_int(seg, option, otherwise);
	segment_close(&seg);
	/* Hydrators can write it, and it is multiplied to nanoseconds. */
	return otherwise < OPTION_TIME_MAX ? otherwise : OPTION_TIME_MAX;
}

int64_t
order_patience(int64_t seconds)
{
	return seconds + ORDER_GRACE;
}

static int
errand_send(
    const struct order_recipient *r, const struct order_errand *e, int64_t *epoch)
{
	return e->signo == ORDER_SIGNAL
		   ? order_send_code(r, e->code, e->argument, epoch)
		   : order_send(r, e->signo, 0);
}

/* Looks into the segment that has the name. Returns whether the errand is done; *sent
 * is false if its order was for a segment that a reload has replaced, and none has
 * begun since. */
static bool
errand_look(const struct order_recipient *r, const struct order_errand *e,
    uint64_t before, int64_t epoch, struct order_state *out, bool *sent)
{
	struct segment *seg;
	bool done, known;

	if (segment_look(r->ctl->name, r->pid, &seg) == -1)
		return false;
	known = order_look(seg, e->verb, out) == 0;
	done = known && out->ended > before;
	*sent =
	    !known || out->begun > before || epoch == 0 || segment_epoch(seg) == epoch;
	segment_close(&seg);
	return done;
}

/* Looks until one has ended that began after the one numbered `before`. */
static int
errand_await(struct order_recipient *r, const struct order_errand *e, uint64_t before,
    struct order_state *out)
{
	int64_t end = clock_boot() + e->patience * NSEC_PER_SEC, epoch = 0;
	bool sent = true;
	int status = errand_send(r, e, &epoch);

	while (status == 0 && !order_has_ended(r)) {
		if (errand_look(r, e, before, epoch, out, &sent))
			return 0;
		if (clock_boot() > end) {
			journal_tell(LOG_ERR,
			    "hydratorctl: %s has not ended within %lld s: see the log",
			    e->name, (long long)e->patience);
			return EXIT_FAILURE;
		}
		if (!sent)
			status = errand_send(r, e, &epoch);
	}
	if (status != 0)
		return status;
	journal_tell(
	    LOG_ERR, "hydratorctl: %s: pid %d has stopped", e->name, (int)r->pid);
	return CTL_NOT_RUNNING;
}

/* A control process of the supervisor's own unit (ExecReload; MAINPID is systemd's)
 * writes to the journal in which the supervisor has said the same, unless its log is a
 * file. */
static bool
journal_has_it(const struct order_recipient *r)
{
	const char *main_process = getenv("MAINPID"), *bad;
	const struct config *c = r->ctl->config;

	return main_process != NULL &&
	       strtonum(main_process, 1, INT32_MAX, &bad) == r->pid &&
	       journal_is_stderr() && (c == NULL || c->log.target[0] != '/');
}

/* What needs no segment to be sent is sent, too, if its result is not to be had. */
static int
errand_send_blindly(const struct order_recipient *r, const struct order_errand *e)
{
	int saved = errno, status;

	if (e->signo != ORDER_SIGNAL && (status = order_send(r, e->signo, 0)) != 0)
		return status;
	errno = saved;
	status = order_tell_unseen(r);
	if (e->signo != ORDER_SIGNAL)
		journal_tell(
		    LOG_ERR, "hydratorctl: what came of %s is in the log", e->name);
	return status;
}

/* One of each line. */
static void
put_notes(struct out *o, const char *text)
{
	char *lines = xstrdup(text), *rest = lines, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			out_note(o, line);
	free(lines);
}

/* For programs a document; for people what the supervisor has to say of it. */
static void
errand_tell(const struct order_recipient *r, const struct order_errand *e,
    const struct order_state *s)
{
	struct out *o = out_open(r->ctl, stdout, order_verb_name(e->verb), 1);
	bool done = s->outcome == ORDER_DONE;

	out_string(o, "outcome", NULL, done ? "done" : "refused");
	out_string(o, "text", NULL, s->text[0] != '\0' ? s->text : NULL);
	if (done)
		put_notes(
		    o, s->text[0] == '\0' && r->ctl->terminal ? e->done : s->text);
	out_close(&o);
	if (!done && !journal_has_it(r))
		journal_tell(LOG_ERR, "hydratorctl: %s: %s", e->refused, s->text);
}

int
order_run(struct order_recipient *r, const struct order_errand *e)
{
	struct order_state s;
	int status, tries = 0;

	while (order_read(r->ctl->name, r->pid, e->verb, &s) == -1) {
		if (errno == EAGAIN && tries++ < READ_TRIES)
			continue;
		if (e->code != ORDER_UPGRADE || errno != ESRCH)
			return errand_send_blindly(r, e);
		/* Its layout is another one, until ours is there. */
		s.begun = 0;
		break;
	}
	if ((status = errand_await(r, e, s.begun, &s)) != 0)
		return status;
	errand_tell(r, e, &s);
	return s.outcome == ORDER_DONE ? 0 : EXIT_FAILURE;
}

static bool
errand_is_under_way(const struct order_recipient *r, enum order_verb verb)
{
	struct order_state s;

	return order_read(r->ctl->name, r->pid, verb, &s) == 0 && s.begun > s.ended;
}

int
order_carry_out(const struct ctl *ctl, const struct order_errand *e)
{
	struct order_recipient r;
	int status = order_find(ctl, &r);

	if (status != 0)
		return status;
	if (e->busy != NULL && errand_is_under_way(&r, e->verb)) {
		journal_tell(LOG_ERR, "hydratorctl: %s", e->busy);
		status = EXIT_FAILURE;
	} else
		status = order_run(&r, e);
	order_leave(&r);
	return status;
}
