/*
 * The socketpair (SOCK_SEQPACKET) between the supervisor and one child. Orders go
 * down, readiness comes up, EOF means that the other side is gone.
 */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include <stdint.h>

#include "base/attr.h"

/*
 * Of an upgrade (supervisor/upgrade.h) the two ends are two versions: their
 * numbers, and the form of a message, are the same for ever. What is new gets a new
 * number; who does not know it passes it over.
 */
enum channel_type {
	CHANNEL_REFRESH = 1, /* down: run a cycle now */
	CHANNEL_STOP = 2,    /* down: finish what is in flight, then exit 0 */
	CHANNEL_REOPEN = 3,  /* down: the logs, opened anew; files come along */
	CHANNEL_RETIRE = 4,  /* down, readers: as STOP, but idle connections are kept
			      * until they ask once more */
	CHANNEL_ACCEPT =
	    5, /* down, hydrators: what the gate refuses is to be accepted */
	CHANNEL_LEVEL = 6, /* down: the level of log lines, a number, has changed */
	CHANNEL_READY = 7, /* up: a reader accepts; a hydrator may publish */
	CHANNEL_ASKED = 8, /* up, readers: somebody who may asks for a refresh */
};

/* Descriptors that come along with REOPEN. */
enum channel_file {
	CHANNEL_LOG,
	CHANNEL_ACCESS_LOG,
	CHANNEL_FILES
};

struct channel_message {
	uint32_t type;  /* enum channel_type */
	uint32_t files; /* bits 1 << enum channel_file: those that come along */
	/* READY: a hydrator's published generation, or 0. ASKED: the index of a
	 * category in the configuration. LEVEL: enum log_level. */
	uint64_t value;
};

/* Both ends close-on-exec and non-blocking. Returns 0 or -1 with errno. */
int channel_pair(int fds[2]) MUST_CHECK;
/* Returns 0, or -1 with errno (EAGAIN: the other side does not read; EPIPE: gone). */
int channel_send(int fd, enum channel_type, uint64_t value) MUST_CHECK;
/* The same, with descriptors; -1: none. They stay the caller's. Supervisor. */
int channel_send_files(
    int fd, enum channel_type, const int files[CHANNEL_FILES]) MUST_CHECK;
/* Returns 1 and fills *m, 0 at EOF, -1 with errno (EAGAIN: nothing there). Descriptors
 * that came along are closed by the kernel. Supervisor. */
int channel_recv(int fd, struct channel_message *m) MUST_CHECK;
/* The same, with descriptors, which are the caller's then, close-on-exec; -1: none.
 * Child. */
int channel_recv_files(
    int fd, struct channel_message *m, int files[CHANNEL_FILES]) MUST_CHECK;

#endif
