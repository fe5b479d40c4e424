/*
 * Long work that stays in touch with its process. Whoever computes takes a step for
 * each unit of its work (a model, a name, a view); every so many steps a beat is given,
 * which says whether to go on. The work knows nothing of heartbeats, orders and clocks.
 * Any process; one thread at a time.
 */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdbool.h>
#include <stddef.h>

/* Steps between two beats: milliseconds of the dearest unit, and many times the cost of
 * a beat, some system calls, of the cheapest. */
#define PACE_STEPS 1024

/* Zero but for the first two. Where a pace is asked for NULL is one that always goes
 * on.
 */
struct pace {
	bool (*beat)(void *arg); /* false: the work is to end */
	void *arg;
	unsigned steps;
	bool stopped; /* a beat said so, and none is given any more */
};

/* Gives a beat now: before and after what takes long and has no steps. Returns whether
 * to go on. */
bool pace_beat(struct pace *);

/* A step. Returns whether to go on; what was begun is then left unfinished. */
static inline bool
pace_step(struct pace *p)
{
	if (p == NULL)
		return true;
	return ++p->steps % PACE_STEPS == 0 ? pace_beat(p) : !p->stopped;
}

static inline bool
pace_stopped(const struct pace *p)
{
	return p != NULL && p->stopped;
}

#endif
