/* What the files of the store share; nothing for others. The recorder's thread. */
#ifndef HISTORY_STORE_RUN_H
#define HISTORY_STORE_RUN_H

#include <sqlite3.h>

#include "base/attr.h"
#include "history/store.h"

/* "hyhi", in the header of the file: what file(1) and this program know it by. */
#define STORE_APPLICATION_ID 1752787049
#define STORE_TEXT(macro) STORE_TEXT_OF(macro)
#define STORE_TEXT_OF(text) #text

enum store_statement {
	STORE_PUT_META,
	STORE_PUT_SAMPLE,
	STORE_PUT_MODEL,
	STORE_PUT_HOUR,
	STORE_PUT_DAY,
	STORE_PUT_EVENT,
	STORE_STATEMENTS,
};

struct store {
	const struct store_settings *set;
	sqlite3 *db;                         /* NULL: closed */
	sqlite3_stmt *put[STORE_STATEMENTS]; /* NULL: it only reads, or is closed */
	int64_t events;                      /* about so many are in it */
	int64_t mark; /* of its last writer, as this one left or found it */
	int fault;    /* the last code that was no success; 0: none */
	char *err;    /* of the call that runs */
	size_t errlen;
};

/* Closes it and opens it to write (store.c). */
enum store_verdict store_reconnect(struct store *) MUST_CHECK;
/* A result code of SQLite that is not SQLITE_OK, SQLITE_ROW or SQLITE_DONE: says what
 * it means for the file, and puts a message into s->err. */
enum store_verdict store_fault(struct store *, int code) MUST_CHECK;
/* Runs statements without values. */
enum store_verdict store_run(struct store *, const char *sql) MUST_CHECK;
/* A statement; finalize it. */
enum store_verdict store_prepare(
    struct store *, const char *sql, sqlite3_stmt **) MUST_CHECK;
/* The one number that a statement has. */
enum store_verdict store_ask(struct store *, const char *sql, int64_t *) MUST_CHECK;

/* A number that each batch changes; 0: none was written (store_write.c). */
enum store_verdict store_read_mark(struct store *, int64_t *mark) MUST_CHECK;

/* Makes tables, or brings those of an older program up to STORE_VERSION; version is
 * what the file has, 0: nothing yet (store_schema.c). */
enum store_verdict store_migrate(struct store *, int version) MUST_CHECK;
/* Prepares s->put (store_write.c). */
enum store_verdict store_prepare_puts(struct store *) MUST_CHECK;

#endif
