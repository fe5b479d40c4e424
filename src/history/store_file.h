/*
 * The files of a store: CATEGORY.history.db in state_dir, what SQLite keeps beside it
 * (-wal, -shm, -journal), and what was set aside. Hydrators, in the recorder's thread.
 */
#ifndef HISTORY_STORE_FILE_H
#define HISTORY_STORE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/* So many that were set aside are kept, the newest. */
#define STORE_ASIDE_MAX 2

/* Puts the path of the category's database into path, without links: SQLite refuses
 * any. Returns 0, or -1 with errno. */
int store_file_find(
    char path[PATH_MAX], const char *dir, const char *category) MUST_CHECK;
/*
 * Returns 0 if there is a file, or 1 if there is none: then removes the logs of one
 * that has gone without them, makes an empty one, ".new", puts its path into made, and
 * store_file_finish() gives it its name once it is a database; whoever is killed before
 * leaves none. It has the mode of the other files in state_dir: SQLite would let
 * everybody read it, and gives those beside it the mode of this one. Else -1 with errno
 * (EINVAL: there is something else).
 */
int store_file_begin(const char *path, char made[PATH_MAX]) MUST_CHECK;
/* Once it is closed; -1 with errno (EBUSY: a part of it is in its log still). */
int store_file_finish(const char *made, const char *path) MUST_CHECK;
/* Whether a log of SQLite's is beside it that the database needs. */
bool store_file_has_log(const char *path) MUST_CHECK;

/* Bytes of the database and its logs; 0 if there is none. */
uint64_t store_file_bytes(const char *path) MUST_CHECK;

/*
 * ftruncate(2) for SQLite, without that call: a hydrator that could cut its own files
 * off could cut the segment off as well, and the supervisor would die of it. What would
 * go is overwritten by zeros, as which what was never written is read: a log of zeros
 * is empty, and a database says in its header how many pages it has. Returns 0, or -1
 * with errno.
 */
int store_file_cut(int fd, off_t size) MUST_CHECK;

/*
 * Sets a database aside that nobody has open: appends ".damaged-NOW" to its name and to
 * those of its logs, and removes what was set aside before but the newest of it, so
 * that STORE_ASIDE_MAX are left. Returns 0 and puts the new name into aside, or -1 with
 * errno.
 */
int store_file_set_aside(
    const char *path, int64_t now, char aside[PATH_MAX]) MUST_CHECK;

#endif
