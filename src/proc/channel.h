/*
 * The socketpair (SOCK_SEQPACKET) between the supervisor and one child. Orders go
 * down, readiness comes up, EOF means that the other side is gone.
 */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include <stdint.h>

#include "base/attr.h"

enum channel_type {
	CHANNEL_REFRESH = 1, /* down: run a cycle now */
	CHANNEL_STOP,        /* down: finish what is in flight, then exit 0 */
	CHANNEL_REOPEN,      /* down: reopen the log file */
	CHANNEL_RETIRE, /* down, readers: as STOP, but idle connections are kept until
			 * they ask once more */
	CHANNEL_READY,  /* up: a reader accepts; a hydrator may publish */
};

struct channel_message {
	uint32_t type; /* enum channel_type */
	uint32_t pad;
	uint64_t generation; /* READY: hydrator's published generation, or 0 */
};

/* Both ends close-on-exec and non-blocking. Returns 0 or -1 with errno. */
int channel_pair(int fds[2]) MUST_CHECK;
/* Returns 0, or -1 with errno (EAGAIN: the other side does not read; EPIPE: gone). */
int channel_send(int fd, enum channel_type, uint64_t generation) MUST_CHECK;
/* Returns 1 and fills *m, 0 at EOF, -1 with errno (EAGAIN: nothing there). */
int channel_recv(int fd, struct channel_message *m) MUST_CHECK;

#endif
