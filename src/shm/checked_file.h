/*
 * A struct in a file of state_dir, so that a restart knows it: whole or refused,
 * whoever was killed whenever. Hydrators and the supervisor.
 */
#ifndef SHM_CHECKED_FILE_H
#define SHM_CHECKED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* What each such struct begins with; its last eight bytes are a checksum, XXH3 (64
 * bits, seed 0) of all before them. */
struct checked_head {
	char magic[16];
	uint64_t byte_order; /* 0x01020304 */
};

/* Which file, and what it must be. Borrowed texts. */
struct checked_file {
	const char *dir, *category;
	const char *suffix; /* ".floors": the file is CATEGORY.floors */
	const char *magic;  /* 15 bytes, which carry the version */
	size_t size;        /* bytes of the struct, a multiple of 8 */
	bool synced;        /* a crash of the machine may not lose it */
};

/*
 * Fills in head and checksum, writes a file aside (".new", over what a dead predecessor
 * left) and puts it in the place of the old one. If it is synced, that may take as long
 * as the disk does. Returns 0, or -1 with a message that names the file in err.
 */
int checked_file_save(
    const struct checked_file *, void *content, char *err, size_t errlen) MUST_CHECK;

/*
 * Reads the file into content. No link is followed and nothing is waited for. Returns
 * 1, 0 if there is no such file, or -1 with a message that names it in err if it cannot
 * be read or believed; content is then of no use.
 */
int checked_file_load(
    const struct checked_file *, void *content, char *err, size_t errlen) MUST_CHECK;

#endif
