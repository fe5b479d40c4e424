/* From a batch to tables: one transaction, whole or not at all. */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "history/store_row.h"
#include "history/store_run.h"

static const struct {
	const char *table;
	int columns;
} puts_into[STORE_STATEMENTS] = {
	[STORE_PUT_META] = { "meta", STORE_META_COLUMNS },
	[STORE_PUT_SAMPLE] = { "samples", STORE_SAMPLE_COLUMNS },
	[STORE_PUT_MODEL] = { "models", STORE_MODEL_COLUMNS },
	[STORE_PUT_HOUR] = { "hours", STORE_HOUR_COLUMNS },
	[STORE_PUT_DAY] = { "days", STORE_DAY_COLUMNS },
	[STORE_PUT_EVENT] = { "events", STORE_EVENT_COLUMNS },
};

enum store_verdict
store_prepare_puts(struct store *s)
{
	enum store_verdict verdict = STORE_GOOD;
	struct buf sql = { 0 };
	int i, column;

	for (i = 0; i < STORE_STATEMENTS && verdict == STORE_GOOD; i++) {
		buf_reset(&sql);
		buf_printf(
		    &sql, "INSERT OR REPLACE INTO %s VALUES (?", puts_into[i].table);
		for (column = 1; column < puts_into[i].columns; column++)
			buf_puts(&sql, ",?");
		buf_add(&sql, ")", sizeof(")"));
		verdict = store_prepare(s, sql.data, &s->put[i]);
	}
	buf_free(&sql);
	return verdict;
}

static enum store_verdict
store_put(struct store *s, enum store_statement put)
{
	int code = sqlite3_step(s->put[put]);
	enum store_verdict verdict =
	    code == SQLITE_DONE ? STORE_GOOD : store_fault(s, code);

	sqlite3_reset(s->put[put]);
	return verdict;
}

/* The key of a day or an hour that goes with those before it, or behind it. */
static enum store_verdict
store_remove(struct store *s, const char *condition, int64_t key)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "DELETE FROM %s %" PRId64, condition, key);
	return store_run(s, sql);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static enum store_verdict
store_turn(struct store *s, int64_t to)
{
	enum store_verdict verdict = store_remove(s, "samples WHERE at >", to);

	if (verdict == STORE_GOOD)
		verdict =
		    store_remove(s, "hours WHERE hour >", floor_div(to, HISTORY_HOUR));
	if (verdict == STORE_GOOD)
		verdict =
		    store_remove(s, "days WHERE day >", floor_div(to, HISTORY_DAY));
	return verdict;
}

/* Models that went have no days but those that go with them, and the one before, for
 * they went in the middle of it. */
static enum store_verdict
store_expire(struct store *s, const struct history_batch *b)
{
	int64_t days = s->set->rule->days, now = b->meta.sampled_at;
	int64_t first = floor_div(now, HISTORY_DAY) - days;
	int64_t before = now - days * HISTORY_DAY;
	enum store_verdict verdict = STORE_GOOD;
	size_t i;

	for (i = 0; i < b->nforgotten && verdict == STORE_GOOD; i++)
		verdict =
		    store_remove(s, "models WHERE id =", (int64_t)b->forgotten[i]);
	if (verdict == STORE_GOOD && b->nforgotten > 0)
		verdict = store_run(s,
		    "DELETE FROM days WHERE model NOT IN (SELECT id FROM models);"
		    "DELETE FROM hours WHERE model NOT IN (SELECT id FROM models)");
	if (verdict == STORE_GOOD)
		verdict = store_remove(s, "days WHERE day <", first);
	if (verdict == STORE_GOOD)
		verdict = store_remove(s, "hours WHERE hour <",
		    floor_div(now, HISTORY_HOUR) - HISTORY_HOURS_DAYS * 24);
	if (verdict == STORE_GOOD)
		verdict = store_remove(s, "samples WHERE at <", before);
	return verdict;
}

static enum store_verdict
store_put_all(struct store *s, const struct history_batch *b)
{
	enum store_verdict verdict = STORE_GOOD;
	size_t i;

	for (i = 0; i < b->nmodels && verdict == STORE_GOOD; i++) {
		store_row_put_model(s->put[STORE_PUT_MODEL], &b->models[i]);
		verdict = store_put(s, STORE_PUT_MODEL);
	}
	for (i = 0; i < b->nhours && verdict == STORE_GOOD; i++) {
		store_row_put_hour(s->put[STORE_PUT_HOUR], &b->hours[i]);
		verdict = store_put(s, STORE_PUT_HOUR);
	}
	for (i = 0; i < b->ndays && verdict == STORE_GOOD; i++) {
		store_row_put_day(s->put[STORE_PUT_DAY], &b->days[i]);
		verdict = store_put(s, STORE_PUT_DAY);
	}
	for (i = 0; i < b->nevents && verdict == STORE_GOOD; i++) {
		store_row_put_event(s->put[STORE_PUT_EVENT], &b->events[i]);
		verdict = store_put(s, STORE_PUT_EVENT);
	}
	if (verdict == STORE_GOOD && b->samples > 0) {
		sqlite3_bind_int64(s->put[STORE_PUT_SAMPLE], 1, b->meta.sampled_at);
		verdict = store_put(s, STORE_PUT_SAMPLE);
	}
	if (verdict != STORE_GOOD)
		return verdict;
	store_row_put_meta(s->put[STORE_PUT_META], &b->meta);
	return store_put(s, STORE_PUT_META);
}

/* Finding the oldest that stays takes a look at all of them. */
static enum store_verdict
store_expire_events(struct store *s, const struct history_batch *b)
{
	s->events += (int64_t)b->nevents;
	if (s->events <= STORE_EVENTS_MAX + STORE_EVENTS_MORE)
		return STORE_GOOD;
	s->events = STORE_EVENTS_MAX;
	return store_run(s,
	    "DELETE FROM events WHERE id <= (SELECT id FROM events"
	    " ORDER BY id DESC LIMIT 1 OFFSET " STORE_TEXT(STORE_EVENTS_MAX) ")");
}

enum store_verdict
store_read_mark(struct store *s, int64_t *mark)
{
	return store_ask(s,
	    "SELECT coalesce(sum(published_at + last_event + last_model), 0) FROM meta",
	    mark);
}

/* Within the transaction, in which nobody else writes. */
static enum store_verdict
store_check_mark(struct store *s)
{
	int64_t mark;
	enum store_verdict verdict = store_read_mark(s, &mark);

	if (verdict != STORE_GOOD || mark == s->mark)
		return verdict;
	snprintf(s->err, s->errlen, "%s: another process has written it", s->set->path);
	return STORE_TAKEN;
}

static enum store_verdict
store_transact(struct store *s, const struct history_batch *b)
{
	enum store_verdict verdict = store_run(s, "BEGIN IMMEDIATE");
	int64_t mark;

	if (verdict != STORE_GOOD)
		return verdict;
	verdict = store_check_mark(s);
	if (verdict == STORE_GOOD && b->turned_to != 0)
		verdict = store_turn(s, b->turned_to);
	if (verdict == STORE_GOOD)
		verdict = store_put_all(s, b);
	if (verdict == STORE_GOOD && b->meta.sampled_at != 0)
		verdict = store_expire(s, b);
	if (verdict == STORE_GOOD)
		verdict = store_expire_events(s, b);
	if (verdict == STORE_GOOD)
		verdict = store_read_mark(s, &mark);
	if (verdict == STORE_GOOD)
		verdict = store_run(s, "COMMIT");
	if (verdict == STORE_GOOD)
		s->mark = mark;
	/* Some faults have ended it already. */
	if (verdict != STORE_GOOD && sqlite3_get_autocommit(s->db) == 0)
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return verdict;
}

/* A program that reads on and on keeps the log from being begun anew. What is longer
 * stays so long until it is closed. */
static enum store_verdict
store_bound_log(struct store *s)
{
	char log[PATH_MAX];
	struct stat st;
	int code;

	strlcpy(log, s->set->path, sizeof(log));
	strlcat(log, "-wal", sizeof(log));
	if (stat(log, &st) == -1 || st.st_size < STORE_LOG_MAX)
		return STORE_GOOD;
	code = sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	if (code == SQLITE_OK)
		return STORE_GOOD;
	if (code != SQLITE_BUSY)
		return store_fault(s, code);
	snprintf(s->err, s->errlen,
	    "%s: has %jd MB: a program goes on reading from the database", log,
	    (intmax_t)st.st_size >> 20);
	return STORE_LATER;
}

/* What is written into a file without its name is lost with the connection, and so far
 * nobody would know. Another file is somebody's, who has to be asked. */
static enum store_verdict
store_check_place(struct store *s)
{
	int code, moved = 0;
	bool gone;

	code = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (code != SQLITE_OK)
		return store_fault(s, code);
	if (moved == 0)
		return STORE_GOOD;
	gone = access(s->set->path, F_OK) == -1 && errno == ENOENT;
	snprintf(s->err, s->errlen, "%s: %s", s->set->path,
	    gone ? "somebody has removed it" : "another file is in its place");
	return gone ? STORE_GONE : STORE_LATER;
}

enum store_verdict
store_write(struct store *s, const struct history_batch *b, char *err, size_t errlen)
{
	enum store_verdict verdict = STORE_GOOD;

	s->err = err;
	s->errlen = errlen;
	if (s->db != NULL)
		sqlite3_progress_handler(s->db, 0, NULL, NULL);
	if (s->put[STORE_PUT_META] == NULL)
		verdict = store_reconnect(s);
	if (verdict == STORE_GOOD)
		verdict = store_check_place(s);
	if (verdict == STORE_GOOD)
		verdict = store_bound_log(s);
	return verdict == STORE_GOOD ? store_transact(s, b) : verdict;
}
