/* Bringing a child up. */
#include "proc/child.h"

#include <sys/prctl.h>

#include <fcntl.h>
#include <linux/oom.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/privilege.h"
#include "shm/counters.h"

/* As if it had so many thousandths of the memory more than it has. */
#define OOM_SCORE_MORE 300

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

/*
 * On top of what the operator has set for the service, and at most what the kernel
 * allows (proc_pid_oom_score_adj(5)). It works only for root: to be closed to others of
 * one's user (PR_SET_DUMPABLE) is to own none of one's files in /proc. Another user's
 * daemon leaves the choice to the kernel, which goes by size.
 */
static void
child_offer_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[24] = "";
	long score;

	if (fd == -1 || read(fd, text, sizeof(text) - 1) == -1) {
		log_debug("the kernel is not told to take this process first");
	} else {
		score = strtol(text, NULL, 10) + OOM_SCORE_MORE;
		snprintf(text, sizeof(text), "%ld",
		    score > OOM_SCORE_ADJ_MAX ? OOM_SCORE_ADJ_MAX : score);
		if (pwrite(fd, text, strlen(text), 0) == -1)
			log_warn("oom_score_adj");
	}
	if (fd != -1)
		close(fd);
}

void
proc_child_init(const struct child_context *ctx, const char *title,
    const struct privilege *privilege)
{
	log_procinit(title);
	if (ctx->expendable)
		child_offer_first();
	if (privilege_drop(privilege) == -1)
		fatal("cannot become user \"%s\"", privilege->user);
	if (privilege_open_to_user(ctx->config->supervisor.core_dumps) == -1)
		fatal("prctl(PR_SET_DUMPABLE)");
	child_follow_parent(ctx->supervisor);
	child_signals();
	setproctitle("%s", title);
}

void
proc_child_beat(struct counters *c)
{
	atomic_store_explicit(&c->heartbeat, clock_boot(), memory_order_relaxed);
	counter_add(c, COUNTER_LOG_LOST, log_take_losses());
}
