/*
 * Bounds for what a tool or another process takes out of the segment: hydrators can
 * write all of it, and parse strangers' bytes. Private to this room. Pure.
 */
#ifndef SHM_TAME_H
#define SHM_TAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/log_text.h"
#include "shm/layout.h"

/* Of a field of size bytes (at least one): ends it with a NUL, and leaves it as
 * log_defuse() does. */
static inline void
tame_text(char *field, size_t size)
{
	field[size - 1] = '\0';
	log_defuse(field, strlen(field));
}

/* A time or a span, nanoseconds; 0 for one that is below least or so far away that
 * differences would overflow. */
static inline int64_t
tame_time(int64_t nsec, int64_t least)
{
	return nsec < least || nsec > SEGMENT_TIME_MAX ? 0 : nsec;
}

/* The same of one that is never negative. */
static inline uint64_t
tame_span(uint64_t nsec)
{
	return nsec > SEGMENT_TIME_MAX ? 0 : nsec;
}

#endif
