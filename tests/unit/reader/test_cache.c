/* The cache of assembled answers: bounded, least recently used first, safe to evict
 * from while answers are on their way. And the blobs in it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader/cache.h"
#include "unit.h"

static struct blob *
blob_of(char fill, size_t len)
{
	struct buf b = { 0 };
	struct blob *blob;

	memset(buf_reserve(&b, len), fill, len);
	b.len = len;
	blob = blob_new(&b);
	blob_forget(blob);
	return blob;
}

static struct str
key_of(unsigned i)
{
	static char text[20];

	snprintf(text, sizeof(text), "key %u", i);
	return (struct str){ text, strlen(text) };
}

static void
add(struct cache *c, unsigned i, size_t len)
{
	struct blob *b = blob_of((char)i, len);

	cache_add(c, key_of(i), b);
	blob_unref(b);
}

static int
holds(struct cache *c, unsigned i)
{
	struct blob *b = cache_find(c, key_of(i));
	int found = b != NULL;

	if (b != NULL)
		assert_int_equal(b->data[0], (char)i);
	blob_unref(b);
	return found;
}

TEST(the_least_recently_used_goes)
{
	struct cache *c = cache_new(10000);
	unsigned i;

	for (i = 0; i < 4; i++)
		add(c, i, 2000);
	assert_true(holds(c, 0)); /* 1 is now the oldest */
	add(c, 4, 2000);
	assert_true(cache_bytes(c) <= 10000);
	assert_true(holds(c, 0) && holds(c, 2) && holds(c, 3) && holds(c, 4));
	assert_false(holds(c, 1));
	add(c, 5, 6000); /* more than half of all */
	assert_false(holds(c, 5));
	assert_true(holds(c, 4));
	cache_free(&c);
	assert_null(c);
	cache_free(&c);
}

TEST(the_number_is_bounded)
{
	struct cache *c = cache_new(1 << 20);
	unsigned i, n = 0;

	for (i = 0; i < 1000; i++)
		add(c, i, 10);
	for (i = 0; i < 1000; i++)
		n += (unsigned)holds(c, i);
	assert_int_equal(n, 256);
	assert_true(holds(c, 999) && holds(c, 744));
	cache_free(&c);
}

TEST(a_blob_in_use_outlives_its_eviction)
{
	struct cache *c = cache_new(10000);
	struct blob *used;

	add(c, 7, 4000);
	used = cache_find(c, key_of(7));
	assert_non_null(used);
	add(c, 8, 4000);
	add(c, 9, 4000);
	assert_false(holds(c, 7));
	cache_free(&c);
	assert_int_equal(used->data[3999], 7);
	blob_unref(used);
}

/* The others stay: a thread frees them, and counts nothing. */
TEST(blobs_in_use_can_be_let_go_of)
{
	struct cache *c = cache_new(10000);
	size_t unkept = blob_unkept();
	struct blob *used;

	add(c, 1, 1000);
	add(c, 2, 2000);
	used = cache_find(c, key_of(1));
	cache_drop_shared(c);
	assert_false(holds(c, 1));
	assert_true(holds(c, 2));
	assert_int_equal(used->refs, 1);
	assert_int_equal(blob_unkept(), unkept + 1000);
	blob_unref(used);
	assert_int_equal(blob_unkept(), unkept);
	cache_free(&c);
	assert_int_equal(blob_unkept(), unkept);
}

TEST(large_blobs_can_be_sent_from_a_file)
{
	struct blob *large = blob_of('x', 40000), *small = blob_of('y', 100);
	struct http_response r = { 0 };
	char byte = 0;

	assert_int_equal(small->fd, -1);
	assert_int_not_equal(large->fd, -1);
	assert_int_equal(pread(large->fd, &byte, 1, 39999), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(large->data[39999], 'x');
	blob_lend(large, &r);
	assert_int_equal(r.fd, large->fd);
	assert_ptr_equal(r.file, large->data);
	assert_int_equal(r.file_len, 40000);
	blob_unref(large);
	blob_unref(small);
}
