/* The ground floor: arenas, buffers, the movable clock. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/str.h"
#include "unit.h"

TEST(arena_hands_out_disjoint_aligned_memory)
{
	struct arena *a = arena_new();
	unsigned char *p[2000];
	size_t i, j;

	for (i = 0; i < 2000; i++) {
		p[i] = arena_alloc(a, i);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)(i & 0xff), i);
	}
	for (i = 0; i < 2000; i++)
		for (j = 0; j < i; j++)
			assert_int_equal(p[i][j], i & 0xff);
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
}

TEST(arena_reset_keeps_one_chunk)
{
	struct arena *a = arena_new();
	size_t full;
	int i;

	for (i = 0; i < 100; i++)
		memset(arena_alloc(a, 100000), 1, 100000);
	full = arena_footprint(a);
	arena_reset(a);
	assert_true(arena_footprint(a) > 0);
	assert_true(arena_footprint(a) < full);
	full = arena_footprint(a);
	for (i = 0; i < 1000; i++) {
		memset(arena_alloc(a, 100000), 1, 100000);
		arena_reset(a);
	}
	assert_int_equal(arena_footprint(a), full);
	arena_free(&a);
}

/* In a region, and beyond its end where malloc(3) goes on. */
TEST(arena_and_buffer_take_the_memory_of_a_region)
{
	struct region r;
	struct arena *a;
	struct buf b = { .region = &r };

	region_open(&r, 8 * 1024 * 1024);
	a = arena_new_in(&r);
	for (int i = 0; i < 100; i++)
		memset(arena_alloc(a, 200000), i, 200000);
	arena_free(&a);
	assert_true(r.outside > 0);
	region_reset(&r, 0);
	for (int i = 0; i < 3000000; i++)
		buf_add(&b, "0123456789", 10);
	for (int i = 0; i < 3000000; i++)
		assert_memory_equal(b.data + 10 * i, "0123456789", 10);
	buf_free(&b);
	assert_null(b.data);
	region_close(&r);
}

TEST(arena_array_is_zeroed_after_reuse)
{
	struct arena *a = arena_new();
	unsigned char *p;
	int i;

	memset(arena_alloc(a, 5000), 0xff, 5000);
	arena_reset(a);
	p = arena_array(a, 50, 100);
	for (i = 0; i < 5000; i++)
		assert_int_equal(p[i], 0);
	arena_free(&a);
}

TEST(buffer_grows_and_keeps_its_content)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 10000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	buf_printf(&b, "%s-%d", "tail", 42);
	assert_int_equal(b.len, 10007);
	for (i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	assert_memory_equal(b.data + 10000, "tail-42", 7);
	buf_reset(&b);
	buf_puts(&b, "again");
	assert_memory_equal(b.data, "again", b.len);
	buf_free(&b);
	assert_null(b.data);
}

/* By doubling: a byte at a time must not mean an allocation at a time. */
TEST(buffer_grows_by_doubling)
{
	struct buf b = { 0 };
	size_t i, cap = 0;
	int growths = 0;

	for (i = 0; i < 1000000; i++) {
		buf_putc(&b, 'x');
		growths += b.cap != cap;
		cap = b.cap;
	}
	assert_in_range(growths, 1, 20);
	buf_free(&b);
}

TEST(strings_compare_by_bytes)
{
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq((struct str){ NULL, 0 }, STR("")));
	assert_true(str_starts(STR("aphrodite/x"), STR("aphrodite/")));
	assert_false(str_starts(STR("aphro"), STR("aphrodite/")));
	assert_true(str_eq(str_from(STR("abc"), 1), STR("bc")));
}

TEST(clock_moves_with_the_test_file)
{
	char path[] = "/tmp/test_base.XXXXXX";
	int fd = mkstemp(path);
	int64_t offset = 0, before;

	assert_int_not_equal(fd, -1);
	assert_int_equal(setenv("HYDRATORD_TEST_CLOCK", path, 1), 0);
	assert_int_equal(clock_init(), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pwrite(fd, &offset, sizeof(offset), 0), sizeof(offset));
	assert_int_equal(clock_init(), 0);
	before = clock_boot();
	assert_true(clock_boot() >= before);
	offset = 3600 * NSEC_PER_SEC;
	assert_int_equal(pwrite(fd, &offset, sizeof(offset), 0), sizeof(offset));
	assert_true(clock_boot() - before >= offset);
	assert_true(clock_boot() - before < 2 * offset);
	unsetenv("HYDRATORD_TEST_CLOCK");
	close(fd);
	unlink(path);
}
