/* What the tests of cycles and of the hydrator share: documents, settings, a segment.
 */
#ifndef TESTS_UNIT_HYDRATOR_TEST_H
#define TESTS_UNIT_HYDRATOR_TEST_H

#include <stddef.h>

#include "config/config.h"
#include "shm/segment.h"

#define WORLD_CAPACITY 65536

/* Addresses of reference documents; NULL ends. */
struct world {
	char dir[64]; /* reference.json, status_image.json, stats_image.json, log */
	char horde[96];
	char own[128]; /* file: address of reference.json */
	char *reference[4];
	struct config_category category;
	struct config config;
	struct segment *segment; /* one category, one process slot */
	char *former[16];        /* references that were replaced */
	size_t nformer;
};

/* Two image models, an empty stats document, quick and patient settings; logs go to
 * the file. Aborts the test program if that fails. */
void world_make(struct world *, const char *category, size_t capacity);
void world_remove(struct world *);
/* Writes a document, NULL removes it. */
void world_put(const struct world *, const char *file, const char *text);
/* Where the reference may come from; up to three, NULL ends. */
void world_places(struct world *, const char *first, const char *second);
/* How many log lines have the text, and forgets the log. */
int world_logged(const struct world *, const char *text);
void world_forget_log(const struct world *);

#endif
