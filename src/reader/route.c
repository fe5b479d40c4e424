/* Routing. */
#include "reader/route.h"

#include <stdbool.h>

#include "base/attr.h"

static bool
str_ends(struct str s, struct str end)
{
	return s.len >= end.len && str_eq(str_from(s, s.len - end.len), end);
}

static const struct {
	struct str path;
	enum route route;
} fixed[] = {
	{ STR("/"), ROUTE_ROOT },
	{ STR("/heartbeat"), ROUTE_HEARTBEAT },
	{ STR("/replicate_mode"), ROUTE_REPLICATE_MODE },
	{ STR("/openapi.json"), ROUTE_OPENAPI },
	{ STR("/livez"), ROUTE_LIVEZ },
	{ STR("/readyz"), ROUTE_READYZ },
	{ STR("/events"), ROUTE_EVENTS },
	{ STR("/dashboard"), ROUTE_DASHBOARD },
};

/* What follows a category. */
static const struct {
	struct str path;
	enum route route;
} of_category[] = {
	{ STR(""), ROUTE_STATISTICS },
	{ STR("/deletion-risk"), ROUTE_RISK },
	{ STR("/audit"), ROUTE_RISK },
	{ STR("/with-stats"), ROUTE_WITH_STATS },
	{ STR("/history"), ROUTE_HISTORY },
	{ STR("/changes"), ROUTE_CHANGES },
	{ STR("/unlisted"), ROUTE_UNLISTED },
	{ STR("/columns"), ROUTE_COLUMNS },
	{ STR("/cycles"), ROUTE_CYCLES },
};

/* Names of models hold '/', and what looks like another route. */
static enum route
match_of_category(struct str rest, struct route_match *m)
{
	static const struct str models = STR("/models/");
	const char *slash = rest.len > 0 ? memchr(rest.p, '/', rest.len) : NULL;
	struct str category = rest;

	if (slash != NULL)
		category.len = (size_t)(slash - rest.p);
	if (category.len == 0)
		return ROUTE_NONE;
	rest = str_from(rest, category.len);
	m->category = category;
	if (str_starts(rest, models) && rest.len > models.len) {
		m->model = str_from(rest, models.len);
		return ROUTE_MODEL;
	}
	for (size_t i = 0; i < NELEM(of_category); i++)
		if (str_eq(rest, of_category[i].path))
			return of_category[i].route;
	return ROUTE_NONE;
}

/* The routes themselves, without the prefix and without redirects. */
static enum route
match_exactly(struct str path, struct route_match *m)
{
	static const struct str statistics = STR("/model_references/statistics/");

	for (size_t i = 0; i < NELEM(fixed); i++)
		if (str_eq(path, fixed[i].path))
			return fixed[i].route;
	if (!str_starts(path, statistics))
		return ROUTE_NONE;
	return match_of_category(str_from(path, statistics.len), m);
}

struct route_match
route_match(struct str path)
{
	struct route_match m = { .route = ROUTE_NONE, .path = path };
	struct str rest = path;

	if (str_eq(path, STR("/api")))
		return (struct route_match){ .route = ROUTE_REDIRECT,
			.path = STR("/api/") };
	if (str_starts(path, STR("/api/")))
		rest = str_from(path, 4);
	m.route = match_exactly(rest, &m);
	if (m.route != ROUTE_NONE || !str_ends(rest, STR("/")))
		return m;
	while (str_ends(rest, STR("/"))) {
		rest.len--;
		m.path.len--;
	}
	if (match_exactly(rest, &m) != ROUTE_NONE)
		m.route = ROUTE_REDIRECT;
	return m;
}
