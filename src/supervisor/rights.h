/* Whether those who will have to can use the files that the configuration names.
 * Supervisor, and hydratord -t. */
#ifndef SUPERVISOR_RIGHTS_H
#define SUPERVISOR_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct config;
struct privilege;

/*
 * A start or a reload: whether the user whom the hydrators become can read their key,
 * password and authorities; the configuration was checked as whoever we are. Returns 0,
 * or -1 with a line for the operator in err and errno.
 */
int rights_check(const struct config *, const struct privilege *, char *err,
    size_t errlen) MUST_CHECK;

/*
 * Any process: whether all that segment.capacity allows has room in /dev/shm, however
 * full that is now. Returns false with a line for the operator if not, or if nobody can
 * tell.
 */
bool rights_room(const struct config *, char *line, size_t size) MUST_CHECK;

/*
 * hydratord -t: the same, and what the service would find of its logs, state_dir,
 * /dev/shm and, where the whole service runs as that user (root tests it, and the
 * machine was booted by systemd), of the file at path. A line on stderr for
 * each trouble. Returns false if a start would be refused for one of them.
 */
bool rights_judge(const struct config *, const struct privilege *, const char *path);

#endif
