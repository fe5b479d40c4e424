/*
 * The public name of a segment: for tools, since children inherit the segment. Two
 * daemons do not share one, and who cannot have it serves without. What others may call
 * is in segment.h. Supervisor.
 */
#ifndef SHM_SEGMENT_NAME_H
#define SHM_SEGMENT_NAME_H

#include <sys/types.h>

#include "base/attr.h"

#define SEGMENT_SUFFIX_MAX 9 /* ".01234567", behind a name while it changes hands */

struct segment;

/* Holds a segment, which must be written whole, for as long as this process lives: a
 * lock (flock(2)) on a descriptor that no child keeps. Returns 0, or -1 with errno. */
int segment_hold(struct segment *) MUST_CHECK;

/*
 * Gives it its name, in place of a segment that nobody holds or this process does.
 * Returns 0, or -1 with errno: EBUSY if a living process of the same user holds the one
 * that has the name (*holder is its pid as the header has it, 0 if that is not to be
 * read), EPERM or EACCES if the name is another user's.
 */
int segment_name_take(struct segment *, pid_t *holder) MUST_CHECK;

#endif
