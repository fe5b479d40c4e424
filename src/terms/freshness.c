/* Ages and their names. */
#include "terms/freshness.h"

#include "base/clock.h"

int64_t
freshness_age(int64_t fetched_boot, int64_t now_boot)
{
	return now_boot > fetched_boot ? (now_boot - fetched_boot) / NSEC_PER_SEC : 0;
}

enum freshness
freshness_within(const struct freshness_limits *limits, int64_t age)
{
	if (age < limits->ttl)
		return FRESHNESS_FRESH;
	if (age <= limits->stale_ttl)
		return FRESHNESS_STALE;
	if (age <= limits->stale_if_error)
		return FRESHNESS_STALE_IF_ERROR;
	return FRESHNESS_EXPIRED;
}

const char *
freshness_name(enum freshness f)
{
	static const char *const names[] = {
		[FRESHNESS_FRESH] = "fresh",
		[FRESHNESS_STALE] = "stale",
		[FRESHNESS_STALE_IF_ERROR] = "stale-if-error",
		[FRESHNESS_EXPIRED] = "expired",
	};

	return names[f];
}
