/* What a URL is allowed to lead to, and who gets the API key. Hydrators. */
#ifndef UPSTREAM_REDIRECT_H
#define UPSTREAM_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* Whether two URLs have the same origin (RFC 6454 4): scheme, host and port. */
bool redirect_same_origin(const char *a, const char *b);

/*
 * Where a redirect from one URL to another (absolute) leads: to http or https, never
 * from https to http, and without user or password. Returns the URL, to be freed with
 * curl_free(), or NULL with the reason in err.
 */
char *redirect_target(
    const char *from, const char *to, char *err, size_t errlen) MUST_CHECK;

#endif
