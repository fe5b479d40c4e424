/* Which route a path belongs to (doc/reference.md 8.1). Pure. */
#ifndef READER_ROUTE_H
#define READER_ROUTE_H

#include <stdbool.h>

#include "base/str.h"
#include "terms/route.h"

/* The strings point into the path that was matched, or are static. */
struct route_match {
	enum route route;
	/* Of a route that has one: any text without '/', not yet known to exist. */
	struct str category;
	/* Of ROUTE_MODEL: any text but none, which may hold '/'. */
	struct str model;
	struct str path;
};

/* path: percent-decoded. */
struct route_match route_match(struct str path);

#endif
