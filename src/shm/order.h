/*
 * What became of the orders that the supervisor was given: a signal has no answer, so
 * numbers and results stand in the segment, where a tool waits for what it asked for.
 * A reload is HUP, and its result is here. What is ordered of single categories is
 * ORDER_SIGNAL with a value (sigqueue(3)), and its result is in their ledgers.
 * doc/segment-format.md, Orders.
 */
#ifndef SHM_ORDER_H
#define SHM_ORDER_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct segment;

/* Real-time: signals with different values wait in a queue. No constant. */
#define ORDER_SIGNAL SIGRTMIN

enum order_code {
	ORDER_ACCEPT = 1, /* what the gate refuses of these categories */
};

#define ORDER_TEXT_SIZE 1512 /* with its NUL; what is longer is cut */

enum order_outcome {
	ORDER_DONE = 1,
	ORDER_REFUSED,
};

struct order_state {
	uint64_t begun; /* how many reloads have begun; they are numbered from 1 */
	uint64_t ended; /* how many of them have ended; what follows is of the last */
	enum order_outcome outcome;
	/* Lines for the operator: why it was refused, or what was left out of it. Their
	 * only control character is the line feed. */
	char text[ORDER_TEXT_SIZE];
};

/* Supervisor: the configuration is about to be read. */
void order_begin(struct segment *);
/* Supervisor: the one that has begun is over. text as in struct order_state, with any
 * characters. */
void order_end(struct segment *, enum order_outcome, const char *text);
/* Supervisor: to, which nobody sees yet, goes on where from is. */
void order_carry(const struct segment *from, struct segment *to);

/*
 * A tool: how far the supervisor with that pid is, in the segment that has the name
 * ("/hydratord") now: look again each time, since a reload makes another one. Believes
 * no byte of it. Returns 0, or -1 with errno: ENOENT, EACCES, ESRCH (it is another
 * daemon's, or of another layout), EAGAIN (overtaken; soon again).
 */
int order_read(const char *name, pid_t supervisor, struct order_state *) MUST_CHECK;

/* A tool: the value of ORDER_SIGNAL for a set of categories, bits 1 << index. It is
 * meant for this segment, whose categories have these numbers, and no other. */
int order_value(
    const struct segment *, enum order_code, unsigned categories) MUST_CHECK;
/* Supervisor: takes it apart. Returns false if it is no order, or of categories of
 * another segment. */
bool order_value_open(const struct segment *, int value, enum order_code *,
    unsigned *categories) MUST_CHECK;

#endif
