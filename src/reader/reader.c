/* The reader's life: start, orders, stop. */
#include "reader/reader.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/encode.h"
#include "http/server.h"
#include "proc/channel.h"
#include "proc/rlimits.h"
#include "proc/sandbox.h"
#include "reader/access.h"
#include "reader/admin.h"
#include "reader/answer.h"
#include "reader/blob.h"
#include "reader/cors.h"
#include "reader/cycles_answer.h"
#include "reader/events.h"
#include "reader/metrics.h"
#include "reader/spread.h"
#include "reader/store.h"
#include "reader/traffic.h"
#include "shm/counters.h"
#include "shm/segment.h"

/* Of an encoder that waits, one large page: encoding a page of models takes no more,
 * and 1.3 MB of it would be mapped anew each time. */
#define ENCODER_KEEP ((size_t)2 * 1024 * 1024)

/* More than the events of any but a very large publish. */
#define STREAM_BEHIND ((size_t)1024 * 1024)

enum stage {
	READER_OPEN,
	READER_RETIRED,
	READER_STOPPING
};

struct reader {
	const struct child_context *context;
	struct counters *counters;
	struct event_base *base;
	struct event *channel, *tick;
	struct event *patience; /* retired: idle connections are closed */
	struct event *deadline; /* retired or stopping: all are */
	/* NULL: there are no listeners for it. */
	struct http_server *servers[LISTEN_KINDS];
	struct answerer answerer;
	struct metrics metrics;
	struct admin admin;
	struct spread spread;
	struct counters unread;    /* of servers whose requests are not counted there */
	struct access_log *access; /* NULL: off */
	enum stage stage;
	bool told;  /* both servers know about the stage */
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

static size_t
connections(const struct reader *r)
{
	size_t n = 0, kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++)
		if (r->servers[kind] != NULL)
			n += http_server_connections(r->servers[kind]);
	return n;
}

static void
on_drained(void *arg)
{
	struct reader *r = arg;

	if (r->told && connections(r) == 0)
		leave(r, 0);
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

static size_t
on_pinned(void *arg)
{
	struct reader *r = arg;

	return blob_unkept() + store_pinned(r->answerer.store);
}

static bool
on_accepting(void *arg)
{
	return spread_crowded(&((struct reader *)arg)->spread);
}

static void
on_metrics(
    void *arg, const struct http_request *request, struct http_response *response)
{
	struct reader *r = arg;

	metrics_handle(&r->metrics, request, response);
}

static void
on_admin(void *arg, const struct http_request *request, struct http_response *response)
{
	struct reader *r = arg;

	admin_handle(&r->admin, request, response);
}

static void
on_admin_sent(void *arg, const struct http_exchange *e)
{
	struct reader *r = arg;

	admin_note(&r->admin, r->access, e);
}

/* Only our copies: those of others go on listening. Without this a port that the
 * supervisor has given up would take connections that nobody accepts. */
static void
close_listeners(const struct child_context *c)
{
	size_t i, kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++)
		for (i = 0; i < c->sockets[kind].n; i++)
			close(c->sockets[kind].fd[i]);
}

static void
add_timer(struct event *e, int64_t ns)
{
	struct timeval tv = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000 };

	event_add(e, &tv);
}

/* We leave before the supervisor, whose clock began earlier, ends us. Who asks for the
 * first time when the idle connections are being closed still has its answer. */
static void
start_deadlines(struct reader *r)
{
	int64_t drain = r->context->config->supervisor.drain_timeout * NSEC_PER_SEC;
	int64_t margin = drain / 10 < NSEC_PER_SEC ? drain / 10 : NSEC_PER_SEC;

	add_timer(r->patience, drain - 4 * margin);
	add_timer(r->deadline, drain - margin);
}

static void
change_stage(struct reader *r, enum stage stage, void (*change)(struct http_server *))
{
	size_t kind;

	if (r->stage == READER_OPEN)
		start_deadlines(r);
	r->told = false;
	for (kind = 0; kind < LISTEN_KINDS; kind++)
		if (r->servers[kind] != NULL)
			change(r->servers[kind]);
	if (r->stage == READER_OPEN)
		close_listeners(r->context);
	r->stage = stage;
	r->told = true;
	on_drained(r);
}

static void
retire(struct reader *r)
{
	if (r->stage != READER_OPEN)
		return;
	change_stage(r, READER_RETIRED, http_server_retire);
	log_info("retired, with %zu connections", connections(r));
}

static void
stop(struct reader *r)
{
	if (r->stage != READER_STOPPING)
		change_stage(r, READER_STOPPING, http_server_stop);
}

static void
on_patience(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	stop(arg);
}

static void
on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct reader *r = arg;

	log_warnx("%zu connections are closed unfinished", connections(r));
	leave(r, 0);
}

static void
reopen(struct reader *r, const int files[CHANNEL_FILES])
{
	if (files[CHANNEL_LOG] != -1)
		log_adopt(files[CHANNEL_LOG]);
	access_adopt(r->access, files[CHANNEL_ACCESS_LOG]);
}

static void
on_channel(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct reader *r = arg;
	struct channel_message m;
	int files[CHANNEL_FILES], n;

	while ((n = channel_recv_files(fd, &m, files)) == 1) {
		if (m.type == CHANNEL_STOP)
			stop(r);
		else if (m.type == CHANNEL_RETIRE)
			retire(r);
		else if (m.type == CHANNEL_REOPEN)
			reopen(r, files);
		else if (m.type == CHANNEL_LEVEL)
			proc_child_level(m.value);
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

	proc_child_beat(r->counters);
	coder_collect(r->answerer.maker.coder);
	store_poll(r->answerer.store);
	events_poll(r->answerer.events);
	cycles_answer_forget(&r->answerer);
	access_flush(r->access);
}

/* Never called by the request whose answer it would end: that has nothing waiting. */
static void
on_crowd(void *arg, void *generation)
{
	struct reader *r = arg;

	log_warnx("%zu slow clients are cut off: too many generations wait for them",
	    http_server_drop(r->servers[LISTEN_ANSWERS], generation));
}

/* The answers on both kinds of sockets. */
static void
public_start(struct reader *r, const struct http_options *options)
{
	const struct child_sockets *answers = &r->context->sockets[LISTEN_ANSWERS];
	const struct child_sockets *board = &r->context->sockets[LISTEN_DASHBOARD];
	size_t n = answers->n + board->n, i;
	int *fd = xcalloc(n, sizeof(*fd));

	for (i = 0; i < n; i++)
		fd[i] = i < answers->n ? answers->fd[i] : board->fd[i - answers->n];
	if (!config_has_dashboard(r->context->config))
		r->answerer.dashboard_from = SIZE_MAX;
	else if (board->n > 0)
		r->answerer.dashboard_from = answers->n;
	r->servers[LISTEN_ANSWERS] = http_server_new(r->base, options, fd, n);
	free(fd);
}

static void
server_start(
    struct reader *r, const struct http_options *options, enum listen_kind kind)
{
	const struct child_sockets *sockets = &r->context->sockets[kind];

	if (sockets->n > 0)
		r->servers[kind] =
		    http_server_new(r->base, options, sockets->fd, sockets->n);
}

static void
servers_start(struct reader *r)
{
	const struct config *c = r->context->config;
	struct http_options options = {
		.limits = { (size_t)c->http.max_head, (size_t)c->http.max_target },
		.max_connections = (size_t)r->metrics.max_connections,
		.max_streams = (size_t)c->http.max_streams,
		.stream_behind = STREAM_BEHIND,
		.head_timeout = c->http.head_timeout * NSEC_PER_SEC,
		.idle_timeout = c->http.idle_timeout * NSEC_PER_SEC,
		.write_timeout = c->http.write_timeout * NSEC_PER_SEC,
		.connection_age = c->http.connection_age * NSEC_PER_SEC,
		.body_memory = (size_t)c->http.body_memory,
		.name = "hydratord",
		.fields = cors_common(&c->http.cors),
		.peers = r->access != NULL,
		.counters = r->counters,
		.handle = on_request,
		.sent = on_sent,
		.drained = on_drained,
		.crowded = on_accepting,
		.pinned = on_pinned,
		.arg = r,
	};

	public_start(r, &options);
	/* What is asked about requests, or ordered, is not counted among them, and has
	 * places that a crowd at the public addresses cannot take. */
	options.counters = &r->unread;
	options.max_connections = RLIMITS_OPERATORS;
	options.fields = NULL;
	options.handle = on_metrics;
	options.sent = NULL;
	options.crowded = NULL;
	options.pinned = NULL;
	options.peers = false;
	server_start(r, &options, LISTEN_METRICS);
	options.handle = on_admin;
	options.sent = on_admin_sent;
	options.peers = true;
	server_start(r, &options, LISTEN_ADMIN);
}

/* Whatever clients are up to, these come between the turns of two of them. */
static struct event *
urgent_event(struct reader *r, evutil_socket_t fd, short what, event_callback_fn fn)
{
	struct event *e = event_new(r->base, fd, what, fn, r);

	if (e == NULL || event_priority_set(e, HTTP_URGENT) == -1)
		fatalx("cannot create events");
	return e;
}

static void
events_start(struct reader *r)
{
	struct timeval second = { 1, 0 };

	r->channel =
	    urgent_event(r, r->context->channel, EV_READ | EV_PERSIST, on_channel);
	r->tick = urgent_event(r, -1, EV_PERSIST, on_tick);
	r->patience = urgent_event(r, -1, 0, on_patience);
	r->deadline = urgent_event(r, -1, 0, on_deadline);
	if (event_add(r->channel, NULL) == -1 || event_add(r->tick, &second) == -1)
		fatalx("cannot create events");
}

static void
release(struct reader *r)
{
	size_t kind;

	for (kind = LISTEN_KINDS; kind-- > 0;)
		http_server_free(&r->servers[kind]);
	admin_close(&r->admin);
	access_close(&r->access);
	coder_free(&r->answerer.maker.coder);
	events_free(&r->answerer.events);
	cycles_answer_forget(&r->answerer);
	store_free(&r->answerer.store);
	encoder_free(&r->answerer.maker.encoder);
	buf_free(&r->answerer.maker.key);
	arena_free(&r->answerer.arena);
	buf_free(&r->answerer.errors);
	buf_free(&r->answerer.selected);
	buf_free(&r->answerer.explained);
	event_free(r->channel);
	event_free(r->tick);
	event_free(r->patience);
	event_free(r->deadline);
	event_base_free(r->base);
}

int
reader_main(const struct child_context *context)
{
	struct reader r = { .context = context, .status = 1 };

	if (segment_attach_reader(context->segment, context->slot) == -1) {
		log_err("cannot attach to the segment");
		return 1;
	}
	/* What encoding an answer takes for a moment goes back to the system: without
	 * this the threshold would rise to the largest buffer ever freed. */
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	event_set_log_callback(on_libevent_log);
	r.counters = segment_counters(context->segment, context->slot);
	if ((r.base = http_base_new()) == NULL)
		fatalx("cannot create an event base");
	/* A predecessor that was killed could not take its own back. */
	atomic_store_explicit(&r.counters->connections, 0, memory_order_relaxed);
	atomic_store_explicit(&r.counters->streams, 0, memory_order_relaxed);
	atomic_store_explicit(&r.counters->pinned, 0, memory_order_relaxed);
	if (context->sockets[LISTEN_ADMIN].n > 0)
		admin_open(&r.admin, context, r.counters);
	/* Before any thread is started. */
	sandbox_enter(ROLE_READER, context);
	r.answerer.config = context->config;
	r.answerer.segment = context->segment;
	r.answerer.maker.encoder = encoder_new(ENCODER_KEEP);
	r.answerer.maker.coder = coder_new();
	r.answerer.maker.counters = r.counters;
	r.answerer.arena = arena_new();
	r.answerer.store = store_new(context->segment, context->config, r.counters);
	r.answerer.events = events_new(context->config, r.answerer.store);
	r.metrics = (struct metrics){ context->config, context->segment,
		r.answerer.store, rlimits_connections(context, proc_child_limit()) };
	spread_init(&r.spread, context);
	r.access = access_open(context->config, context->access_log, r.counters);
	events_start(&r);
	on_tick(-1, 0, &r);
	servers_start(&r);
	events_serve(r.answerer.events, r.servers[LISTEN_ANSWERS]);
	store_on_crowd(r.answerer.store, on_crowd, &r);
	if (channel_send(context->channel, CHANNEL_READY, 0) == -1)
		log_warn("cannot tell the supervisor");
	log_info("accepting");
	event_base_dispatch(r.base);
	release(&r);
	return r.status;
}
