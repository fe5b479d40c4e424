/* Counting. */
#include "reader/traffic.h"

_Static_assert(ROUTE_MAX <= COUNTER_ROUTES, "room for all routes");

/* The frequent ones are the first ones of both tables. */
static unsigned
row_of(int status)
{
	unsigned i = 0;

	while (counters_status(i) > 0 && counters_status(i) != status)
		i++;
	return i;
}

static unsigned
bucket_of(int64_t nsec)
{
	unsigned i = 0;

	while (counters_bound(i) > 0 && counters_bound(i) < nsec)
		i++;
	return i;
}

unsigned
traffic_label(enum route route, int latch)
{
	unsigned column = route_has_category(route) ? (unsigned)(latch + 1) : 0;

	return column * ROUTE_MAX + route;
}

static _Atomic uint64_t *
rows_of(struct counters *c, const struct http_response *r)
{
	unsigned route = r->label % ROUTE_MAX, column = r->label / ROUTE_MAX;

	if (r->refused)
		return c->requests[ROUTE_REFUSED];
	if (column == 0)
		return c->requests[route];
	return c->of_category[column - 1][route_row((enum route)route)];
}

void
traffic_count(struct counters *c, const struct http_exchange *e)
{
	counter_raise(&rows_of(c, e->response)[row_of(e->response->status)], 1);
	if (e->response->refused)
		return;
	counter_raise(&c->duration_nsec, (uint64_t)e->duration);
	counter_raise(&c->duration[bucket_of(e->duration)], 1);
}
