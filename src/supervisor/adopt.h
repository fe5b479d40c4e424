/*
 * Making crews of what an earlier program of this process has handed over: they go on
 * as they are, and a reload replaces them by what this program makes itself. Supervisor
 * only.
 */
#ifndef SUPERVISOR_ADOPT_H
#define SUPERVISOR_ADOPT_H

#include <stddef.h>

#include "base/attr.h"

struct handover;
struct reload;

/*
 * Instead of reload_open() and reload_start(): what is handed over becomes the crews,
 * and the last of them serves. Of an upgrade, a reload is asked for, which raises
 * readers of this program beside them (reload.upgrading). What was given back goes on
 * without one. Returns 0, or an exit status with a message in err: nothing was taken
 * then that handover_return() needs.
 */
int adopt_crews(
    struct reload *, struct handover *, char *err, size_t errlen) MUST_CHECK;

#endif
