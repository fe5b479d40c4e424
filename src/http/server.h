/*
 * An HTTP/1.1 server on a libevent base: connections, limits, deadlines. What to answer
 * is the handler's business. Readers, after the fork.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "attr.h"
#include "parse.h"
#include "response.h"

struct counters;
struct event_base;
struct http_server;

/*
 * Fills in the answer (which is empty, with status 200) at once; a reader never waits.
 * The request and its strings are valid during the call only. HEAD is answered as GET:
 * the server leaves the body out.
 */
typedef void http_handler_fn(
    void *arg, const struct http_request *, struct http_response *);

struct http_options {
	struct http_limits limits;
	size_t max_connections; /* at once; further ones are answered 503 and closed */
	/* Nanoseconds. Never cut short, up to three seconds late. */
	int64_t head_timeout;  /* from connect, or a head's first byte, to its end */
	int64_t idle_timeout;  /* between two requests */
	int64_t write_timeout; /* without progress of an answer */
	const char *name;      /* for the Server field */
	struct counters *counters;
	http_handler_fn *handle;
	void (*drained)(void *arg); /* after http_server_stop(): the last one is gone */
	void *arg;                  /* of handle and drained */
};

/*
 * Starts to accept from listeners[0, n): listening, non-blocking, borrowed. Strings are
 * borrowed too. SIGPIPE is ignored from now on. Dies if memory is out.
 */
struct http_server *http_server_new(struct event_base *, const struct http_options *,
    const int *listeners, size_t n) MUST_CHECK;

/* Stops to accept, closes idle connections; the others end with their next answer. */
void http_server_stop(struct http_server *);

/* Closes the connections whose waiting answer has that owner. Returns how many. */
size_t http_server_drop(struct http_server *, const void *owner);

size_t http_server_connections(const struct http_server *);

/* Closes what is open, frees *s (NULL is fine) and sets it to NULL. */
void http_server_free(struct http_server **s);

#endif
