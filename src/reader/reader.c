/* The reader's life: start, orders, stop. */
#include "reader.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <event2/event.h>

#include "access.h"
#include "answer.h"
#include "channel.h"
#include "clock.h"
#include "counters.h"
#include "log.h"
#include "mem.h"
#include "metrics.h"
#include "sandbox.h"
#include "segment.h"
#include "server.h"
#include "store.h"
#include "traffic.h"

/* Slow clients do not hold up a stop for longer. */
#define DRAIN_SECONDS 30

struct reader {
	const struct child_context *context;
	struct counters *counters;
	struct event_base *base;
	struct event *channel, *tick, *deadline;
	struct http_server *server;
	struct answerer answerer;
	struct metrics metrics;
	struct http_server *metrics_server; /* NULL: there are no listeners for it */
	struct counters metrics_counters;   /* of that server: nobody reads them */
	struct access_log *access;          /* NULL: off */
	bool stopping;
	int status; /* to exit with */
};

static void
on_libevent_log(int severity UNUSED, const char *message)
{
	log_warnx("libevent: %s", message);
}

static void
leave(struct reader *r, int status)
{
	r->status = status;
	event_base_loopbreak(r->base);
}

static void
on_drained(void *arg)
{
	leave(arg, 0);
}

static void
on_request(
    void *arg, const struct http_request *request, struct http_response *response)
{
	struct reader *r = arg;

	answer_handle(&r->answerer, request, response);
}

static void
on_sent(void *arg, const struct http_exchange *e)
{
	struct reader *r = arg;

	traffic_count(r->counters, e);
	if (r->access != NULL)
		access_add(r->access, e, clock_wall());
}

static void
on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct reader *r = arg;

	log_warnx("%zu connections are closed unfinished",
	    http_server_connections(r->server));
	leave(r, 0);
}

static void
stop(struct reader *r)
{
	struct timeval drain = { DRAIN_SECONDS, 0 };

	if (r->stopping)
		return;
	r->stopping = true;
	event_add(r->deadline, &drain);
	if (r->metrics_server != NULL)
		http_server_stop(r->metrics_server);
	http_server_stop(r->server);
}

static void
reopen(struct reader *r)
{
	if (log_reopen() == -1)
		log_warn("cannot reopen the log");
	access_reopen(r->access);
}

static void
on_channel(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct reader *r = arg;
	struct channel_message m;
	int n;

	while ((n = channel_recv(fd, &m)) == 1) {
		if (m.type == CHANNEL_STOP)
			stop(r);
		else if (m.type == CHANNEL_REOPEN)
			reopen(r);
	}
	if (n == 0) {
		log_warnx("the supervisor is gone");
		leave(r, 1);
	}
}

static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct reader *r = arg;

	atomic_store_explicit(
	    &r->counters->heartbeat, clock_boot(), memory_order_relaxed);
	store_poll(r->answerer.store);
	access_flush(r->access);
}

/* Never called by the request whose answer it would end: that has nothing waiting. */
static void
on_crowd(void *arg, void *generation)
{
	struct reader *r = arg;

	log_warnx("%zu slow clients are cut off: too many generations wait for them",
	    http_server_drop(r->server, generation));
}

static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (base == NULL)
		fatalx("cannot create an event base");
	return base;
}

static void
servers_start(struct reader *r)
{
	const struct config *c = r->context->config;
	struct http_options options = {
		.limits = { (size_t)c->http.max_head, (size_t)c->http.max_target },
		.max_connections = (size_t)c->http.max_connections,
		.head_timeout = c->http.head_timeout * NSEC_PER_SEC,
		.idle_timeout = c->http.idle_timeout * NSEC_PER_SEC,
		.write_timeout = c->http.write_timeout * NSEC_PER_SEC,
		.connection_age = c->http.connection_age * NSEC_PER_SEC,
		.name = "hydratord",
		.peers = r->access != NULL,
		.counters = r->counters,
		.handle = on_request,
		.sent = on_sent,
		.drained = on_drained,
		.arg = r,
	};

	r->server = http_server_new(
	    r->base, &options, r->context->listeners, r->context->nlisteners);
	if (r->context->nmetrics == 0)
		return;
	/* What is asked about requests is not counted among them. */
	options.counters = &r->metrics_counters;
	options.handle = metrics_handle;
	options.sent = NULL;
	options.peers = false;
	options.drained = NULL;
	options.arg = &r->metrics;
	r->metrics_server = http_server_new(
	    r->base, &options, r->context->metrics, r->context->nmetrics);
}

static void
events_start(struct reader *r)
{
	struct timeval second = { 1, 0 };

	r->channel = event_new(
	    r->base, r->context->channel, EV_READ | EV_PERSIST, on_channel, r);
	r->tick = event_new(r->base, -1, EV_PERSIST, on_tick, r);
	r->deadline = event_new(r->base, -1, 0, on_deadline, r);
	if (r->channel == NULL || r->tick == NULL || r->deadline == NULL ||
	    event_add(r->channel, NULL) == -1 || event_add(r->tick, &second) == -1)
		fatalx("cannot create events");
}

static void
release(struct reader *r)
{
	http_server_free(&r->metrics_server);
	http_server_free(&r->server);
	access_close(&r->access);
	store_free(&r->answerer.store);
	arena_free(&r->answerer.arena);
	buf_free(&r->answerer.errors);
	event_free(r->channel);
	event_free(r->tick);
	event_free(r->deadline);
	event_base_free(r->base);
}

int
reader_main(const struct child_context *context)
{
	struct reader r = { .context = context, .status = 1 };

	if (segment_attach_reader(context->segment, context->slot) == -1) {
		log_warn("cannot attach to the segment");
		return 1;
	}
	/* What encoding an answer takes for a moment goes back to the system: without
	 * this the threshold would rise to the largest buffer ever freed. */
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	event_set_log_callback(on_libevent_log);
	r.counters = segment_counters(context->segment, context->slot);
	r.base = base_new();
	/* A predecessor that was killed could not take its own back. */
	atomic_store_explicit(&r.counters->connections, 0, memory_order_relaxed);
	/* Before the store starts its thread. */
	sandbox_enter(ROLE_READER, context);
	r.answerer.config = context->config;
	r.answerer.segment = context->segment;
	r.answerer.arena = arena_new();
	r.answerer.store = store_new(context->segment, context->config, r.counters);
	r.metrics =
	    (struct metrics){ context->config, context->segment, r.answerer.store };
	r.access = access_open(context->config, r.counters);
	events_start(&r);
	on_tick(-1, 0, &r);
	servers_start(&r);
	store_on_crowd(r.answerer.store, on_crowd, &r);
	if (channel_send(context->channel, CHANNEL_READY, 0) == -1)
		log_warn("cannot tell the supervisor");
	log_info("accepting");
	event_base_dispatch(r.base);
	release(&r);
	return r.status;
}
