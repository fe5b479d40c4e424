/*
 * Watching local files for a change, however it comes about: written in place, renamed
 * over, deleted and made again, or another file behind a directory or symbolic link of
 * the path that was exchanged. Hydrators. Linux: inotify(7).
 *
 * Not seen are writes through mmap(2) while the file stays open, writes on a network
 * file system by other machines, and mounts: those wait for the next cycle.
 */
#ifndef UPSTREAM_WATCH_H
#define UPSTREAM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

/* A change is told when it has been quiet for so long, */
#define WATCH_QUIET (200 * NSEC_PER_MSEC)
/* or at the latest so long after it began. */
#define WATCH_LIMIT (2 * NSEC_PER_SEC)

struct watch;

/* Watches the files that file: URLs name; they need not exist. Returns NULL if there is
 * none, or if that is not possible, which is logged. All below take NULL. */
struct watch *watch_open(const char *const *urls, size_t n) MUST_CHECK;
/* What to poll for input, or -1; another one after each watch_take(). */
int watch_fd(const struct watch *);
/* When to call watch_take() even without input, clock_boot(); INT64_MAX: never. */
int64_t watch_due(const struct watch *);
/* Takes what has happened; now is clock_boot(). Returns whether a file was
 * written to, or is not as it was when this was told last. Does not block. */
bool watch_take(struct watch *, int64_t now) MUST_CHECK;
/* Frees *w and sets it to NULL. */
void watch_close(struct watch **w);

#endif
