/* What a client is told about the age of an answer (RFC 9111, RFC 5861). Pure. */
#ifndef READER_FRESHNESS_H
#define READER_FRESHNESS_H

#include <stdint.h>

#include "base/buf.h"
#include "config/config.h"
#include "terms/freshness.h"

/* config->hydration: ttl <= stale_ttl <= stale_if_error, total ages in seconds. */
enum freshness freshness_of(const struct config *, int64_t age);

/*
 * Appends the Age, Cache-Control, X-Accel-Expires and Cache-Status lines of a 200 or
 * 304. X-Accel-Expires is for nginx, which ignores Age and would keep an answer for all
 * of max-age, up to twice the lifetime; nobody else looks at it. The times
 * after a "while" or an "if" count from the end of freshness. A stale answer has no
 * lifetime of its own. Cache-Status (RFC 9211) is a list with our name as its only
 * item; ttl is what is left of the lifetime, below 0 how long ago it ended.
 */
void freshness_put(struct buf *, const struct config *, enum freshness, int64_t age);

#endif
