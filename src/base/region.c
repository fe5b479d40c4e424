/* A bump allocator over a reserved mapping. */
#include "base/region.h"

#include <sys/mman.h>

#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "autoconf.h"

#define REGION_ALIGN (size_t)64
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)
/* Made writable in one go: a system call each. */
#define REGION_STEP (4 * LARGE_PAGE)

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void
region_open(struct region *r, size_t size)
{
	*r = (struct region){ .map = NULL };
#ifndef HAVE_SANITIZERS
	/* One page more, so that the region can begin at one. */
	r->map_size = round_up(size, LARGE_PAGE) + LARGE_PAGE;
	r->map = mmap(NULL, r->map_size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->map == MAP_FAILED) { /* no address space: it works without */
		*r = (struct region){ .map = NULL };
		return;
	}
	r->base = (char *)round_up((uintptr_t)r->map, LARGE_PAGE);
	r->size = size;
	/* Where the kernel has no large pages small ones do. */
	(void)madvise(r->base, round_up(size, LARGE_PAGE), MADV_HUGEPAGE);
#else
	(void)size;
#endif
}

/* Makes the bytes from offset `at` on the last ones in use. Returns false if there is
 * no room for them. */
static bool
region_take(struct region *r, size_t at, size_t n)
{
	size_t end, open;

	if (r->base == NULL || n > r->size - at)
		return false;
	n = round_up(n, REGION_ALIGN);
	end = n < r->size - at ? at + n : r->size;
	if (end > r->open) {
		/* The mapping goes on to the end of a large page. */
		open = round_up(end, REGION_STEP);
		if (open > round_up(r->size, LARGE_PAGE))
			open = round_up(r->size, LARGE_PAGE);
		if (mprotect(r->base + r->open, open - r->open,
			PROT_READ | PROT_WRITE) == -1)
			return false;
		r->open = open;
	}
	r->used = end;
	r->last = r->base + at;
	if (r->used > r->touched)
		r->touched = r->used;
	return true;
}

static bool
region_has(const struct region *r, const void *p)
{
	uintptr_t at = (uintptr_t)p, base = (uintptr_t)r->base;

	return at >= base && at < base + r->size;
}

void *
region_alloc(struct region *r, size_t n)
{
	if (region_take(r, r->used, n))
		return r->last;
	r->outside++;
	return malloc(n);
}

void *
region_resize(struct region *r, void *p, size_t keep, size_t n)
{
	void *q;

	if (p != NULL && !region_has(r, p))
		return realloc(p, n);
	if (p != NULL && p == r->last && region_take(r, (size_t)(r->last - r->base), n))
		return p;
	q = region_alloc(r, n);
	if (q != NULL && keep > 0)
		memcpy(q, p, keep);
	return q;
}

void
region_free(struct region *r, void *p)
{
	if (!region_has(r, p))
		free(p);
}

void
region_reset(struct region *r, size_t keep)
{
	r->used = 0;
	r->last = NULL;
	if (r->touched <= keep)
		return;
	keep = round_up(keep, LARGE_PAGE);
	if (r->touched <= keep)
		return;
	(void)madvise(r->base + keep, r->touched - keep, MADV_DONTNEED);
	r->touched = keep;
}

void
region_close(struct region *r)
{
	if (r->map != NULL)
		munmap(r->map, r->map_size);
	*r = (struct region){ .map = NULL };
}
