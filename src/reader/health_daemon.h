/* What /readyz?verbose says of the daemon as a whole. Readers. Private to reader/. */
#ifndef READER_HEALTH_DAEMON_H
#define READER_HEALTH_DAEMON_H

#include "base/buf.h"
#include "config/config.h"
#include "shm/segment.h"

/* Appends `,"version":...` to `,"hosts":[...]`. */
void health_daemon_put(struct buf *, const struct config *, const struct segment *);

#endif
