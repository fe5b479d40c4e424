/* What a new segment gets of the old one, so that a reload never goes cold. */
#ifndef SUPERVISOR_CARRY_H
#define SUPERVISOR_CARRY_H

#include <stddef.h>

#include "base/attr.h"

struct segment;

/*
 * Supervisor, while no hydrator writes the category in `to`: publishes the newest
 * snapshot of `from` there, with its time and, where `to` has none yet, its generation;
 * and makes the counters of the category's hydrator in `to`, and the category's ledger
 * and cycles, those of `from`. Nothing happens if either segment has no such category,
 * or if `to` is not behind. A snapshot whose checksum or sequence is wrong is left
 * behind, with a line in the log: it must not stand in the way of the reload that would
 * end it. Returns 0, or -1 with a message for the operator in err (it does not fit,
 * /dev/shm is full).
 */
int carry_category(const struct segment *from, struct segment *to, const char *name,
    char *err, size_t errlen) MUST_CHECK;

#endif
