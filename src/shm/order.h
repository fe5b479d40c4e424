/*
 * What became of the orders that the supervisor was given: a signal has no answer, so
 * numbers and results stand in the segment, where a tool waits for what it asked for.
 * A reload is HUP, a reopening of the logs USR2, a refresh of all USR1; every other
 * order is ORDER_SIGNAL with a value (sigqueue(3)). The results of those that are for
 * categories are in the ledgers, of all others here. doc/segment-format.md, Orders.
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

/* Values that TERM may have; none, or another one: finish what is under way. */
enum order_stop {
	/* The sender has duplicates of the listening sockets, and keeps them for a
	 * successor. */
	ORDER_STOP_HELD = 1,
	ORDER_STOP_NOW, /* wait for nobody */
};

/* What is ordered with ORDER_SIGNAL, and its argument, 16 bits. */
enum order_code {
	ORDER_ACCEPT = 1, /* what the gate refuses; categories, bits 1 << index */
	ORDER_REFRESH,    /* categories as above */
	ORDER_REOPEN,     /* the logs; 0 */
	ORDER_LOGLEVEL,   /* ORDER_LEVEL() */
	ORDER_UPGRADE,    /* 0 */
	ORDER_CODES
};

/* A level of the log (0 error, 1 warning, 2 info, 3 debug) for so many seconds, up to
 * ORDER_LEVEL_SECONDS_MAX; 0: until the next reload. */
#define ORDER_LEVEL(level, seconds) ((unsigned)(level) << 14 | (unsigned)(seconds))
#define ORDER_LEVEL_OF(argument) ((argument) >> 14 & 3)
#define ORDER_LEVEL_SECONDS(argument) ((argument)&ORDER_LEVEL_SECONDS_MAX)
#define ORDER_LEVEL_SECONDS_MAX 0x3fffu

/* Whose numbers and results are here. */
enum order_verb {
	ORDER_OF_RELOAD,
	ORDER_OF_REOPEN,
	ORDER_OF_LOGLEVEL,
	ORDER_OF_UPGRADE,
	ORDER_VERBS
};

#define ORDER_TEXT_SIZE 1512 /* with its NUL; what is longer is cut */

enum order_outcome {
	ORDER_DONE = 1,
	ORDER_REFUSED,
};

struct order_state {
	uint64_t begun; /* how many of a verb have begun; they are numbered from 1 */
	uint64_t ended; /* how many of them have ended; what follows is of the last */
	enum order_outcome outcome;
	/* Lines for the operator: why it was refused, or what was left out of it. Their
	 * only control character is the line feed. */
	char text[ORDER_TEXT_SIZE];
};

/* Supervisor: what is ordered is about to be done. Of a verb one at a time. */
void order_begin(struct segment *, enum order_verb);
/* Supervisor: the one that has begun is over. text as in struct order_state, with any
 * characters. */
void order_end(struct segment *, enum order_verb, enum order_outcome, const char *text);
/* Supervisor: to, which nobody sees yet, goes on where from is, in all verbs. */
void order_carry(const struct segment *from, struct segment *to);

/*
 * A tool: how far the supervisor with that pid is, in the segment that has the name
 * ("/hydratord") now: look again each time, since a reload makes another one. Believes
 * no byte of it. Returns 0, or -1 with errno: ENOENT, EACCES, ESRCH (it is another
 * daemon's, or of another layout), EAGAIN (overtaken; soon again).
 */
int order_read(const char *name, pid_t supervisor, enum order_verb,
    struct order_state *) MUST_CHECK;
/* Any process: the same, of a segment that it has. Returns 0, or -1 with EAGAIN. */
int order_look(
    const struct segment *, enum order_verb, struct order_state *) MUST_CHECK;
/* "reload", "reopen", "loglevel", "upgrade": for JSON. */
const char *order_verb_name(enum order_verb);

/* A tool: the value of ORDER_SIGNAL. It is meant for this segment, whose categories
 * have these numbers, and no other. ORDER_UPGRADE is for any, which may be NULL. */
int order_value(const struct segment *, enum order_code, unsigned argument) MUST_CHECK;
/* Supervisor: takes it apart. Returns false if it is no order, or none for this
 * segment; categories are some that it has, and an order without an argument has 0. */
bool order_value_open(const struct segment *, int value, enum order_code *,
    unsigned *argument) MUST_CHECK;

#endif
