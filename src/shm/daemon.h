/*
 * What the daemon is, as far as it is not in the configuration: in the segment, written
 * by the supervisor, read by tools. A segment that replaces another one is given it
 * anew.
 */
#ifndef SHM_DAEMON_H
#define SHM_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

struct segment;

#define DAEMON_VERSION_SIZE 64
#define DAEMON_PATH_SIZE 1024
#define DAEMON_LEVEL_SIZE 16

/* Texts with their NUL; what is longer is cut. */
struct daemon_facts {
	char version[DAEMON_VERSION_SIZE];
	char config_path[DAEMON_PATH_SIZE];
	uint64_t config_hash; /* XXH3 (64 bits, seed 0) of the file's bytes as they were
			       * loaded; 0: there is no file */
	int64_t started_boot; /* clock_boot() of the daemon's start */
	int64_t started_wall; /* clock_wall() of the same */
	int64_t loaded_wall; /* clock_wall() when the configuration in use was loaded */
	char level[DAEMON_LEVEL_SIZE]; /* of the log: "info", ... */
	int64_t level_until; /* clock_boot() up to which it is that; 0: no end */
	char program[DAEMON_PATH_SIZE];   /* what an upgrade starts */
	char before[DAEMON_VERSION_SIZE]; /* that was upgraded from; "": none was */
};

/* Supervisor. */
void daemon_write(struct segment *, const struct daemon_facts *);
/* Any process: what was written last. All texts are terminated, UTF-8 (RFC 3629) and
 * without control characters, no time is negative or further from now than arithmetic
 * stands. Returns false, and *out is zero, if nothing was, or it cannot be read
 * (ledger_read()). */
bool daemon_read(const struct segment *, struct daemon_facts *out);

#endif
