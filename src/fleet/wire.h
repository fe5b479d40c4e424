/*
 * The bytes between us and Redis: a connection that libcurl makes, be it a socket of
 * this machine, TCP, TLS, or either of these through a proxy. Whose thread it is:
 * redis.h.
 */
#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/attr.h"
#include "terms/redis_url.h"

#define WIRE_ERROR_MAX 256

enum wire_result {
	WIRE_DONE,
	WIRE_FAILED, /* error says why; it is of no use any more */
	WIRE_LATE,   /* the deadline is over */
	WIRE_STOPPED /* `stop` is readable */
};

struct wire {
	CURLM *multi; /* NULL: closed */
	CURL *easy;
	curl_socket_t fd;
	int stop; /* the caller's; -1: none */
	char curl_error[CURL_ERROR_SIZE];
	char error[WIRE_ERROR_MAX];
};

/* proxy ("": none) and ca_file ("": the system's) are of TLS alone. */
struct wire_settings {
	const struct redis_url *url;
	const char *proxy;
	const char *ca_file;
	int stop;
};

/* Opens a closed wire (zeroed at first) by the deadline, clock_boot(). Unless it is
 * WIRE_DONE, the wire is closed; error stays. */
enum wire_result wire_open(
    struct wire *, const struct wire_settings *, int64_t deadline) MUST_CHECK;
/* Waits for nothing. A closed wire is fine. */
void wire_close(struct wire *);

/* Whether `stop` is readable, that is the wire is to be used no more. */
bool wire_is_stopped(const struct wire *) MUST_CHECK;

/* Sends n bytes by the deadline; *sent is how many of them went out in any case. */
enum wire_result wire_send(struct wire *, const char *data, size_t n, int64_t deadline,
    size_t *sent) MUST_CHECK;
/* Waits for bytes, and takes at most size; *got: how many. The end is WIRE_FAILED. A
 * deadline of 0 is over: takes what is there already. */
enum wire_result wire_receive(
    struct wire *, char *data, size_t size, int64_t deadline, size_t *got) MUST_CHECK;

#endif
