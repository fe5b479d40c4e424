/* Names of the routes. */
#include "terms/route.h"

const char *
route_name(enum route route)
{
	static const char *const names[ROUTE_MAX] = {
		[ROUTE_NONE] = "unknown",
		[ROUTE_REDIRECT] = "redirect",
		[ROUTE_ROOT] = "root",
		[ROUTE_HEARTBEAT] = "heartbeat",
		[ROUTE_REPLICATE_MODE] = "replicate_mode",
		[ROUTE_OPENAPI] = "openapi",
		[ROUTE_STATISTICS] = "statistics",
		[ROUTE_RISK] = "deletion_risk",
		[ROUTE_REFUSED] = "refused",
		[ROUTE_WITH_STATS] = "with_stats",
		[ROUTE_LIVEZ] = "livez",
		[ROUTE_READYZ] = "readyz",
		[ROUTE_EVENTS] = "events",
		[ROUTE_HISTORY] = "history",
		[ROUTE_CHANGES] = "changes",
		[ROUTE_UNLISTED] = "unlisted",
		[ROUTE_MODEL] = "model",
		[ROUTE_COLUMNS] = "columns",
		[ROUTE_CYCLES] = "cycles",
		[ROUTE_DASHBOARD] = "dashboard",
	};

	return names[route];
}
