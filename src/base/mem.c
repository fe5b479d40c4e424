/* Checked allocation and chunked arenas. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/region.h"

#define ARENA_CHUNK_MIN (64 * 1024)
#define ARENA_CHUNK_MAX (4 * 1024 * 1024)
#define ARENA_ALIGN 16

struct arena_chunk {
	struct arena_chunk *next; /* older chunks */
	size_t size;              /* of data */
	size_t used;
	_Alignas(ARENA_ALIGN) char data[];
};

struct arena {
	struct arena_chunk *top;
	struct region *region; /* NULL: chunks are malloc(3)'s */
	size_t footprint;
};

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		fatal("cannot allocate %zu bytes", n);
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		fatal("cannot allocate %zu * %zu bytes", n, size);
	return p;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size ? size : 1);

	if (q == NULL)
		fatal("cannot allocate %zu * %zu bytes", n, size);
	return q;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		fatal("cannot allocate %zu bytes", strlen(s) + 1);
	return p;
}

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

struct arena *
arena_new_in(struct region *region)
{
	struct arena *a = arena_new();

	a->region = region;
	return a;
}

static struct arena_chunk *
arena_chunk_new(const struct arena *a, size_t n)
{
	struct arena_chunk *c;

	if (a->region == NULL)
		return xmalloc(n);
	if ((c = region_alloc(a->region, n)) == NULL)
		fatal("cannot allocate %zu bytes", n);
	return c;
}

static void
arena_chunk_free(const struct arena *a, struct arena_chunk *c)
{
	if (a->region == NULL)
		free(c);
	else
		region_free(a->region, c);
}

static void
arena_grow(struct arena *a, size_t need)
{
	struct arena_chunk *c;
	size_t size = a->top ? a->top->size * 2 : ARENA_CHUNK_MIN;

	if (size > ARENA_CHUNK_MAX)
		size = ARENA_CHUNK_MAX;
	if (size < need)
		size = need;
	c = arena_chunk_new(a, sizeof(*c) + size);
	c->next = a->top;
	c->size = size;
	c->used = 0;
	a->top = c;
	a->footprint += size;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p;

	if (n > SIZE_MAX / 2)
		fatalx("cannot allocate %zu bytes", n);
	n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (a->top == NULL || a->top->size - a->top->used < n)
		arena_grow(a, n);
	p = a->top->data + a->top->used;
	a->top->used += n;
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		fatalx("cannot allocate %zu * %zu bytes", n, size);
	p = arena_alloc(a, bytes);
	memset(p, 0, bytes);
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (n > 0) /* s may be NULL then */
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c, *keep = NULL;

	while ((c = a->top) != NULL) {
		a->top = c->next;
		if (keep == NULL || c->size > keep->size) {
			struct arena_chunk *swap = keep;

			keep = c;
			c = swap;
		}
		if (c != NULL) {
			a->footprint -= c->size;
			arena_chunk_free(a, c);
		}
	}
	if (keep != NULL) {
		keep->next = NULL;
		keep->used = 0;
		a->top = keep;
	}
}

size_t
arena_footprint(const struct arena *a)
{
	return a->footprint;
}

void
arena_free(struct arena **a)
{
	struct arena_chunk *c;

	if (*a == NULL)
		return;
	while ((c = (*a)->top) != NULL) {
		(*a)->top = c->next;
		arena_chunk_free(*a, c);
	}
	free(*a);
	*a = NULL;
}
