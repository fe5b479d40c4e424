/* Routing. */
#include "reader/route.h"

#include <stdbool.h>

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
	};

	return names[route];
}

static bool
str_ends(struct str s, struct str end)
{
	return s.len >= end.len && str_eq(str_from(s, s.len - end.len), end);
}

/* The routes themselves, without the prefix and without redirects. */
static enum route
match_exactly(struct str path, struct str *category)
{
	static const struct str statistics = STR("/model_references/statistics/");
	static const struct str risk = STR("/deletion-risk");
	static const struct str audit = STR("/audit");
	static const struct str with_stats = STR("/with-stats");
	enum route route = ROUTE_STATISTICS;
	struct str rest;

	if (str_eq(path, STR("/")))
		return ROUTE_ROOT;
	if (str_eq(path, STR("/heartbeat")))
		return ROUTE_HEARTBEAT;
	if (str_eq(path, STR("/replicate_mode")))
		return ROUTE_REPLICATE_MODE;
	if (str_eq(path, STR("/openapi.json")))
		return ROUTE_OPENAPI;
	if (str_eq(path, STR("/livez")))
		return ROUTE_LIVEZ;
	if (str_eq(path, STR("/readyz")))
		return ROUTE_READYZ;
	if (str_eq(path, STR("/events")))
		return ROUTE_EVENTS;
	if (!str_starts(path, statistics))
		return ROUTE_NONE;
	rest = str_from(path, statistics.len);
	if (str_ends(rest, risk)) {
		rest.len -= risk.len;
		route = ROUTE_RISK;
	} else if (str_ends(rest, audit)) {
		rest.len -= audit.len;
		route = ROUTE_RISK;
	} else if (str_ends(rest, with_stats)) {
		rest.len -= with_stats.len;
		route = ROUTE_WITH_STATS;
	}
	if (rest.len == 0 || memchr(rest.p, '/', rest.len) != NULL)
		return ROUTE_NONE;
	*category = rest;
	return route;
}

struct route_match
route_match(struct str path)
{
	struct route_match m = { ROUTE_NONE, { NULL, 0 }, path };
	struct str rest = path;

	if (str_eq(path, STR("/api")))
		return (
		    struct route_match){ ROUTE_REDIRECT, { NULL, 0 }, STR("/api/") };
	if (str_starts(path, STR("/api/")))
		rest = str_from(path, 4);
	m.route = match_exactly(rest, &m.category);
	if (m.route != ROUTE_NONE || !str_ends(rest, STR("/")))
		return m;
	while (str_ends(rest, STR("/"))) {
		rest.len--;
		m.path.len--;
	}
	if (match_exactly(rest, &m.category) != ROUTE_NONE)
		m.route = ROUTE_REDIRECT;
	return m;
}
