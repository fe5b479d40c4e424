/*
 * Whether a reader has its share of the connections. All readers wait on the same
 * listening sockets, and who is awake takes what comes: without this the first one
 * takes most of a burst, and keeps it for as long as its clients stay.
 */
#ifndef READER_SPREAD_H
#define READER_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

struct child_context;
struct segment;

struct spread {
	const struct segment *segment; /* borrowed */
	unsigned self;                 /* process slots: our own, */
	unsigned first, n;             /* and those of the readers of our crew */
	uint64_t accepted;             /* by all others, when they were last seen to */
	unsigned waited;               /* questions since then that found us crowded */
};

/* A reader, after its fork: whose slot it has, and whose its crew has. */
void spread_init(struct spread *, const struct child_context *);

/*
 * Whether the next connection is better left to another reader: one that lives has
 * clearly fewer. Asked again about a millisecond later. When the others have not
 * accepted anything for a few times, the answer is no every other time: they may be
 * stuck, or stopped.
 */
bool spread_crowded(struct spread *);

#endif
