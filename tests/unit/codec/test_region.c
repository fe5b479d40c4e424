/* The codecs' memory: hands out, runs out, forgets, gives back. */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"

#include "codec/region.h"
#include "unit.h"

#define LARGE ((size_t)2 * 1024 * 1024)

/* Built with sanitizers everything comes from malloc(3), which they watch. */
#ifdef HAVE_SANITIZERS
#define SKIP_WITHOUT_PAGES() skip()
#else
#define SKIP_WITHOUT_PAGES() (void)0
#endif

TEST(memory_is_aligned_and_disjoint)
{
	struct region r;
	unsigned char *p[200];

	region_open(&r, LARGE);
	for (size_t i = 0; i < NELEM(p); i++) {
		p[i] = region_alloc(&r, i * 3 + 1);
		assert_non_null(p[i]);
		memset(p[i], (int)i, i * 3 + 1);
	}
	for (size_t i = 0; i < NELEM(p); i++) {
		for (size_t k = 0; k < i * 3 + 1; k++)
			assert_int_equal(p[i][k], i);
		region_free(&r, p[i]);
	}
	region_free(&r, NULL);
	region_close(&r);
}

/* Every byte of the region is of use, and what has no room is malloc's: it may be
 * larger than the region, and is freed alone. */
TEST(what_has_no_room_comes_from_elsewhere)
{
	struct region r;
	char *first, *all, *more, *huge;

	region_open(&r, LARGE - 100);
	first = region_alloc(&r, 64);
	all = region_alloc(&r, LARGE - 164);
	more = region_alloc(&r, 1);
	huge = region_alloc(&r, 2 * LARGE);
	assert_true(first != NULL && all != NULL && more != NULL && huge != NULL);
	memset(all, 1, LARGE - 164);
	memset(huge, 2, 2 * LARGE);
	*more = 3;
	assert_int_equal(r.outside, r.base != NULL ? 2 : 4);
	assert_int_equal(all[LARGE - 165], 1);
	region_free(&r, first);
	region_free(&r, all);
	region_free(&r, more);
	region_free(&r, huge);
	region_close(&r);
}

TEST(where_memory_is_out_there_is_null)
{
	struct region r;

	SKIP_WITHOUT_PAGES();
	region_open(&r, LARGE);
	assert_null(region_alloc(&r, SIZE_MAX / 2));
	assert_non_null(region_alloc(&r, LARGE));
	region_close(&r);
}

TEST(a_reset_forgets_and_keeps_pages)
{
	struct region r;
	char *p;

	SKIP_WITHOUT_PAGES();
	region_open(&r, 4 * LARGE);
	p = region_alloc(&r, 4 * LARGE);
	memset(p, 7, 4 * LARGE);
	region_reset(&r, SIZE_MAX);
	assert_ptr_equal(region_alloc(&r, 10), p);
	assert_true(p[0] == 7 && p[4 * LARGE - 1] == 7);
	/* A page that was given back is zero when it is touched again. */
	region_reset(&r, LARGE);
	assert_true(p[LARGE - 1] == 7 && p[LARGE] == 0 && p[4 * LARGE - 1] == 0);
	region_reset(&r, 0);
	assert_int_equal(p[0], 0);
	assert_int_equal(r.outside, 0);
	region_close(&r);
}

/* Pages that are mapped nowhere cannot be synchronised. */
TEST(a_closed_region_leaves_nothing)
{
	struct region r;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n;
	char *map;

	SKIP_WITHOUT_PAGES();
	region_open(&r, 3 * LARGE);
	memset(region_alloc(&r, 3 * LARGE), 1, 3 * LARGE);
	assert_true((uintptr_t)r.base % LARGE == 0);
	map = r.map;
	n = r.map_size;
	assert_int_equal(msync(map, n, MS_ASYNC), 0);
	region_close(&r);
	for (size_t at = 0; at < n; at += page) {
		assert_int_equal(msync(map + at, page, MS_ASYNC), -1);
		assert_int_equal(errno, ENOMEM);
	}
	region_close(&r);
}
