/*
 * A category's history in SQLite: CATEGORY.history.db in state_dir, as doc/history.md
 * describes it to whoever reads it. One connection, one writer. Each function may take
 * as long as the disk does; none logs. Hydrators, in the recorder's thread.
 */
#ifndef HISTORY_STORE_H
#define HISTORY_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "history/history.h"

/* The schema that this program writes (PRAGMA user_version). */
#define STORE_VERSION 1
/* So long a lock of another program's is waited for. Milliseconds. */
#define STORE_BUSY_MS 1000
/* Pages in SQLite's log from which they are copied into the database. */
#define STORE_LOG_PAGES 1000
/* Nothing more is written while the log is as long as this, which only a program that
 * goes on reading can make it. Bytes. */
#define STORE_LOG_MAX ((int64_t)64 << 20)
/* So many events are kept, the newest: years of them, unless an upstream has other
 * models at each publication. Now and then there are more, by up to the second number.
 */
#define STORE_EVENTS_MAX 1000000
#define STORE_EVENTS_MORE 10000

struct store;

/* Borrowed, and outlives the store. */
struct store_settings {
	const char *path; /* store_file_find() */
	const struct history_rule *rule;
	const _Atomic bool *stop; /* set: what is only read is given up soon */
};

enum store_verdict {
	STORE_GOOD,
	STORE_LATER,   /* not now: no rights, no room, a lock, a stop */
	STORE_DAMAGED, /* never again, nor anything else of the file: set it aside */
	STORE_NEWER,   /* a later program wrote it: it stays as it is */
	STORE_TAKEN,   /* another process has written it since: read it anew */
	STORE_GONE,    /* somebody has removed it: make another one */
};

/*
 * Opens the database, or makes it, checks it whole, and brings it to STORE_VERSION. If
 * it, or its directory, can only be read, and nothing but it has to be, it is good to
 * load from; store_write() then tries to open it again. Whatever is not STORE_GOOD has
 * a message in err that names the file, and *out is NULL.
 */
enum store_verdict store_open(const struct store_settings *, struct store **out,
    char *err, size_t errlen) MUST_CHECK;

/* Fills an empty history. If it is not STORE_GOOD the history is of no use. */
enum store_verdict store_load(
    struct store *, struct history *, char *err, size_t errlen) MUST_CHECK;

/* Records a batch whole or not at all, and removes what is too old. STORE_TAKEN: two
 * processes count their models and events from what each has read; nothing is written,
 * nor will it be by this store. */
enum store_verdict store_write(
    struct store *, const struct history_batch *, char *err, size_t errlen) MUST_CHECK;

/* Empties SQLite's log into the database, removes it unless another program has the
 * database open, and closes; frees *s and sets it to NULL, which is fine. */
void store_close(struct store **s);

#endif
