/* The tables, and how those of older programs become them. A migration that was
 * released is never changed: there are files that it has made. doc/history.md has the
 * tables. */
#include "history/store_run.h"

/* Keys begin with the time: a sample writes to a few pages at the end of a table, and
 * what is too old is a few pages at its beginning. */
static const char *const migrations[STORE_VERSION] = {
	"CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1),"
	" published_at INTEGER NOT NULL, sampled_at INTEGER NOT NULL,"
	" last_event INTEGER NOT NULL, delivered_event INTEGER NOT NULL,"
	" last_model INTEGER NOT NULL);"
	"CREATE TABLE models (id INTEGER PRIMARY KEY, name BLOB NOT NULL,"
	" state INTEGER NOT NULL, reported INTEGER NOT NULL,"
	" identity INTEGER NOT NULL, resets INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
	" rose_at INTEGER NOT NULL, sampled_at INTEGER NOT NULL,"
	" zero_usage_day_since INTEGER NOT NULL,"
	" zero_usage_month_since INTEGER NOT NULL,"
	" zero_usage_total_since INTEGER NOT NULL,"
	" no_active_workers_since INTEGER NOT NULL,"
	" has_multiple_hosts_since INTEGER NOT NULL,"
	" has_non_preferred_host_since INTEGER NOT NULL,"
	" has_unknown_host_since INTEGER NOT NULL,"
	" no_download_urls_since INTEGER NOT NULL,"
	" missing_description_since INTEGER NOT NULL,"
	" missing_baseline_since INTEGER NOT NULL,"
	" low_usage_since INTEGER NOT NULL, at_risk_since INTEGER NOT NULL,"
	" critical_since INTEGER NOT NULL, last_usage_day INTEGER NOT NULL,"
	" last_usage_month INTEGER NOT NULL, last_usage_total INTEGER NOT NULL,"
	" last_workers INTEGER NOT NULL, last_flags INTEGER NOT NULL,"
	" last_marks INTEGER NOT NULL, sample_usage_day INTEGER NOT NULL,"
	" sample_usage_month INTEGER NOT NULL,"
	" sample_usage_total INTEGER NOT NULL, sample_workers INTEGER NOT NULL,"
	" sample_flags INTEGER NOT NULL, sample_marks INTEGER NOT NULL,"
	" steady_usage_day INTEGER NOT NULL,"
	" steady_usage_month INTEGER NOT NULL,"
	" steady_usage_total INTEGER NOT NULL, steady_workers INTEGER NOT NULL,"
	" steady_flags INTEGER NOT NULL, steady_marks INTEGER NOT NULL);"
	"CREATE TABLE samples (at INTEGER PRIMARY KEY);"
	"CREATE TABLE hours (hour INTEGER NOT NULL, model INTEGER NOT NULL,"
	" usage_day INTEGER NOT NULL, usage_month INTEGER NOT NULL,"
	" usage_total INTEGER NOT NULL, workers INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, marks INTEGER NOT NULL,"
	" PRIMARY KEY (hour, model)) WITHOUT ROWID;"
	"CREATE TABLE days (day INTEGER NOT NULL, model INTEGER NOT NULL,"
	" used INTEGER, workers INTEGER,"
	" PRIMARY KEY (day, model)) WITHOUT ROWID;"
	"CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
	" since INTEGER NOT NULL, kind INTEGER NOT NULL, flag INTEGER,"
	" count INTEGER NOT NULL, model BLOB NOT NULL, former BLOB NOT NULL,"
	" before_usage_day INTEGER NOT NULL,"
	" before_usage_month INTEGER NOT NULL,"
	" before_usage_total INTEGER NOT NULL, before_workers INTEGER NOT NULL,"
	" before_flags INTEGER NOT NULL, before_marks INTEGER NOT NULL,"
	" after_usage_day INTEGER NOT NULL, after_usage_month INTEGER NOT NULL,"
	" after_usage_total INTEGER NOT NULL, after_workers INTEGER NOT NULL,"
	" after_flags INTEGER NOT NULL, after_marks INTEGER NOT NULL);"
	"PRAGMA application_id = 1752787049;",
};

_Static_assert(RISK_FLAG_MAX == 11, "a flag more is a column more of models");

/* Whole or not at all, and known by the version. */
enum store_verdict
store_migrate(struct store *s, int version)
{
	enum store_verdict verdict = STORE_GOOD;

	if (version == STORE_VERSION)
		return STORE_GOOD;
	verdict = store_run(s, "BEGIN IMMEDIATE");
	while (verdict == STORE_GOOD && version < STORE_VERSION)
		verdict = store_run(s, migrations[version++]);
	if (verdict == STORE_GOOD)
		verdict = store_run(
		    s, "PRAGMA user_version = " STORE_TEXT(STORE_VERSION) "; COMMIT");
	return verdict;
}
