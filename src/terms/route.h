/* The routes of the service, by which requests are counted. Any process. */
#ifndef TERMS_ROUTE_H
#define TERMS_ROUTE_H

#include <stdbool.h>

/* Append only: the segment counts requests by these numbers (counters.h). */
enum route {
	ROUTE_NONE,
	ROUTE_REDIRECT, /* to another path */
	ROUTE_ROOT,
	ROUTE_HEARTBEAT,
	ROUTE_REPLICATE_MODE,
	ROUTE_OPENAPI,
	/* These three have a category, in this order (route_row()). */
	ROUTE_STATISTICS,
	ROUTE_RISK, /* "audit" is its old name */
	ROUTE_WITH_STATS,
	ROUTE_REFUSED, /* none: the server has refused the request */
	ROUTE_LIVEZ,
	ROUTE_READYZ,
	ROUTE_EVENTS,
	/* And these six. */
	ROUTE_HISTORY,
	ROUTE_CHANGES,
	ROUTE_UNLISTED,
	ROUTE_MODEL,
	ROUTE_COLUMNS,
	ROUTE_CYCLES,
	ROUTE_DASHBOARD,
	ROUTE_MAX
};

/* "statistics", ...: what metrics call it. */
const char *route_name(enum route);

/* Of a route whose answers are of a category, its row among those in the counters of
 * one, which are append only, too; else -1. */
static inline int
route_row(enum route route)
{
	if (route >= ROUTE_STATISTICS && route <= ROUTE_WITH_STATS)
		return (int)(route - ROUTE_STATISTICS);
	if (route >= ROUTE_HISTORY && route <= ROUTE_CYCLES)
		return (int)(route - ROUTE_HISTORY) + 3;
	return -1;
}

/* Whether what it answers is of a category. */
static inline bool
route_has_category(enum route route)
{
	return route_row(route) >= 0;
}

#endif
