/* From tables to a history. SQLite has checked its pages by now, but nobody what they
 * say: a row that makes no sense is the end of the file. */
#include "history/store_run.h"

#include <stdio.h>

#include "history/store_row.h"

/* What becomes of a row; false: it makes no sense. */
typedef bool load_fn(sqlite3_stmt *, struct history *);

static bool
load_meta(sqlite3_stmt *statement, struct history *h)
{
	struct history_meta meta;

	store_row_take_meta(statement, &meta);
	history_restore_meta(h, &meta);
	return true;
}

static bool
load_model(sqlite3_stmt *statement, struct history *h)
{
	struct history_model_row row;

	store_row_take_model(statement, &row);
	return history_restore_model(h, &row);
}

static bool
load_day(sqlite3_stmt *statement, struct history *h)
{
	struct history_day_row row;

	store_row_take_day(statement, &row);
	return history_restore_day(h, &row);
}

static bool
load_event(sqlite3_stmt *statement, struct history *h)
{
	struct history_event row;

	store_row_take_event(statement, &row);
	return history_restore_event(h, &row);
}

/* value is that of the statement's parameter. */
static enum store_verdict
load_table(
    struct store *s, struct history *h, const char *sql, int64_t value, load_fn *load)
{
	enum store_verdict verdict;
	sqlite3_stmt *statement;
	bool sound = true;
	int code;

	if ((verdict = store_prepare(s, sql, &statement)) != STORE_GOOD)
		return verdict;
	(void)sqlite3_bind_int64(statement, 1, value);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW && sound)
		sound = load(statement, h);
	if (!sound) {
		snprintf(s->err, s->errlen, "%s: has a row that makes no sense",
		    s->set->path);
		verdict = STORE_DAMAGED;
	} else if (code != SQLITE_DONE)
		verdict = store_fault(s, code);
	sqlite3_finalize(statement);
	return verdict;
}

enum store_verdict
store_load(struct store *s, struct history *h, char *err, size_t errlen)
{
	enum store_verdict verdict;

	s->err = err;
	s->errlen = errlen;
	verdict = load_table(s, h, "SELECT * FROM meta LIMIT ?", 1, load_meta);
	if (verdict == STORE_GOOD)
		verdict = load_table(s, h,
		    "SELECT * FROM models WHERE id >= ? ORDER BY id", 0, load_model);
	if (verdict == STORE_GOOD)
		verdict = load_table(s, h,
		    "SELECT * FROM days WHERE day >= ? ORDER BY day, model",
		    history_first_day(h), load_day);
	if (verdict == STORE_GOOD)
		verdict = load_table(s, h,
		    "SELECT * FROM (SELECT * FROM events ORDER BY id DESC LIMIT ?)"
		    " ORDER BY id",
		    (int64_t)s->set->rule->events_max, load_event);
	return verdict;
}
