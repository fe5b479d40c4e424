/* A tiny HTTP server in a process of its own, for tests of what fetches. */
#ifndef TESTS_UNIT_HTTP_STUB_H
#define TESTS_UNIT_HTTP_STUB_H

#include <stdatomic.h>
#include <sys/types.h>

#define HTTP_STUB_REQUEST_MAX 4096

struct http_stub_counts {
	_Atomic unsigned connections;
	_Atomic unsigned requests;
	/* The last request as it came. It is there when its answer is. */
	char last[HTTP_STUB_REQUEST_MAX];
};

/*
 * Its answers go by path: /ok, /empty, /404, /500, /redirect (to /ok), /cut (less than
 * Content-Length), /reset, /endless (chunks for ever), /drip (a byte every 0.2 s),
 * /bomb (gzip, 4 MiB decoded), /lying-bomb (says 1,000 bytes), /gzip (an honest one),
 * /stall (half an answer, then silence), /hang (silence), /error-stall (a 503 whose
 * text never comes), /slow/PATH (that file, as a body), /raw/PATH (that file, as a
 * whole answer).
 */
struct http_stub {
	pid_t pid;
	int port;
	struct http_stub_counts *counts; /* shared with the server */
};

#define HTTP_STUB_SLOW_MS 700
#define HTTP_STUB_OK "{\"answer\": 42}"

/* Aborts the test program if it cannot start. */
void http_stub_start(struct http_stub *);
void http_stub_stop(struct http_stub *);
/* "http://127.0.0.1:PORT" + path, in a buffer that the next call but three reuses. */
const char *http_stub_url(const struct http_stub *, const char *path);

#endif
