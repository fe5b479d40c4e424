/* A reader's answers without its sockets: a real segment with a small payload of our
 * own in it. */
#ifndef TESTS_ANSWER_WORLD_H
#define TESTS_ANSWER_WORLD_H

#include <stdint.h>

#include "base/buf.h"
#include "config/config.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/answer.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "terms/category.h"

struct world {
	struct segment *segment;
	struct config config;
	struct config_category categories[2];
	struct counters counters;
	struct answerer answerer;
	struct http_request request;
	struct http_response response;
	struct buf body; /* of the last answer */
};

/* Fixtures: nothing published; 161 image and 719 text rows (419 groups) published. */
int answer_world_setup(void **state);
int answer_world_setup_filled(void **state);
int answer_world_teardown(void **state);

/* Publishes a payload for the category: raw entries of the document, typed records,
 * fetched age seconds ago. */
void answer_world_publish(
    struct world *, enum category, unsigned raw, unsigned typed, int64_t age);

/* Asks, and returns the status; body and field lines are in the world, each with a NUL
 * behind it. fields: further request fields. */
int answer_world_ask(
    struct world *, const char *method, const char *target, const char *fields);

#endif
