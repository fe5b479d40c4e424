/*
 * How large a segment has to be, and whether a larger one can be had. A segment is
 * never made larger in place: a crew with a larger one replaces the crew (reload.h).
 * Supervisor only.
 */
#ifndef SUPERVISOR_GROW_H
#define SUPERVISOR_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct config;
struct segment;

/* What stands in the way. */
enum grow_obstacle {
	GROW_FREE,  /* nothing */
	GROW_MAX,   /* segment.max */
	GROW_SPACE, /* /dev/shm */
};

/* Of the crew that serves; zeroed with each new one. */
struct grow {
	enum grow_obstacle said; /* in the log: once, not every second */
	unsigned failures;       /* in a row: of crews that did not come up */
	int64_t next;            /* no try before it, clock_boot() */
};

/* The capacity of a segment whose largest snapshot has `need` bytes, 0: none is known.
 * What segment.capacity says, if that is enough; else twice the need, up to
 * segment.max: pages that nothing was published in cost nothing. Less than `need` if
 * segment.max is. Pure. */
size_t grow_capacity(const struct config *, size_t need);

/* The bytes of the largest snapshot in a segment, or of one that found no room in it;
 * *category is whose it is. */
size_t grow_need(const struct segment *, unsigned *category);

/* Whether a larger segment is wanted and possible at clock_boot() `now`. If it is not
 * possible, a line in the log says what to do, once for each obstacle. */
bool grow_is_due(struct grow *, const struct config *, const struct segment *,
    int64_t now) MUST_CHECK;

/* A crew with a larger segment did not come up: a line in the log says why, and the
 * next try waits, longer with each failure. */
void grow_failed(struct grow *, int64_t now, const char *why);

#endif
