/* A fetcher and two servers that answer what a test writes. */
#ifndef TESTS_UNIT_CLIENT_WORLD_H
#define TESTS_UNIT_CLIENT_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "http_stub.h"
#include "upstream/fetch.h"

extern struct http_stub client_stub, client_other;

/* Fixtures of a group; the second of a test, whose state is the fetcher. */
int client_setup_group(void **state);
int client_teardown_group(void **state);
int client_setup(void **state);
int client_teardown(void **state);
/* client_setup with an API key for client_stub's origin, in a file with this text. */
int client_setup_key(void **state, const char *text);

/* A file of this group, for "file:" and "/raw/" URLs: the answer. */
extern char client_answer_file[];

struct fetch_result client_ask(struct fetcher *, const struct fetch_request *);
/* The same within five seconds, without validators. */
struct fetch_result client_get(struct fetcher *, const char *url);
/* Writes the answer, and returns where the stub gives it. */
const char *client_raw_url(const struct http_stub *, const void *data, size_t size);
const char *client_text_url(const struct http_stub *, const char *text);
/* Gets this answer from client_stub. */
struct fetch_result client_get_text(struct fetcher *, const char *text);

void assert_fails(const struct fetch_result *, const char *why, bool transient);
void assert_fetched(const struct fetch_result *, const char *text);
/* Whether the last request to the stub had this header field. */
bool was_told(const struct http_stub *, const char *field);

#endif
