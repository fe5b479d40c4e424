/*
 * What hosts asked for with Retry-After, in files, so that a restart does not break it.
 * Each hydrator has a file of its own, CATEGORY.floors, that only it writes, because it
 * holds its category's lock; what is in it is of all hosts. The format is in
 * doc/segment-format.md.
 */
#ifndef SHM_RETRY_AFTER_H
#define SHM_RETRY_AFTER_H

#include <stddef.h>

#include "base/attr.h"
#include "shm/segment.h"

/*
 * Hydrator of the category: writes the floors that lie ahead, by the wall clock, over
 * what was there, in one step. Not synced, so that it does not wait for the disk: a
 * crash of the machine may lose it. Returns 0, or -1 with a message in err.
 */
int retry_after_save(const struct segment *, const char *dir, const char *category,
    char *err, size_t errlen) MUST_CHECK;

/*
 * Supervisor: raises the floors of the segment to those of a file, none further than
 * HOST_FLOOR_MAX from now, whatever the file or the clock says. No link is followed and
 * nothing is waited for. Returns how many lie ahead, 0 too if there is no file, or -1
 * with a message that names the file in err if it cannot be read or believed.
 */
int retry_after_load(const struct segment *, const char *dir, const char *category,
    char *err, size_t errlen) MUST_CHECK;

#endif
