/*
 * /metrics: everything that all processes have counted, in the text format 0.0.4 of
 * Prometheus, from the pages that they share. Readers, on listeners of their own.
 */
#ifndef READER_METRICS_H
#define READER_METRICS_H

#include "base/buf.h"
#include "config/config.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/store.h"
#include "shm/segment.h"

/* Everything is borrowed. */
struct metrics {
	const struct config *config;
	const struct segment *segment;
	struct store *store;
	int64_t max_connections; /* of a reader, all of which have the same limits */
};

/* Appends all of shm/metric.h. Slots are as the supervisor gives them out: hydrators in
 * the order of the configuration, then readers, then itself. */
void metrics_print(const struct metrics *, struct buf *);

/* An http_handler_fn: /metrics, and 404 for all else. */
void metrics_handle(void *metrics, const struct http_request *, struct http_response *);

#endif
