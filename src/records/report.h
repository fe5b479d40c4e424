/* What came of reading documents: what was left out, what was refused, how much is
 * left. Pure. */
#ifndef RECORDS_REPORT_H
#define RECORDS_REPORT_H

#include <stdint.h>

#include "base/attr.h"
#include "base/pace.h"
#include "base/str.h"
#include "terms/document.h"

/* How much of use a document holds: models of the reference; which of these have a
 * worker by the status, and usage of the month and ever by the stats; workers. */
struct census {
	uint64_t count;
	uint64_t names; /* sum of hashes: the same set gives the same in any order */
};

struct report {
	struct pace *pace; /* of the reading; may be NULL */
	/* Called for each record or entry that is left out, with what and why, e.g.
	 * "reference record \"Foo\": nsfw: required". May be NULL. */
	void (*skip)(void *arg, const char *what);
	/* Called for each record that has a baseline which this version does not know,
	 * with that. May be NULL. */
	void (*new_baseline)(void *arg, struct str baseline);
	void *arg;
	uint64_t skipped;                   /* out: how many */
	enum document_kind refused;         /* out: on error */
	char reason[256];                   /* out: on error: where in it, why */
	struct census census[DOCUMENT_MAX]; /* out: on success */
};

/* Counts an entry that is left out and names it to report->skip, if there is one. */
void report_skip(struct report *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* report_skip() of a record of the reference: which, where in it ("": as a whole), why.
 */
void report_skip_record(
    struct report *, struct str key, const char *where, const char *why);
/* Sets refused and reason; returns -1. */
int report_refuse(struct report *, enum document_kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Room for a name in a message. */
struct report_name {
	char text[96];
};
/* s in quotes, shortened, with nothing in it that could forge or break a log line. */
const char *report_quote(struct str s, struct report_name *out);

#endif
