/* Memory: allocation that cannot fail quietly, and arenas. Any process. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/attr.h"

/*
 * As malloc(3), calloc(3), reallocarray(3) and strdup(3), but an allocation that
 * fails ends the process with a log line: a child is restarted by the supervisor,
 * and the snapshot it had published goes on being served. Free with free(3).
 */
void *xmalloc(size_t n) MUST_CHECK;
void *xcalloc(size_t n, size_t size) MUST_CHECK;
void *xreallocarray(void *p, size_t n, size_t size) MUST_CHECK;
char *xstrdup(const char *s) MUST_CHECK;

/*
 * An arena hands out memory that lives until the arena is reset or freed: what a
 * cycle builds from its documents has one lifetime. 16-byte aligned, not zeroed.
 */
struct arena;
struct region;

struct arena *arena_new(void) MUST_CHECK;
/* The same with memory of a region, which is borrowed and outlives the arena. */
struct arena *arena_new_in(struct region *) MUST_CHECK;
void *arena_alloc(struct arena *, size_t n) MUST_CHECK;
/* A zeroed array of n elements of size bytes; dies on overflow. */
void *arena_array(struct arena *, size_t n, size_t size) MUST_CHECK;
/* Copies n bytes and adds a NUL. */
char *arena_strndup(struct arena *, const char *s, size_t n) MUST_CHECK;
/* Forgets everything, keeping the largest chunk for the next round. */
void arena_reset(struct arena *);
/* Bytes taken from the system at present. */
size_t arena_footprint(const struct arena *);
/* Frees *a (which may be NULL) and sets it to NULL; what lies in a region stays there
 * until that is reset or closed. */
void arena_free(struct arena **a);

#endif
