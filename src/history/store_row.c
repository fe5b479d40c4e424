/* SQLite has no unsigned numbers: identities come back as they went by wrapping. */
#include "history/store_row.h"

/* The columns of a row, one after the other. */
struct row {
	sqlite3_stmt *statement;
	int at;
};

static void
row_put(struct row *r, int64_t n)
{
	/* Cannot fail for a statement that is at rest and has the column. */
	(void)sqlite3_bind_int64(r->statement, ++r->at, n);
}

static void
row_put_unless(struct row *r, int64_t n, int64_t none)
{
	if (n == none)
		(void)sqlite3_bind_null(r->statement, ++r->at);
	else
		row_put(r, n);
}

static void
row_put_text(struct row *r, struct str text)
{
	/* NULL would be none. */
	(void)sqlite3_bind_blob64(
	    r->statement, ++r->at, text.len > 0 ? text.p : "", text.len, SQLITE_STATIC);
}

static void
row_put_figures(struct row *r, const struct view_event_figures *f)
{
	size_t i;

	for (i = 0; i < 3; i++)
		row_put(r, f->usage[i]);
	row_put(r, f->workers);
	row_put(r, f->flags);
	row_put(r, f->marks);
}

static int64_t
row_take(struct row *r)
{
	return sqlite3_column_int64(r->statement, r->at++);
}

static int64_t
row_take_unless(struct row *r, int64_t none)
{
	if (sqlite3_column_type(r->statement, r->at) != SQLITE_NULL)
		return row_take(r);
	r->at++;
	return none;
}

static struct str
row_take_text(struct row *r)
{
	/* In this order: the first may change the length. */
	const void *p = sqlite3_column_blob(r->statement, r->at);
	int n = sqlite3_column_bytes(r->statement, r->at++);

	return p == NULL ? (struct str){ NULL, 0 } : (struct str){ p, (size_t)n };
}

static void
row_take_figures(struct row *r, struct view_event_figures *f)
{
	size_t i;

	for (i = 0; i < 3; i++)
		f->usage[i] = row_take(r);
	f->workers = row_take(r);
	f->flags = (uint32_t)row_take(r);
	f->marks = (uint32_t)row_take(r);
}

void
store_row_put_meta(sqlite3_stmt *statement, const struct history_meta *m)
{
	struct row r = { statement, 0 };

	row_put(&r, 1);
	row_put(&r, m->published_at);
	row_put(&r, m->sampled_at);
	row_put(&r, (int64_t)m->last_id);
	row_put(&r, (int64_t)m->delivered_id);
	row_put(&r, (int64_t)m->last_model);
}

void
store_row_take_meta(sqlite3_stmt *statement, struct history_meta *m)
{
	struct row r = { statement, 1 };

	m->published_at = row_take(&r);
	m->sampled_at = row_take(&r);
	m->last_id = (uint64_t)row_take(&r);
	m->delivered_id = (uint64_t)row_take(&r);
	m->last_model = (uint64_t)row_take(&r);
}

void
store_row_put_model(sqlite3_stmt *statement, const struct history_model_row *m)
{
	struct row r = { statement, 0 };
	size_t i;

	row_put(&r, (int64_t)m->id);
	row_put_text(&r, m->name);
	row_put(&r, m->state);
	row_put(&r, m->reported);
	row_put(&r, (int64_t)m->identity);
	row_put(&r, (int64_t)m->resets);
	row_put(&r, m->first_seen);
	row_put(&r, m->last_seen);
	row_put(&r, m->rose_at);
	row_put(&r, m->sampled_at);
	for (i = 0; i < HISTORY_BITS; i++)
		row_put(&r, m->since[i]);
	row_put_figures(&r, &m->last);
	row_put_figures(&r, &m->sample);
	row_put_figures(&r, &m->steady);
}

void
store_row_take_model(sqlite3_stmt *statement, struct history_model_row *m)
{
	struct row r = { statement, 0 };
	size_t i;

	m->id = (uint64_t)row_take(&r);
	m->name = row_take_text(&r);
	m->state = (uint32_t)row_take(&r);
	m->reported = (uint32_t)row_take(&r);
	m->identity = (uint64_t)row_take(&r);
	m->resets = (uint64_t)row_take(&r);
	m->first_seen = row_take(&r);
	m->last_seen = row_take(&r);
	m->rose_at = row_take(&r);
	m->sampled_at = row_take(&r);
	for (i = 0; i < HISTORY_BITS; i++)
		m->since[i] = row_take(&r);
	row_take_figures(&r, &m->last);
	row_take_figures(&r, &m->sample);
	row_take_figures(&r, &m->steady);
}

void
store_row_put_hour(sqlite3_stmt *statement, const struct history_hour_row *h)
{
	struct row r = { statement, 0 };

	row_put(&r, h->hour);
	row_put(&r, (int64_t)h->model);
	row_put_figures(&r, &h->at);
}

void
store_row_put_day(sqlite3_stmt *statement, const struct history_day_row *d)
{
	struct row r = { statement, 0 };

	row_put(&r, d->day);
	row_put(&r, (int64_t)d->model);
	row_put_unless(&r, d->used, -1);
	row_put_unless(&r, d->workers, -1);
}

void
store_row_take_day(sqlite3_stmt *statement, struct history_day_row *d)
{
	struct row r = { statement, 0 };

	d->day = row_take(&r);
	d->model = (uint64_t)row_take(&r);
	d->used = row_take_unless(&r, -1);
	d->workers = row_take_unless(&r, -1);
}

void
store_row_put_event(sqlite3_stmt *statement, const struct history_event *e)
{
	struct row r = { statement, 0 };

	row_put(&r, (int64_t)e->id);
	row_put(&r, e->at);
	row_put(&r, e->since);
	row_put(&r, e->kind);
	row_put_unless(&r, e->flag, UINT32_MAX);
	row_put(&r, (int64_t)e->count);
	row_put_text(&r, e->model);
	row_put_text(&r, e->former);
	row_put_figures(&r, &e->before);
	row_put_figures(&r, &e->after);
}

void
store_row_take_event(sqlite3_stmt *statement, struct history_event *e)
{
	struct row r = { statement, 0 };

	e->id = (uint64_t)row_take(&r);
	e->at = row_take(&r);
	e->since = row_take(&r);
	e->kind = (uint32_t)row_take(&r);
	e->flag = (uint32_t)row_take_unless(&r, UINT32_MAX);
	e->count = (uint64_t)row_take(&r);
	e->model = row_take_text(&r);
	e->former = row_take_text(&r);
	row_take_figures(&r, &e->before);
	row_take_figures(&r, &e->after);
}
