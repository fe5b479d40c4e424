/*
 * Orders to a running supervisor: finding it, a signal to it, and patience until what
 * came of it stands in the segment (shm/order.h). Nothing that is sent has to be
 * parsed.
 */
#ifndef CTL_ORDER_H
#define CTL_ORDER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/order.h"

struct ctl;

/* The supervisor that gets orders. */
struct order_recipient {
	const struct ctl *ctl; /* whose name leads to its segment */
	pid_t pid;
	int process;    /* pidfd: who dies meanwhile is not mistaken for another */
	unsigned looks; /* of order_has_ended() */
};

/*
 * Holds the supervisor: by the lock on the pid file of the configuration, or, where
 * nobody has that, it says none, or -n says another segment, by the lock on the
 * segment. No pid is believed that is not the lock's holder (lock_holder.h). Returns 0,
 * or an enum ctl_exit, or EXIT_FAILURE where the segment names somebody else, with the
 * reason on standard error.
 */
int order_find(const struct ctl *, struct order_recipient *) MUST_CHECK;
void order_leave(struct order_recipient *);

/* Sends a signal with a value, 0 where it has none. Returns 0, or with the reason on
 * standard error: CTL_NO_RIGHT, CTL_NOT_RUNNING, EXIT_FAILURE (its queue is full). */
int order_send(const struct order_recipient *, int signo, int value) MUST_CHECK;
/* Sends ORDER_SIGNAL with a code and its argument, for the segment that has the name
 * now: *epoch is that one's segment_epoch(); one with another epoch does not believe
 * it. Returns as order_send(); EXIT_FAILURE also if no segment is to be seen. */
int order_send_code(const struct order_recipient *, enum order_code, unsigned argument,
    int64_t *epoch) MUST_CHECK;

/* Says that the segment of the recipient is not to be seen, by errno; or that it has
 * stopped, which it waits for a moment. Returns the exit status. */
int order_tell_unseen(const struct order_recipient *) MUST_CHECK;

/* A verb with a result in the segment, and how it is told. */
struct order_errand {
	enum order_verb verb;
	int signo; /* SIGHUP, SIGUSR2, or ORDER_SIGNAL with: */
	enum order_code code;
	unsigned argument;
	int64_t patience; /* seconds */
	const char *name; /* "the reload" */
	const char *done; /* "reloaded": said on a terminal, where the supervisor has
			   * nothing to add; a cron job would be a mail. "": it always
			   * has */
	/* What is on standard error before the reason, if it was refused: "not
	 * reloaded, the old configuration stays in use". */
	const char *refused;
	/* Said, and not sent, while another is under way; NULL: another may be. */
	const char *busy;
};

/*
 * Sends it, waits until one has ended that began after that, and prints what came of it
 * (in JSON: hydratorctl/VERB/1). Returns 0, or, with the reason on standard error,
 * EXIT_FAILURE (refused; not in time; no result to be seen) or as order_send().
 */
int order_run(struct order_recipient *, const struct order_errand *) MUST_CHECK;

/* The same from order_find() to order_leave(). */
int order_carry_out(const struct ctl *, const struct order_errand *) MUST_CHECK;

/* Waits for a moment (20 ms) for the end of the process: once a turn, in a loop that
 * looks for a result; after two seconds it says so if the process was stopped. Returns
 * whether it has ended. */
bool order_has_ended(struct order_recipient *) MUST_CHECK;

/* The value of an option of the running daemon that is a time in seconds,
 * "upstream.timeout", a day at most; otherwise: it is not to be seen. */
int64_t order_option(
    const struct order_recipient *, const char *option, int64_t otherwise);
/* Seconds that something may take that takes so many at most, if the machine has no
 * time for us. */
int64_t order_patience(int64_t seconds);

#endif
