/* A server on a socket of the loopback, its clock, and clients of it in one process. */
#ifndef TESTS_HTTP_WORLD_H
#define TESTS_HTTP_WORLD_H

#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "http/server.h"
#include "shm/counters.h"

#define BIG (size_t)(6 * 1024 * 1024) /* more than socket buffers hold */

struct world {
	struct event_base *base;
	struct http_server *server;
	struct counters counters;
	int listener;
	struct sockaddr_in address;
	char *big; /* BIG bytes, in big_fd */
	int big_fd;
	int held; /* answers whose owner is not released yet */
	int drained;
	unsigned files;         /* descriptors that a test leaves open */
	int64_t connection_age; /* for serve() */
	size_t max_connections; /* the same; 0: 6 */
};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

/* Of a group: the clock that servers see, which the functions below move. */
int world_clock(void **state);
int world_clock_end(void **state);

/* Of a test. */
int world_setup(void **state);
int world_teardown(void **state);

/* Starts w->server: heads 10 s, idle 100 s, stalls 50 s. It
 * answers /N with the path itself, /big with BIG bytes of a file, /text?D with BIG
 * bytes that were made for the answer, all of them the digit D. */
void serve(struct world *);
/* Another one, as another reader would be, for the caller to free. */
struct http_server *serve_beside(struct world *, int listener);

/* What is ready is done. */
void turn(struct world *);
/* Lets the server's clock go on by so many seconds: one real second for its tick. */
void pass(struct world *, int seconds);

/* A non-blocking client socket; the server has had its turn. */
int dial(struct world *);
/* The same, but the server has not: the connection is in the queue. */
int dial_unseen(struct world *);
/* Sends all of it while the server has its turns. */
void say(struct world *, int sock, const char *text, size_t len);
/* The same, of a string. */
void tell(struct world *, int sock, const char *text);
/* Reads until the other side closes, or has sent `want` bytes. Returns how many; the
 * text is in *out, with a NUL, for the caller to free. Real time is bounded by the
 * test's patience, a minute. */
size_t hear(struct world *, int sock, size_t want, char **out);
/* Reads and closes; fails unless the other side has closed properly, without a reset.
 * The text is the caller's to free. */
char *hear_end(struct world *, int sock);
/* Says it, hears until the server closes. */
char *ask(struct world *, const char *text);

/* How often `what` is in text. */
unsigned count(const char *text, const char *what);
const char *body_of(const char *answer);

#endif
