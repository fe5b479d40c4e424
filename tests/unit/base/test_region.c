/* The codecs' memory: hands out, runs out, forgets, gives back. */
#include <sys/mman.h>
#include <sys/resource.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"

#include "base/region.h"
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

/* What grows stays where it is while it is the last and has room; then it moves, with
 * as much as is to be kept. */
TEST(what_grows_stays_or_keeps_its_content)
{
	struct region r;
	char *p, *q, *moved;

	region_open(&r, 2 * LARGE);
	p = region_resize(&r, NULL, 0, 100);
	assert_non_null(p);
	memset(p, 5, 100);
	q = region_resize(&r, p, 100, LARGE);
	assert_non_null(q);
	assert_true(r.base == NULL || q == p);
	memset(q + 100, 6, LARGE - 100);
	p = region_alloc(&r, 10);
	assert_non_null(p);
	moved = region_resize(&r, q, LARGE, LARGE + 1);
	assert_true(moved != NULL && (r.base == NULL || moved != q));
	assert_true(moved[0] == 5 && moved[99] == 5 && moved[LARGE - 1] == 6);
	q = region_resize(&r, moved, 100, 4 * LARGE); /* malloc's, both times */
	assert_non_null(q);
	assert_int_equal(q[99], 5);
	q[4 * LARGE - 1] = 1;
	region_free(&r, p);
	region_free(&r, q);
	region_close(&r);
}

/* No more is writable than was asked for, but for a step: RLIMIT_DATA counts it. */
TEST(address_space_is_not_memory)
{
	struct rlimit old, few;
	struct region r;
	char *p;

	SKIP_WITHOUT_PAGES();
	assert_int_equal(getrlimit(RLIMIT_DATA, &old), 0);
	few = (struct rlimit){ (rlim_t)1 << 30, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_DATA, &few), 0);
	region_open(&r, (size_t)16 << 30);
	assert_non_null(r.base);
	p = region_alloc(&r, 100 * LARGE);
	assert_non_null(p);
	p[0] = p[100 * LARGE - 1] = 1;
	assert_int_equal(r.outside, 0);
	assert_true(r.open >= 100 * LARGE && r.open <= 104 * LARGE);
	assert_null(region_alloc(&r, 1000 * LARGE));
	region_close(&r);
	assert_int_equal(setrlimit(RLIMIT_DATA, &old), 0);
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
