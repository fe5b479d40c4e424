/*
 * What the supervisor does when it is asked to: refresh, accept, reopen, change the
 * level of the log. Its orders are signals; of one with a value it believes 32 bits
 * (shm/order.h), whoever sent it. Supervisor only.
 */
#ifndef SUPERVISOR_ORDERS_H
#define SUPERVISOR_ORDERS_H

#include <sys/types.h>

#include <sys/signalfd.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/log_level.h"

struct reload;

/* Zero at first. */
struct orders {
	bool reopen; /* the logs, in this turn: many who ask in one are one */
	/* The level that was ordered, until it ends or a reload sets it back. */
	bool level_is_ordered;
	enum log_level level;
	int64_t level_until; /* clock_boot(); 0: no end */
	pid_t upgrade;       /* who asks for one, in this turn; 0: nobody does */
	/* Lines about orders are rationed: a queue of signals holds thousands. */
	int64_t second; /* clock_boot() when the ration was full */
	unsigned told, untold;
};

/* USR1 from a pid: all categories. */
void orders_refresh(struct reload *, pid_t);
/* USR2. */
void orders_reopen(struct orders *);
/* ORDER_SIGNAL. */
void orders_take(struct orders *, struct reload *, const struct signalfd_siginfo *);

/* Each turn of the loop, before children are told what is pending: what is due, and
 * what many have asked for at once. */
void orders_tick(struct orders *, struct reload *, int64_t now);
/* Another configuration is in use: its level counts. */
void orders_forget(struct orders *);

#endif
