/* Where a redirect leads. Pure. */
#ifndef READER_LOCATION_H
#define READER_LOCATION_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Appends the Location line of a route's path (decoded) and a query (as sent; empty:
 * none). It is the path alone (RFC 9110 section 10.2.2): how the client came here, over
 * TLS to a proxy or by which name, is not known for sure. No path of a route begins
 * with
 * "//", which would be another host.
 */
void location_put(struct buf *, struct str path, struct str query);

#endif
