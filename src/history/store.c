/* The connection. SQLite believes what it finds in a file, so it is told to check each
 * page, the file is checked whole before anything is read from it, and an error that
 * only a damaged file can have is told from those that pass. */
#include "history/store.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "history/store_file.h"
#include "history/store_run.h"

/* Steps of SQLite's machine between two looks at whether to stop. */
#define STORE_STEPS 10000
/* Bytes of a row; names are what is long in one. */
#define STORE_LENGTH_MAX (1024 * 1024)

/* Of a log that cannot be made SQLite says that there is none. */
static int
store_system_error(const struct store *s, int code)
{
	char dir[PATH_MAX];

	strlcpy(dir, s->set->path, sizeof(dir));
	(void)dirname(dir);
	if ((code & 0xff) == SQLITE_CANTOPEN && access(dir, W_OK) == -1)
		return errno;
	return s->db != NULL ? sqlite3_system_errno(s->db) : 0;
}

enum store_verdict
store_fault(struct store *s, int code)
{
	int system_error = store_system_error(s, code);

	snprintf(s->err, s->errlen, "%s: %s%s%s", s->set->path,
	    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(code),
	    system_error != 0 ? ": " : "",
	    system_error != 0 ? strerror(system_error) : "");
	s->fault = code;
	if (code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS)
		return STORE_DAMAGED;
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	/* Tables and columns are not what they were made as. */
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return STORE_DAMAGED;
	default:
		return STORE_LATER;
	}
}

static enum store_verdict
store_refuse(struct store *s, enum store_verdict verdict, const char *why)
{
	snprintf(s->err, s->errlen, "%s: %s", s->set->path, why);
	return verdict;
}

enum store_verdict
store_run(struct store *s, const char *sql)
{
	int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? STORE_GOOD : store_fault(s, code);
}

enum store_verdict
store_prepare(struct store *s, const char *sql, sqlite3_stmt **out)
{
	int code =
	    sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

	return code == SQLITE_OK ? STORE_GOOD : store_fault(s, code);
}

enum store_verdict
store_ask(struct store *s, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement;
	enum store_verdict verdict = store_prepare(s, sql, &statement);
	int code;

	if (verdict != STORE_GOOD)
		return verdict;
	if ((code = sqlite3_step(statement)) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		verdict = code == SQLITE_DONE
			      ? store_refuse(s, STORE_DAMAGED, "says nothing")
			      : store_fault(s, code);
	sqlite3_finalize(statement);
	return verdict;
}

static enum store_verdict
store_check(struct store *s)
{
	sqlite3_stmt *statement;
	enum store_verdict verdict =
	    store_prepare(s, "PRAGMA integrity_check(1)", &statement);
	const char *text;
	int code;

	if (verdict != STORE_GOOD)
		return verdict;
	if ((code = sqlite3_step(statement)) != SQLITE_ROW)
		verdict = store_fault(s, code);
	else if ((text = (const char *)sqlite3_column_text(statement, 0)) == NULL)
		verdict = store_fault(s, SQLITE_NOMEM);
	else if (strcmp(text, "ok") != 0)
		verdict = store_refuse(s, STORE_DAMAGED, text);
	sqlite3_finalize(statement);
	return verdict;
}

/* Whose file it is and of which version. That is in its first page, read before any
 * other: what a later program wrote is not for this one to judge. */
static enum store_verdict
store_identify(struct store *s, int64_t *version)
{
	int64_t application = 0, tables = 0;
	enum store_verdict verdict = store_ask(s, "PRAGMA user_version", version);

	if (verdict == STORE_GOOD)
		verdict = store_ask(s, "PRAGMA application_id", &application);
	if (verdict != STORE_GOOD)
		return verdict;
	if (application == STORE_APPLICATION_ID && *version > STORE_VERSION) {
		snprintf(s->err, s->errlen,
		    "%s: is of version %lld, this program knows up to %d", s->set->path,
		    (long long)*version, STORE_VERSION);
		return STORE_NEWER;
	}
	verdict = store_ask(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (verdict == STORE_GOOD &&
	    !(application == STORE_APPLICATION_ID && *version > 0) &&
	    !(application == 0 && *version == 0 && tables == 0))
		return store_refuse(s, STORE_DAMAGED, "is no history of hydratord");
	return verdict;
}

/* A file whose header forbids to write it is damaged if its rights do not. */
static enum store_verdict
store_begin_to_write(struct store *s, int64_t version)
{
	enum store_verdict verdict;

	if (sqlite3_db_readonly(s->db, "main") == 1)
		return access(s->set->path, W_OK) == 0
			   ? store_refuse(s, STORE_DAMAGED, "is said to be read-only")
			   : store_fault(s, SQLITE_READONLY);
	verdict =
	    store_run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			 "PRAGMA wal_autocheckpoint = " STORE_TEXT(STORE_LOG_PAGES));
	if (verdict == STORE_GOOD)
		verdict = store_migrate(s, (int)version);
	if (verdict == STORE_GOOD)
		verdict = store_ask(s, "SELECT count(*) FROM events", &s->events);
	return verdict == STORE_GOOD ? store_prepare_puts(s) : verdict;
}

static int
store_is_stopped(void *arg)
{
	const struct store *s = arg;

	return atomic_load(s->set->stop);
}

/* Hardened before a byte is read. temp_store: no rule about files (Landlock) allows a
 * directory for temporary ones. */
static enum store_verdict
store_configure(struct store *s)
{
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* A column of a forged table may be computed. */
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, STORE_LENGTH_MAX);
	sqlite3_progress_handler(s->db, STORE_STEPS, store_is_stopped, s);
	return store_run(s, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
			    "PRAGMA temp_store = MEMORY");
}

/* immutable: without locks and log, for which SQLite would have to make files. */
static char *
store_uri(const char *path)
{
	struct buf uri = { 0 };

	buf_puts(&uri, "file:");
	for (; *path != '\0'; path++)
		if (strchr("?#%", *path) != NULL)
			buf_printf(&uri, "%%%02x", (unsigned char)*path);
		else
			buf_putc(&uri, *path);
	buf_puts(&uri, "?immutable=1");
	buf_putc(&uri, '\0');
	return uri.data;
}

static void
store_disconnect(struct store *s)
{
	size_t i;

	for (i = 0; i < STORE_STATEMENTS; i++) {
		sqlite3_finalize(s->put[i]);
		s->put[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

/* What it reads only has to be of this version: it cannot be brought there. */
static enum store_verdict
store_connect(struct store *s, const char *path, bool reads_only)
{
	const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	char *uri = store_uri(path);
	enum store_verdict verdict;
	int64_t version = 0;
	int code;

	code = reads_only
		   ? sqlite3_open_v2(uri, &s->db,
			 flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)
		   : sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_READWRITE, NULL);
	free(uri);
	if (code != SQLITE_OK)
		verdict = store_fault(s, code);
	else
		verdict = store_configure(s);
	if (verdict == STORE_GOOD)
		verdict = store_identify(s, &version);
	if (verdict == STORE_GOOD)
		verdict = store_check(s);
	if (verdict == STORE_GOOD && !reads_only)
		verdict = store_begin_to_write(s, version);
	else if (verdict == STORE_GOOD && version != STORE_VERSION)
		verdict = store_refuse(s, STORE_LATER, "cannot be written");
	if (verdict != STORE_GOOD)
		store_disconnect(s);
	return verdict;
}

/* Aside: SQLite begins a file under a journal, and whoever is killed over that would
 * leave a damaged one, since nothing can be cut off to nothing here (store_file_cut()).
 * What is damaged at once is the disk's fault, and no file of somebody's. */
static enum store_verdict
store_create(struct store *s, const char *made)
{
	enum store_verdict verdict = store_connect(s, made, false);

	store_disconnect(s);
	if (verdict == STORE_DAMAGED)
		return STORE_LATER;
	if (verdict == STORE_GOOD && store_file_finish(made, s->set->path) == -1)
		return store_refuse(s, STORE_LATER, strerror(errno));
	return verdict;
}

enum store_verdict
store_reconnect(struct store *s)
{
	enum store_verdict verdict = STORE_GOOD;
	char made[PATH_MAX];
	int n;

	store_disconnect(s);
	if ((n = store_file_begin(s->set->path, made)) == -1)
		return store_refuse(s, STORE_LATER,
		    errno == EINVAL ? "is no regular file" : strerror(errno));
	if (n == 1)
		verdict = store_create(s, made);
	return verdict == STORE_GOOD ? store_connect(s, s->set->path, false) : verdict;
}

/* Without rights or room there is nobody who writes, and nothing is lost by not looking
 * at a log: there is none. What is wrong with a file that cannot be set aside is of no
 * use. */
static bool
store_connect_to_read(struct store *s)
{
	char err[512];
	bool good;

	switch (s->fault & 0xff) {
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
	case SQLITE_IOERR:
		break;
	default:
		return false;
	}
	if (store_file_has_log(s->set->path))
		return false;
	strlcpy(err, s->err, sizeof(err));
	good = store_connect(s, s->set->path, true) == STORE_GOOD;
	if (!good)
		strlcpy(s->err, err, s->errlen);
	return good;
}

static void
store_take_calls(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)store_file_cut);
}

enum store_verdict
store_open(
    const struct store_settings *set, struct store **out, char *err, size_t errlen)
{
	struct store *s = xcalloc(1, sizeof(*s));
	enum store_verdict verdict;

	*s = (struct store){ .set = set, .err = err, .errlen = errlen };
	store_take_calls();
	verdict = store_reconnect(s);
	if (verdict == STORE_LATER && store_connect_to_read(s))
		verdict = STORE_GOOD;
	if (verdict == STORE_GOOD &&
	    (verdict = store_read_mark(s, &s->mark)) != STORE_GOOD)
		store_disconnect(s);
	*out = verdict == STORE_GOOD ? s : NULL;
	if (verdict != STORE_GOOD)
		free(s);
	return verdict;
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	store_disconnect(s);
	free(s);
}
