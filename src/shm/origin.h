/* Which host a URL speaks to: for the records of hosts. Pure, and without libcurl,
 * since readers ask it too; who gets the API key is decided by libcurl's own reading
 * (upstream/redirect.h), because that is what connects. */
#ifndef SHM_ORIGIN_H
#define SHM_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* Of a text "https://HOST:65535", its NUL included. HOST: 1 to 200 bytes. */
#define ORIGIN_SIZE 216

/*
 * Writes "SCHEME://HOST:PORT" of an http or https URL: scheme and host in small
 * letters, the port also where the URL leaves it out, no credentials (RFC 6454
 * section 4). Returns false for any other URL: file: has no host, and for one that is
 * too long there is no room.
 */
bool origin_of_url(const char *url, char origin[ORIGIN_SIZE]) MUST_CHECK;

#endif
