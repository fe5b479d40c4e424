/* Bringing a child up. */
#include "proc/child.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/segment.h"

#define LOOKED_AT 1024 /* descriptors with one call */
#define LOOK_INTERVAL (10 * NSEC_PER_SEC)

/* Not what the counters say, which every hydrator may write: a number without end would
 * keep a reader counting until it is ended as hung. */
static uint64_t descriptors_limit;

/*
 * Orders come over the channel. What a terminal, an init or an operator sends to the
 * whole process group is the supervisor's to answer: if TERM ended a child at once,
 * such a stop would break the requests in flight that the supervisor lets finish.
 */
static void
child_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2,
		SIGPIPE, SIGXFSZ };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;
	size_t i;

	/* First ignore, then unblock: what came in between is discarded. */
	for (i = 0; i < NELEM(ignored); i++)
		sigaction(ignored[i], &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * KILL, for the supervisor may be gone because it was killed, and nobody is left to
 * insist: a successor must find the ports free within a second, and the latch is made
 * for writers that die at any instant. After the change of user, which resets it.
 */
static void
child_follow_parent(pid_t supervisor)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		fatal("prctl(PR_SET_PDEATHSIG)");
	/* It only tells of deaths from now on. Compared with the recorded pid, not with
	 * 1: a subreaper may have adopted us, and a supervisor may be pid 1. */
	if (getppid() != supervisor)
		fatalx("the supervisor (pid %d) is gone", (int)supervisor);
}

void
proc_child_init(const struct child_context *ctx, const char *title,
    const struct privilege *privilege)
{
	log_procinit(title);
	log_keep(segment_log_ring(ctx->segment, ctx->slot));
	if (privilege_drop(privilege) == -1)
		fatal("cannot become user \"%s\"", privilege->user);
	if (privilege_open_to_user(ctx->config->supervisor.core_dumps) == -1)
		fatal("prctl(PR_SET_DUMPABLE)");
	child_follow_parent(ctx->supervisor);
	child_signals();
	setproctitle("%s", title);
}

uint64_t
proc_descriptors(uint64_t limit)
{
	struct pollfd p[LOOKED_AT];
	uint64_t first, n, i, found = 0;

	for (first = 0; first < limit; first += n) {
		n = limit - first < LOOKED_AT ? limit - first : LOOKED_AT;
		for (i = 0; i < n; i++)
			p[i] = (struct pollfd){ .fd = (int)(first + i) };
		if (poll(p, n, 0) == -1)
			return 0;
		for (i = 0; i < n; i++)
			found += (p[i].revents & POLLNVAL) == 0;
	}
	return found;
}

void
proc_child_note_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0)
		descriptors_limit = l.rlim_cur;
}

uint64_t
proc_child_limit(void)
{
	return descriptors_limit;
}

static void
child_count_descriptors(struct counters *c, int64_t now)
{
	static int64_t due;
	/* The supervisor's look, for who lowers the limit meanwhile. */
	uint64_t told = counter_read(&c->descriptors_max), limit = descriptors_limit;

	if (now < due)
		return;
	if (told != 0 && told < limit)
		limit = told;
	due = now + LOOK_INTERVAL;
	atomic_store_explicit(
	    &c->descriptors, proc_descriptors(limit), memory_order_relaxed);
}

void
proc_child_level(uint64_t level)
{
	if (level < LOG_LEVELS)
		log_set_level((enum log_level)level);
}

void
proc_child_beat(struct counters *c)
{
	int64_t now = clock_boot();

	atomic_store_explicit(&c->heartbeat, now, memory_order_relaxed);
	child_count_descriptors(c, now);
	counter_add(c, COUNTER_LOG_LOST, log_take_losses());
}
