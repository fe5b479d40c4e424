/* How old an answer may be (RFC 9111, RFC 5861). Pure. */
#ifndef TERMS_FRESHNESS_H
#define TERMS_FRESHNESS_H

#include <stdint.h>

enum freshness {
	FRESHNESS_FRESH,
	FRESHNESS_STALE,          /* a refresh is under way */
	FRESHNESS_STALE_IF_ERROR, /* refreshes have failed for a while */
	FRESHNESS_EXPIRED,        /* not to be served any more */
};

/* The options of section hydration with these names, total ages in seconds:
 * ttl <= stale_ttl <= stale_if_error. */
struct freshness_limits {
	int64_t ttl, stale_ttl, stale_if_error;
};

/* Whole seconds since fetched_boot; a clock that went back makes it 0, not negative. */
int64_t freshness_age(int64_t fetched_boot, int64_t now_boot);

/* Of an age in seconds. */
enum freshness freshness_within(const struct freshness_limits *, int64_t age);

/* "fresh", "stale", "stale-if-error", "expired". */
const char *freshness_name(enum freshness);

#endif
