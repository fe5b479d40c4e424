/* What writer and reader of a handover have in common. Only handover*.c include it. */
#ifndef SUPERVISOR_HANDOVER_RECORD_H
#define SUPERVISOR_HANDOVER_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "proc/child.h"

#define HANDOVER_HEAD "hydratord-handover 1"

/* A memfd, close-on-exec, that has len bytes and is read from the first; -1 with errno.
 */
int handover_memory(const char *name, const void *p, size_t len) MUST_CHECK;

/* Adds lines of reasons. */
void handover_put_why(struct buf *, const char *why);

/* execve(2) with what hydratord --adopt takes: descriptor -1: by the path. Returns only
 * if that fails, with errno. */
void handover_become(const char *program, int descriptor, int record,
    const char *config_path, bool foreground);

#endif
