/* What a process takes is seen, and what it gives back. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hydrator/memory.h"
#include "unit.h"

#define MIB ((size_t)1 << 20)
#define SOME (64 * MIB)
/* The kernel counts pages in batches, and sanitizers have some of their own. */
#define ABOUT (16 * MIB)

static void *
map(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

TEST(written_pages_count)
{
	struct memory m;
	char *p;

	memory_open(&m, (int64_t)(SOME / 2));
	assert_true(memory_taken(&m) < ABOUT);
	p = map(SOME);
	assert_true(memory_taken(&m) < ABOUT);
	assert_false(memory_is_short(&m));
	memset(p, 1, SOME);
	assert_true(memory_taken(&m) > SOME - ABOUT);
	assert_true(memory_taken(&m) < SOME + ABOUT);
	assert_true(memory_is_short(&m));
	assert_int_equal(madvise(p, SOME, MADV_DONTNEED), 0);
	assert_true(memory_taken(&m) < ABOUT);
	assert_false(memory_is_short(&m));
	munmap(p, SOME);
	memory_close(&m);
}

TEST(shared_memory_does_not_count)
{
	struct memory m;
	char *p;

	memory_open(&m, (int64_t)ABOUT);
	p = mmap(NULL, SOME, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	memset(p, 1, SOME);
	assert_false(memory_is_short(&m));
	munmap(p, SOME);
	memory_close(&m);
}

TEST(without_a_limit_nothing_is_too_much)
{
	struct memory m;
	char *p;

	memory_open(&m, 0);
	p = map(SOME);
	memset(p, 1, SOME);
	assert_false(memory_is_short(&m));
	munmap(p, SOME);
	memory_close(&m);
}
