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

const char *
event_kind_words(enum event_kind kind)
{
	static const char *const words[EVENT_KIND_MAX] = {
		[EVENT_APPEARED] = "appeared",
		[EVENT_DISAPPEARED] = "disappeared",
		[EVENT_RENAMED] = "renamed",
		[EVENT_AT_RISK] = "at risk",
		[EVENT_CRITICAL] = "critical",
		[EVENT_RECOVERED] = "no longer at risk",
		[EVENT_FLAG_SET] = "new reason",
		[EVENT_FLAG_CLEARED] = "no longer",
		[EVENT_USAGE_FELL] = "used less",
		[EVENT_USAGE_ROSE] = "used more",
		[EVENT_MANY] = "further changes",
	};

	return words[kind];
}

int
event_kind_find(const char *name, size_t n)
{
	for (int k = 0; k < EVENT_KIND_MAX; k++)
		if (strlen(event_names[k]) == n && memcmp(event_names[k], name, n) == 0)
			return k;
	return -1;
}
