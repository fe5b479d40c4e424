/* Whether this daemon lives, and whether it may be sent requests. Readers. */
#ifndef READER_HEALTH_H
#define READER_HEALTH_H

#include "base/str.h"
#include "config/config.h"
#include "http/response.h"
#include "reader/store.h"
#include "shm/segment.h"

/* 200: who gets an answer knows that the loop turns. */
void health_live(struct http_response *);

/* 200, with the state of the breaker of AI Horde's host (doc/reference.md 8.10). */
void health_heartbeat(
    struct http_response *, const struct config *, const struct segment *);

/*
 * 200 if every category of the configuration may be served, else 503. query: with a
 * parameter `verbose`, whatever its value, the answer says what is known of each, and
 * of the daemon. The segment's slot i is that of the hydrator of category i.
 */
void health_ready(struct http_response *, struct store *, const struct config *,
    const struct segment *, struct str query);

#endif
