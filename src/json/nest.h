/*
 * Walking down through all levels of a value in time that is linear in its bytes. A
 * step of json/walk.h reads the value that it passes, so a byte is read once for each
 * of the containers that it is in, 900 times in the worst document. Here one pass notes
 * first where every container ends. Any process.
 */
#ifndef JSON_NEST_H
#define JSON_NEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"

struct json_container {
	uint32_t len;    /* bytes */
	uint32_t inside; /* containers in it, on all levels */
};

/* The containers of a value in the order in which they begin. */
struct json_nest {
	struct json_container *of; /* owned */
	size_t n, room;
};

/* A value, and if it is a container its number in the nest. */
struct json_node {
	struct json_value value;
	size_t number;
};

struct json_nest_walk {
	const char *p;
	const char *end;
	size_t next; /* number of the container that begins next */
};

/* Reads a value that json_scan() found good, whose bytes stay where they are, and fills
 * in its node. Takes 8 bytes a container. Dies if memory is out or the value is longer
 * than 4 GB, which no document is. End with json_nest_free(). */
void json_nest_open(
    struct json_nest *, const struct json_value *, struct json_node *root);
void json_nest_free(struct json_nest *);

/* As json_walk(), json_member() and json_element() on a node of the nest. */
struct json_nest_walk json_nest_walk(
    const struct json_nest *, const struct json_node *);
bool json_nest_member(const struct json_nest *, struct json_nest_walk *,
    struct json_value *key, struct json_node *);
bool json_nest_element(
    const struct json_nest *, struct json_nest_walk *, struct json_node *);

#endif
