/* Filling in struct analytics_report: what was left out, what was refused. Pure. */
#ifndef ANALYTICS_REPORT_H
#define ANALYTICS_REPORT_H

#include "analytics.h"
#include "attr.h"
#include "str.h"

/* Counts an entry that is left out and names it to report->skip, if there is one. */
void report_skip(struct analytics_report *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* report_skip() of a record of the reference: which, where in it ("": as a whole), why.
 */
void report_skip_record(
    struct analytics_report *, struct str key, const char *where, const char *why);
/* Sets refused and error; returns -1. */
int report_refuse(struct analytics_report *, enum analytics_document, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

/* Room for a name in a message. */
struct report_name {
	char text[96];
};
/* s in quotes, shortened, with nothing in it that could forge or break a log line. */
const char *report_quote(struct str s, struct report_name *out);

#endif
