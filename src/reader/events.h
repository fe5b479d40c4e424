/*
 * /events: what a reader tells its streams (Server-Sent Events). A `snapshot` event
 * says that a category has a new generation, a `change` is a row of its VIEW_CHANGES.
 *
 * An id is the position of a stream: which changes it has been sent. Changes of one
 * category rise, but those of two may reach a reader in another order than their ids
 * have; so the id of a stream of several categories has a number for each.
 */
#ifndef READER_EVENTS_H
#define READER_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "config/config.h"
#include "http/parse.h"
#include "http/response.h"
#include "http/server.h"
#include "reader/store.h"
#include "terms/category.h"

struct events;

/* Everything is borrowed. */
struct events *events_new(const struct config *, struct store *) MUST_CHECK;
/* Frees *e (NULL is fine) and sets it to NULL. */
void events_free(struct events **e);
/* Whose streams are told, from now on. Before any request. */
void events_serve(struct events *, struct http_server *);

/* After store_poll(): tells the streams what is new. */
void events_poll(struct events *);

/* The id of the last change that was sent, by category. EVENTS_NOW: those that come. */
struct events_position {
	uint64_t after[CATEGORY_MAX];
};
#define EVENTS_NOW UINT64_MAX

/* What a request asks for. */
struct events_wanted {
	uint32_t categories; /* bit 1 << enum category */
	bool resumes;        /* it has a position */
	struct events_position position;
};

/* Makes the answer a stream: it begins with what was missed, and how things are now.
 * text: false to HEAD, which gets none of that. */
void events_begin(
    struct events *, const struct events_wanted *, bool text, struct http_response *);

/* Answers a request for /events: a stream, to HEAD its head, or 404, 422, 503. */
void events_answer(struct events *, const struct http_request *, struct http_response *,
    struct arena *);

/* All categories of the configuration, as a set. */
uint32_t events_all(const struct events *) MUST_CHECK;

/* Seconds: of a 503. */
uint64_t events_retry_after(const struct events *) MUST_CHECK;

/* Whether there is room for one more stream. */
bool events_have_place(const struct events *) MUST_CHECK;

/* Reads the parameters, and the field Last-Event-ID. What is wrong is appended as an
 * item of JSON; categories that are not asked for by name are none. */
void events_parse(const struct http_request *, struct arena *, struct events_wanted *,
    struct buf *errors);

/* Reads what an id says. Returns false if it is none: nothing is known then. */
bool events_parse_id(struct str id, struct events_position *) MUST_CHECK;

#endif
