/* Connections whose answer does not end: each is sent the messages of the server's feed
 * that it wants. Private to src/http. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/connection.h"

/* Of the server, before anything else of it, and when its last connection is gone. */
void stream_init(struct http_server *);
void stream_free(struct http_server *);

/* The server's response asks for a stream, and this connection is to be it once the
 * response is sent. */
void stream_begin(struct http_connection *);
/* The response is sent. Returns whether the connection still exists. */
bool stream_open(struct http_connection *) MUST_CHECK;
/* In BEHIND: its socket takes more. May free the connection. */
void stream_go_on(struct http_connection *);
/* Each second, in STREAM and BEHIND. May free the connection. */
void stream_sweep(struct http_connection *);
/* Of a connection that is a stream no longer, or never was. */
void stream_forget(struct http_connection *);
/* The server's tick: what keeps the ways to clients open. */
void stream_tick(struct http_server *);
/* The server is not open any more: its streams end, in turns. */
void stream_end_all(struct http_server *);
/* Frees it, and counts it as cut off. */
void stream_drop(struct http_connection *);

#endif
