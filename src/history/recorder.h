/*
 * Keeps a category's history in its database (store.h), by threads that live for one
 * task each: a disk may take any time, and neither a cycle nor a beat may wait for it.
 * Functions are the hydrator's.
 */
#ifndef HISTORY_RECORDER_H
#define HISTORY_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "history/history.h"

struct recorder;

/* After an error, so long nothing is tried again. Seconds. */
#define RECORDER_RETRY 60
/* The longest that a stop waits for the disk. Seconds. */
#define RECORDER_PATIENCE 5

/*
 * For state_dir/CATEGORY.history.db; all is borrowed. dir "": there is no history, and
 * NULL is returned, which all functions take. Nothing is read before the first
 * recorder_attend().
 */
struct recorder *recorder_open(
    const char *dir, const char *category, const struct history_rule *) MUST_CHECK;

/*
 * Once a second, and after a publication: installs what was read, gives what is new to
 * a thread that records it, and logs what became of the last task: one line for each
 * new error, one when it is over, one if a file was damaged and set aside. What could
 * not be recorded goes into the next try, which comes after RECORDER_RETRY.
 */
void recorder_attend(struct recorder *);

/* The history, to be noted in and printed by the caller alone; NULL: it is not read
 * yet, or it is off. The same until recorder_close(). */
struct history *recorder_history(const struct recorder *) MUST_CHECK;

struct recorder_view {
	bool off;           /* a later program's file: nothing is kept */
	const char *error;  /* why the last task failed; "": it did not. Borrowed */
	int64_t written_at; /* clock_wall() of the last batch; 0: none */
	uint64_t written;   /* batches */
	uint64_t failures;  /* tries to read or write that failed */
	uint64_t damaged;   /* files that were set aside */
	uint64_t bytes;     /* of the database and its log */
};
/* What metrics tell, since recorder_open(); nothing for NULL. */
void recorder_look(const struct recorder *, struct recorder_view *);

/* Records what is not yet, but waits no longer than RECORDER_PATIENCE; frees *r with
 * the history and sets it to NULL. Returns false if a thread is left behind: then the
 * process must end by _exit(2). */
bool recorder_close(struct recorder **r) MUST_CHECK;

#endif
