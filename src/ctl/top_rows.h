/* The rows of top's tables, sorted, and small charts. Pure. */
#ifndef CTL_TOP_ROWS_H
#define CTL_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/top_counts.h"
#include "ctl/top_look.h"

#define TOP_ROUTES_MAX ((size_t)ROUTE_MAX * COUNTER_CODES)

/* Answers of a route with a status. */
struct top_route {
	enum route route;
	int status;     /* 0: one that is not counted apart (COUNTER_STATUSES) */
	double rate;    /* a second, since the sample before */
	double average; /* a second, over the window */
	uint64_t total; /* since the daemon started */
};

/*
 * Rows, sorted by an order of their pane (top_view_order()), what is most or first at
 * the top, or reversed; what is equal by it is in the order of names. They return how
 * many.
 */
/* Of what there was ever an answer of; the window has a sample. */
size_t top_rows_routes(const struct top_window *, unsigned order, bool reversed,
    struct top_route rows[TOP_ROUTES_MAX]);
/* Indices of facts->process, but for slots that never had one. */
size_t top_rows_processes(const struct top_look *, unsigned order, bool reversed,
    unsigned rows[SEGMENT_PROCS_MAX]);
/* Indices of facts->category. */
size_t top_rows_categories(const struct top_look *, unsigned order, bool reversed,
    unsigned rows[SEGMENT_CATEGORIES_MAX]);
/* Indices of warning. */
size_t top_rows_warnings(const struct top_look *, unsigned order, bool reversed,
    unsigned rows[TOP_WARNINGS]);

/* How long the last cycle of a category took, ns; 0: there was none. */
uint64_t top_rows_duration(const struct top_look *, unsigned category);
/* How long ago a process beat, ns; negative: it has not. */
int64_t top_rows_beat(const struct facts *, const struct facts_process *);

/* Appends a chart of one character a value, from least (0) to most (the largest of
 * them): of Unicode's block elements, or of ASCII. */
void top_rows_spark(const uint64_t *values, size_t n, bool unicode, struct buf *);

#endif
