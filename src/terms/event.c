/* The names of the kinds of events. */
#include "terms/event.h"

#include <string.h>

static const char *const event_names[EVENT_KIND_MAX] = {
	[EVENT_APPEARED] = "appeared",
	[EVENT_DISAPPEARED] = "disappeared",
	[EVENT_RENAMED] = "renamed",
	[EVENT_AT_RISK] = "at_risk",
	[EVENT_CRITICAL] = "critical",
	[EVENT_RECOVERED] = "recovered",
	[EVENT_FLAG_SET] = "flag_set",
	[EVENT_FLAG_CLEARED] = "flag_cleared",
	[EVENT_USAGE_FELL] = "usage_fell",
	[EVENT_USAGE_ROSE] = "usage_rose",
	[EVENT_MANY] = "many",
};

const char *
event_kind_name(enum event_kind kind)
{
	return event_names[kind];
}

int
event_kind_find(const char *name, size_t n)
{
	for (int k = 0; k < EVENT_KIND_MAX; k++)
		if (strlen(event_names[k]) == n && memcmp(event_names[k], name, n) == 0)
			return k;
	return -1;
}
