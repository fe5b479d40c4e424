/*
 * Which origins' scripts may read the answers: as Starlette's CORSMiddleware with
 * credentials, all methods and all headers allowed, which the reference uses
 * (doc/reference.md 8.11). Pure.
 */
#ifndef READER_CORS_H
#define READER_CORS_H

#include <stdbool.h>

#include "config/config.h"
#include "http/parse.h"
#include "http/response.h"

/*
 * The field lines that every answer has, also a refusal, whatever the request: with `*`
 * that all origins are allowed. A shared cache gives an answer to a request without
 * Origin to scripts as well, which without that field could not read it. Static.
 */
const char *cors_common(const struct config_list *origins);

/* Whether the request asks what a script may do, and origins are configured. */
bool cors_is_preflight(const struct config_list *origins, const struct http_request *);

/* Answers it: 200, or 400 if the origin or the method is not allowed. */
void cors_preflight(const struct config_list *origins, const struct http_request *,
    struct http_response *);

/*
 * Adds the other fields of any other answer. Where single origins are configured, each
 * answer says Vary: Origin, also to who sent none, because shared caches keep answers
 * for others (Fetch standard, "CORS protocol and HTTP caches"); the reference says so
 * to listed origins only.
 */
void cors_put(const struct config_list *origins, const struct http_request *,
    struct http_response *);

#endif
