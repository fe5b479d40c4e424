/*
 * The access log: a line for each answer, gathered in memory and appended to a file
 * with one write a second or every 64 KiB. Nothing waits for the file: what it does not
 * take at once is dropped and counted. Readers; several of them write to the same file,
 * whole batches at a time (O_APPEND).
 */
#ifndef READER_ACCESS_H
#define READER_ACCESS_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"
#include "http/server.h"
#include "shm/counters.h"

struct access_log;

/*
 * Begins a log, whose file the supervisor has opened: fd, taken over. NULL: the
 * configuration names none. -1: it could not be opened, and lines are dropped until
 * access_adopt() brings one. The other arguments are borrowed.
 */
struct access_log *access_open(
    const struct config *, int fd, struct counters *) MUST_CHECK;
/* Writes what is left, frees *log (NULL is fine) and sets it to NULL. */
void access_close(struct access_log **log);

/* The others take NULL for a log that is off. */

/* Adds a line; now: clock_wall(). */
void access_add(struct access_log *, const struct http_exchange *, int64_t now);
/* Each second: writes. */
void access_flush(struct access_log *);
/* After a rotation: writes what belongs to the old file, and goes on in the new one,
 * which is taken over; -1: it could not be opened. */
void access_adopt(struct access_log *, int fd);

/* The lines themselves. Bytes of a request that are not printable ASCII, quotes and
 * backslashes become \xHH, or \u00HH in JSON: no request can forge a line. Pure. */
void access_put_combined(struct buf *, const struct http_exchange *, int64_t now);
void access_put_json(struct buf *, const struct http_exchange *, int64_t now);

#endif
