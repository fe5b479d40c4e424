/* Counting. */
#include "reader/traffic.h"

#include "base/attr.h"

static const short statuses[] = {
#define X(status) status,
	COUNTER_STATUSES(X)
#undef X
};
static const int64_t bounds[] = {
#define X(nsec) nsec,
	COUNTER_DURATIONS(X)
#undef X
};

_Static_assert(NELEM(statuses) < COUNTER_CODES, "room for all statuses");
_Static_assert(NELEM(bounds) < COUNTER_BUCKETS, "room for all classes");
_Static_assert(ROUTE_MAX <= COUNTER_ROUTES, "room for all routes");

int
traffic_status(unsigned row)
{
	if (row < NELEM(statuses))
		return statuses[row];
	return row == NELEM(statuses) ? 0 : -1;
}

int64_t
traffic_bound(unsigned bucket)
{
	if (bucket < NELEM(bounds))
		return bounds[bucket];
	return bucket == NELEM(bounds) ? 0 : -1;
}

/* The frequent ones are the first ones of both tables. */
static unsigned
row_of(int status)
{
	unsigned i = 0;

	while (i < NELEM(statuses) && statuses[i] != status)
		i++;
	return i;
}

static unsigned
bucket_of(int64_t nsec)
{
	unsigned i = 0;

	while (i < NELEM(bounds) && bounds[i] < nsec)
		i++;
	return i;
}

void
traffic_count(struct counters *c, const struct http_exchange *e)
{
	unsigned route = e->response->refused ? ROUTE_REFUSED : e->response->label;

	counter_raise(&c->requests[route][row_of(e->response->status)], 1);
	if (e->response->refused)
		return;
	counter_raise(&c->duration_nsec, (uint64_t)e->duration);
	counter_raise(&c->duration[bucket_of(e->duration)], 1);
}
