/*
 * An HTTP/1.1 server on a libevent base: connections, limits, deadlines. What to answer
 * is the handler's business. Readers, after the fork.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "http/parse.h"
#include "http/response.h"

struct counters;
struct event_base;
struct http_server;

/*
 * Fills in the answer (which is empty, with status 200) at once; a reader never waits.
 * A method that is HTTP_UNKNOWN does not come here: the server answers 501.
 * The request and its strings are valid during the call only. HEAD is answered as GET:
 * the server leaves the body out, and so may the handler if it sets length_unknown; a
 * source makes nothing for it.
 */
typedef void http_handler_fn(
    void *arg, const struct http_request *, struct http_response *);

/* An answer whose first bytes have just been handed to the socket. All borrowed. */
struct http_exchange {
	/* NULL: there was none to be understood. If response->refused, its line and as
	 * many fields as were understood. */
	const struct http_request *request;
	const struct http_response *response;
	uint64_t body;    /* bytes of the answer's body, 0 for HEAD */
	int64_t duration; /* nanoseconds since the request was read; 0: refused */
	const char *peer; /* numeric address, NULL unless options.peers */
};

typedef void http_sent_fn(void *arg, const struct http_exchange *);

struct http_options {
	struct http_limits limits;
	size_t max_connections; /* at once; further ones are answered 503 and closed */
	size_t max_streams;     /* of them; see http_max_streams() */
	/* Bytes of messages that a stream whose socket takes no more may be behind;
	 * then it is cut off. */
	size_t stream_behind;
	/* Nanoseconds. Never cut short, up to three seconds late. */
	int64_t head_timeout;   /* from connect, or a head's first byte, to its end */
	int64_t idle_timeout;   /* between two requests */
	int64_t write_timeout;  /* without progress of an answer */
	int64_t connection_age; /* then it ends as if the server retired; 0: never */
	/* Bytes that answers that wait for their clients may keep from being freed,
	 * their copies and what `pinned` says; beyond, the slowest clients are cut off,
	 * but never the one that began to wait just now. 0: no bound. */
	size_t body_memory;
	const char *name; /* for the Server field */
	/* Field lines of every answer, also of refusals, each with its CRLF. NULL: none
	 * besides Server, Date and X-Content-Type-Options. */
	const char *fields;
	bool peers; /* find out the addresses of clients */
	struct counters *counters;
	http_handler_fn *handle;
	http_sent_fn *sent;         /* NULL: nobody wants to know */
	void (*drained)(void *arg); /* after retire or stop: the last one is gone */
	/* Before a connection is accepted: whether it is left, for a millisecond, to
	 * other processes that have the same listening sockets. NULL: never. */
	bool (*crowded)(void *arg);
	/* Bytes of all owners of answers together that would be free without them, each
	 * owner counted once. NULL: 0. */
	size_t (*pinned)(void *arg);
	void *arg; /* of the functions above */
};

/*
 * Priorities of a server's event base. The loop runs the events of the first one that
 * has any, then polls again, so an urgent event waits for one client's turn at most; an
 * event that is urgent all the time would keep clients from theirs.
 */
enum http_priority {
	HTTP_URGENT,  /* orders, clocks: rare, or of somebody who can be trusted */
	HTTP_CLIENTS, /* what clients can cause */
	HTTP_PRIORITIES
};

/* A base with these priorities, without locks, that polls anew every few milliseconds
 * however many events are waiting. NULL: none could be made. */
struct event_base *http_base_new(void) MUST_CHECK;

/*
 * Starts to accept from listeners[0, n): listening, non-blocking, borrowed. Strings are
 * borrowed too. SIGPIPE is ignored from now on. Dies if memory is out.
 */
struct http_server *http_server_new(struct event_base *, const struct http_options *,
    const int *listeners, size_t n) MUST_CHECK;

/*
 * This and what follows is not for handlers, which are called by a connection that it
 * may free: use an event of its own.
 *
 * Takes what waits in the listening sockets' queues, and accepts no more: the caller
 * may close the sockets. Each connection ends with its next answer, or with the last
 * one to what its client had already sent then; idle ones live on until they have
 * asked. Streams end at once, in turns.
 */
void http_server_retire(struct http_server *);

/* The same, or after that; and idle connections are closed, those that have not asked
 * at all yet after a second or three. */
void http_server_stop(struct http_server *);

/* What streams are sent, the same text to each that wants it. */
struct http_message {
	uint32_t topics; /* bits: for streams that have one of them */
	uint64_t id; /* 0: for all of these; else for those whose `after` is below */
	unsigned events; /* that end with it, to be counted */
	struct str text;
};

/*
 * Copies the message for all streams that there are; it leaves in turns that let
 * ordinary requests through. Handlers may call this: the stream that an answer asks for
 * is sent what is broadcast after the handler has returned. Each 15 seconds the server
 * itself sends a comment (":"), so a text is whole lines of text/event-stream.
 */
void http_server_broadcast(struct http_server *, const struct http_message *);

/* How many streams there may be: never more than half of the connections, so that they
 * keep nobody out. */
static inline int64_t
http_max_streams(int64_t max_streams, int64_t max_connections)
{
	return max_streams < max_connections / 2 ? max_streams : max_connections / 2;
}

/* Whether there is room for one more. Handlers may call this. */
bool http_server_has_stream_place(const struct http_server *) MUST_CHECK;

/* Closes the connections whose waiting answer has that owner. Returns how many. */
size_t http_server_drop(struct http_server *, const void *owner);

/* How many are open, streams and those that are being refused included. */
size_t http_server_connections(const struct http_server *);

/* Closes what is open, frees *s (NULL is fine) and sets it to NULL. */
void http_server_free(struct http_server **s);

#endif
