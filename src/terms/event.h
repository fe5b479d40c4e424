/* What can happen to a model: the kinds of events. */
#ifndef TERMS_EVENT_H
#define TERMS_EVENT_H

#include <stddef.h>

/* Kinds are only appended: databases and payloads have the numbers. */
enum event_kind {
	EVENT_APPEARED,
	EVENT_DISAPPEARED,
	EVENT_RENAMED,
	EVENT_AT_RISK,   /* it has a flag, and had none */
	EVENT_CRITICAL,  /* its end is no event */
	EVENT_RECOVERED, /* no longer at risk */
	EVENT_FLAG_SET,
	EVENT_FLAG_CLEARED,
	EVENT_USAGE_FELL,
	EVENT_USAGE_ROSE,
	EVENT_MANY, /* more at once than are kept one by one: the rest, counted */
	EVENT_KIND_MAX
};

/* "appeared", "disappeared", "renamed", "at_risk", "critical", "recovered", "flag_set",
 * "flag_cleared", "usage_fell", "usage_rose", "many". */
const char *event_kind_name(enum event_kind);
/* "appeared", "disappeared", ...: what happened to a model, to be read by people. */
const char *event_kind_words(enum event_kind);
/* The kind of the n bytes at name (exact, case-sensitive), or -1. */
int event_kind_find(const char *name, size_t n);

#endif
