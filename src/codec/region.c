/* A bump allocator over a reserved mapping. */
#include "codec/region.h"

#include <sys/mman.h>

#include <stdint.h>
#include <stdlib.h>

#include "autoconf.h"

#define REGION_ALIGN (size_t)64
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

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
	r->map = mmap(NULL, r->map_size, PROT_READ | PROT_WRITE,
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

void *
region_alloc(struct region *r, size_t n)
{
	char *p;

	if (r->base == NULL || n > r->size - r->used) {
		r->outside++;
		return malloc(n);
	}
	p = r->base + r->used;
	n = round_up(n, REGION_ALIGN);
	r->used = n < r->size - r->used ? r->used + n : r->size;
	if (r->used > r->touched)
		r->touched = r->used;
	return p;
}

void
region_free(struct region *r, void *p)
{
	uintptr_t at = (uintptr_t)p, base = (uintptr_t)r->base;

	if (at < base || at >= base + r->size)
		free(p);
}

void
region_reset(struct region *r, size_t keep)
{
	r->used = 0;
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
