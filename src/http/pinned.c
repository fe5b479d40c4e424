/* The memory that answers take while they wait for slow clients. What an owner pins
 * changes without the server: it is asked, not recorded. */
#include <stdatomic.h>

#include "http/connection.h"
#include "shm/counters.h"

static size_t
pinned(const struct http_server *s)
{
	const struct http_options *o = &s->options;

	return s->copied + (o->pinned != NULL ? o->pinned(o->arg) : 0);
}

/* The one without progress for the longest time whose end may free something. */
static struct http_connection *
slowest(const struct http_server *s, const struct http_connection *except)
{
	struct http_connection *c, *found = NULL;

	TAILQ_FOREACH (c, &s->connections, link)
		if (c->pending != NULL && c != except &&
		    (found == NULL || c->since < found->since) &&
		    http_output_pinned(c->pending) > 0)
			found = c;
	return found;
}

void
pinned_bound(struct http_server *s, const struct http_connection *newest)
{
	struct http_connection *c;
	size_t bytes, limit = s->options.body_memory;

	if (s->sweeping)
		return;
	while ((bytes = pinned(s)) > limit && limit > 0 &&
	       (c = slowest(s, newest)) != NULL) {
		connection_free(c);
		s->cut++;
		counter_add(s->options.counters, COUNTER_CLIENTS_DROPPED, 1);
	}
	atomic_store_explicit(
	    &s->options.counters->pinned, bytes, memory_order_relaxed);
}
