/*
 * Where a Redis is: the option redis.url. Pure. Any process.
 *
 *	redis://[USER:PASSWORD@]HOST[:PORT][/DB]     TCP, port 6379
 *	rediss://[USER:PASSWORD@]HOST[:PORT][/DB]    the same in TLS
 *	unix://[USER:PASSWORD@]/PATH[?db=DB]         a socket of this machine
 *
 * HOST is a name, an address, or an address of IPv6 in brackets. USER may be empty (the
 * user "default"). PASSWORD may be left out, with its colon, where a file has it. What
 * has a meaning of its own in a URL stands there as %XX (RFC 3986 2.1).
 */
#ifndef TERMS_REDIS_URL_H
#define TERMS_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

#define REDIS_URL_PORT 6379
#define REDIS_URL_DB_MAX 65535

/* Owned strings. */
struct redis_url {
	bool tls;
	char *path; /* of a socket; NULL: host and port are meant */
	char *host; /* of IPv6 with its brackets; NULL: path is meant */
	unsigned port;
	unsigned db;
	char *user;     /* NULL: none is named */
	char *password; /* NULL: there is none */
};

/*
 * Returns 0, or -1 with what to write instead in err, which never holds a part of text.
 * What *out has is freed by redis_url_free().
 */
int redis_url_parse(
    const char *text, struct redis_url *out, char *err, size_t errlen) MUST_CHECK;
/* Overwrites the password, frees all and zeroes the struct, which may be zero. */
void redis_url_free(struct redis_url *);

/*
 * text as it may be shown: what stands before the host, or before the path, is "***".
 * Of any text, also of one that redis_url_parse() refuses. To be freed with free(3).
 */
char *redis_url_shown(const char *text) MUST_CHECK;

#endif
