/* What a server and its connections know of each other. Private to src/http. */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/attr.h"
#include "base/buf.h"
#include "http/feed.h"
#include "http/output.h"
#include "http/parse.h"
#include "http/response.h"
#include "http/server.h"

enum connection_state {
	CONNECTION_FRESH,  /* accepted, not a byte yet */
	CONNECTION_HEAD,   /* a part of a head is there */
	CONNECTION_IDLE,   /* between requests */
	CONNECTION_TURN,   /* it has had its turn, and has more that is read: others go
			    * first; nothing is read */
	CONNECTION_WRITE,  /* an answer waits for the socket; nothing is read */
	CONNECTION_SEND,   /* it waits for its turn; nothing is read */
	CONNECTION_STREAM, /* it has been sent what there was, and will be sent more;
			    * what the client says is thrown away */
	CONNECTION_BEHIND, /* the same, but the socket takes no more for now */
	CONNECTION_LINGER, /* all is said: waiting for the peer's EOF, so that bytes it
			    * still sends do not reset the answer away */
};

struct http_connection {
	TAILQ_ENTRY(http_connection) link;
	TAILQ_ENTRY(http_connection) queue; /* see connection_queue.c */
	struct http_server *server;
	int fd;
	enum connection_state state;
	int64_t born;       /* server->now when it was accepted */
	char *peer;         /* owned; NULL unless options.peers */
	size_t listener;    /* of server->listeners: where it was accepted */
	int64_t since;      /* server->now when the state's deadline began */
	struct event read;  /* persistent; deleted in TURN, WRITE and SEND only */
	struct event write; /* added in WRITE and BEHIND only */
	struct buf saved;   /* what was read and not yet used */
	size_t scanned;     /* of the head at the start of it: see http_parse() */
	int queued; /* WRITE, BEHIND, LINGER: bytes in the socket at the last sweep */
	/* It takes none of max_connections: there was no place for it, or it was idle
	 * and another needed its place. */
	bool excess;
	bool close_after; /* WRITE, SEND: the answer is the last one */
	bool ending;      /* only what it is owed is answered any more: */
	size_t owed;      /* bytes of requests that had come, and are not used yet */
	struct http_output *pending; /* WRITE, SEND: what is still to be sent */
	struct feed_place *stream;   /* owned: it is one, or will be when its answer is
				      * sent; else NULL */
};

TAILQ_HEAD(http_connections, http_connection);

enum server_stage {
	SERVER_OPEN,
	SERVER_RETIRED, /* does not accept; answers are their connections' last */
	SERVER_STOPPING /* nor does it keep idle connections */
};

struct listener {
	struct event event;
	struct event full; /* activated by hand when there is no room */
	bool urgent;       /* its event's priority */
	struct http_server *server;
};

struct http_server {
	struct event_base *base;
	struct http_options options;
	struct listener *listeners;
	size_t nlisteners;
	bool accepting;
	enum server_stage stage;
	bool short_of_files;  /* said so, until an accept succeeds again */
	struct event crowded; /* a timer: the others have had time enough */
	struct event tick;
	int64_t now;  /* clock_boot() of the last tick */
	int64_t read; /* clock_boot() when the request in work was there */
	struct http_connections connections;
	struct http_connections idle;  /* in FRESH and IDLE, longest first */
	struct http_connections turns; /* in TURN and SEND, longest first */
	struct event turn; /* a timer that is due at once, if there are any */
	struct http_connections streams; /* in STREAM, those that are behind first */
	struct event stream_turn;        /* a timer that is due at once, if any are */
	size_t nstreams;                 /* connections that have a `stream` */
	struct feed feed;                /* empty while there are none */
	int64_t commented;               /* `now` of the last comment */
	size_t aged; /* streams that this tick has ended for their age */
	size_t nconnections;
	struct http_connections excess; /* of them; longest first */
	size_t nexcess;
	size_t copied;     /* bytes that pending answers have copied */
	size_t cut;        /* clients cut off for body_memory since the last tick */
	bool sweeping;     /* in the tick's round of the connections */
	struct buf common; /* the lines of every answer; Date is response.date */
	/* One of each for all connections: requests are answered one at a time. */
	char *in;
	size_t in_size;
	struct http_request request;
	struct http_response response;
	struct buf head;
};

struct sockaddr;

/* Takes over fd. from: of the client, or NULL. */
void connection_new(struct listener *, int fd, const struct sockaddr *from);
/* Takes over fd, only to answer 503. May read what has come of a request. */
void connection_new_refused(struct listener *, int fd, const struct sockaddr *from);
/* Closes and frees it, and tells the server. */
void connection_free(struct http_connection *);

/* Into the queue that its state asks for, and out of it. */
void connection_queue(struct http_connection *);
void connection_unqueue(struct http_connection *);
/* Another state, and with it another queue. */
void connection_change(struct http_connection *, enum connection_state);
/* The same, and with it begins another deadline. */
void connection_enter(struct http_connection *, enum connection_state);
/* It takes none of the server's places from now on. */
void connection_give_up_place(struct http_connection *);
/* The two that follow return whether it still exists. */
/* RFC 9112 section 9.6: closes our half, goes on reading for a while. */
bool connection_linger(struct http_connection *);
/* Answers what no handler is to answer with that status, the connection's last.
 * request: what was understood of it, or NULL. body false: to HEAD. */
bool connection_bad_request(struct http_connection *, int status,
    const struct http_request *request, bool body);
/* Bytes that have come and are not read yet. */
size_t connection_unread(const struct http_connection *);

/* Of the first in the queue of turns: takes it out and goes on with it. May free it. */
void connection_turn(struct http_connection *);
/* Each second: ends it if its deadline is over. May free it. */
void connection_sweep(struct http_connection *);
/* Whether nobody would miss it: its client has been answered all that it asked, and has
 * asked nothing more; or has not asked anything for a second after it connected. */
bool connection_is_idle(const struct http_connection *);
/* Of one that is: ends it, and gives its place up. May free it. */
void connection_shed(struct http_connection *);
/* The server is stopping: ends it if it is idle. May free it, calls no handler. */
void connection_stop(struct http_connection *);

/* Whether connection_age is over. */
bool connection_is_old(const struct http_connection *);

/* Lets go of the answer that waits. */
void connection_drop_pending(struct http_connection *);

/* Of the server: cuts off the slowest clients for as long as the answers that wait keep
 * more than body_memory, except newest (NULL: nobody). Frees connections. */
void pinned_bound(struct http_server *, const struct http_connection *newest);

/* Of the server, accepting. Before anything else of it. */
void accept_init(struct http_server *, const int *listeners, size_t n);
void accept_free(struct http_server *);
/* Goes on, if there is room and the server is open. */
void accept_on(struct http_server *);
void accept_off(struct http_server *);
/* Takes what waits and ends accepting. What the kernel has accepted for us is nobody
 * else's once the last copy of the listening socket is closed: then it would be reset.
 */
void accept_rest(struct http_server *);

/* Of the server, for its connections: one has gone. */
void server_connection_gone(struct http_server *);
/* It waits for its turn from now on, in that state. */
void server_queue_turn(struct http_connection *, enum connection_state);
/* Empties the response, whose Date will be the present second: what the handler says of
 * times and what Date says come from one reading of the clock. */
void server_begin_response(struct http_server *);
/* Keeps the gauge. */
void server_count_connections(struct http_server *);

#endif
