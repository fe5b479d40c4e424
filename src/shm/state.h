/*
 * A generation in a file, so that a restart need not begin with nothing. Hydrators
 * save, the supervisor loads. The format is in doc/segment-format.md.
 */
#ifndef SHM_STATE_H
#define SHM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/publish.h"

/* Which file, and what it must be. Borrowed texts. */
struct state_id {
	const char *dir;
	const char *category; /* the file is CATEGORY.snapshot */
	const char *format;   /* of the payload, 1 to 8 bytes; opaque here */
	const char *boot_id;  /* of this boot; "" is like no other, nor itself */
};

/*
 * Writes a temporary file (".new", over what a dead predecessor left), syncs it,
 * renames it over the file, syncs the directory: the name has the whole old content or
 * the whole new one, whatever fails and whenever. May take as long as the disk does.
 * Returns 0, or -1 with a message that names the file in err; no temporary file is
 * then left, unless it cannot be removed.
 */
int state_save(const struct state_id *, const void *data, size_t len,
    const struct snapshot_stamp *, char *err, size_t errlen) MUST_CHECK;

enum state_verdict {
	STATE_GOOD,   /* loaded: checksum-true and ours */
	STATE_NONE,   /* there is no such file or directory */
	STATE_BAD,    /* damaged, foreign or no file at all: set it aside */
	STATE_PASSED, /* cannot be read, or is too large for now: leave it */
};

struct state {
	void *data; /* state_free() */
	size_t len;
	struct snapshot_stamp
	    stamp; /* as saved; each fetched_boot is of the boot that saved */
	bool same_boot;
};

/*
 * Reads the file, at most capacity bytes of payload of it. Made for a process that is
 * root in a directory where somebody else may write: no link is followed, nothing is
 * waited for, nothing is mapped, and no byte is believed before the checksum. *out is
 * set only with STATE_GOOD; a message that names the file is in err for STATE_BAD and
 * STATE_PASSED.
 */
enum state_verdict state_load(const struct state_id *, size_t capacity,
    struct state *out, char *err, size_t errlen) MUST_CHECK;
void state_free(struct state *);

/* Bytes of payload that the file is said to have by its size, 0 if there is none. */
size_t state_size(const struct state_id *);

/* Renames the file, whatever it is, by appending ".bad", over an older one of that
 * name. Returns 0, or -1 with errno. */
int state_set_aside(const struct state_id *) MUST_CHECK;

/*
 * Converts the stamps of all parts to this boot's clock and returns the age of the
 * youngest part in nanoseconds. In the boot that saved, ages are counted on
 * clock_boot(); another boot has only the wall clock to go by. Returns -1 if there is
 * no part, or one would be from the future: a clock is wrong, or was, and the age
 * cannot be known; the stamps are then of no use. Pure.
 */
int64_t state_rebase(struct state *, int64_t now_boot, int64_t now_wall) MUST_CHECK;

#endif
