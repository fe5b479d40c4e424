/* Age and Cache-Control. */
#include "reader/freshness.h"

#include "http/response.h"

enum freshness
freshness_of(const struct config *c, int64_t age)
{
	const struct freshness_limits limits = { c->hydration.ttl,
		c->hydration.stale_ttl, c->hydration.stale_if_error };

	return freshness_within(&limits, age);
}

void
freshness_put(struct buf *b, const struct config *c, enum freshness f, int64_t age)
{
	int64_t ttl = c->hydration.ttl;

	buf_puts(b, "Age: ");
	http_put_uint(b, (uint64_t)age);
	buf_puts(b, "\r\nCache-Control: public, max-age=");
	http_put_uint(b, f == FRESHNESS_FRESH ? (uint64_t)ttl : 0);
	buf_puts(b, ", stale-while-revalidate=");
	http_put_uint(b, (uint64_t)(c->hydration.stale_ttl - ttl));
	buf_puts(b, ", stale-if-error=");
	http_put_uint(b, (uint64_t)(c->hydration.stale_if_error - ttl));
	buf_puts(b, "\r\nX-Accel-Expires: ");
	http_put_uint(b, f == FRESHNESS_FRESH ? (uint64_t)(ttl - age) : 0);
	buf_puts(b, "\r\nCache-Status: hydratord; hit; ttl=");
	if (age > ttl)
		buf_putc(b, '-');
	http_put_uint(b, (uint64_t)(age > ttl ? age - ttl : ttl - age));
	if (f != FRESHNESS_FRESH) {
		buf_puts(b, "; detail=");
		buf_puts(b, freshness_name(f));
	}
	buf_puts(b, "\r\n");
}
