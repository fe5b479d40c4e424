/* Kills the writer after each of its stores to shared memory, one after another. */
#include "fixture/segment.h"

#include <sys/mman.h>

static void kill_after_store(void);

#define SEQLOCK_TEST_STORED() kill_after_store()
#include "shm/publish.c"
#include "unit.h"

#define PAYLOAD 37 /* five words, the last one not full */
/* The mark, ten words of metadata, five of payload, the publishing store. */
#define STORES (1 + 10 + 5 + 1)

static int stores_left; /* the store that takes it to 0 is the process's last */

static void
kill_after_store(void)
{
	if (--stores_left == 0)
		kill(getpid(), SIGKILL);
}

struct attempt {
	char c;
	int die_after; /* stores */
};

static int
publish_and_die(struct segment *seg, void *arg)
{
	const struct attempt *attempt = arg;
	struct publisher *p;
	char err[256], data[PAYLOAD];
	uint64_t g;

	memset(data, attempt->c, sizeof(data));
	if (publisher_open(seg, 0, 0, &p, err, sizeof(err)) == -1)
		return 1;
	stores_left = attempt->die_after;
	if (publish(p, data, sizeof(data), &fixture_stamp, &g, err, sizeof(err)) == -1)
		return 2;
	return 0;
}

/* Returns 1 if the writer was killed, 0 if it published before it came to that. */
static int
attempt(struct segment *seg, char c, int die_after)
{
	struct attempt a = { c, die_after };
	int status = fixture_fork(publish_and_die, seg, &a);

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 1;
	assert_int_equal(status, 0);
	return 0;
}

static void
assert_holds(const struct segment *seg, uint64_t generation, char c, int k)
{
	if (!fixture_holds(seg, generation, c, PAYLOAD))
		fail_msg("store %d: generation %d of '%c' is not whole", k,
		    (int)generation, c);
}

TEST(death_before_the_first_generation_leaves_it_empty)
{
	struct snapshot *s = NULL;
	struct segment *seg;
	int k;

	for (k = 1; k < STORES; k++) {
		seg = fixture_segment();
		assert_int_equal(attempt(seg, 'a', k), 1);
		assert_int_equal(snapshot_take(seg, 0, 0, &s), SNAPSHOT_EMPTY);
		assert_int_equal(attempt(seg, 'b', 0), 0);
		assert_holds(seg, 1, 'b', k);
		segment_close(&seg);
	}
	seg = fixture_segment();
	assert_int_equal(attempt(seg, 'a', STORES), 1);
	assert_holds(seg, 1, 'a', STORES);
	assert_int_equal(attempt(seg, 'a', STORES + 1), 0); /* there are no more */
	segment_close(&seg);
}

TEST(death_at_any_store_leaves_the_last_generation)
{
	struct segment *seg = fixture_segment();
	uint64_t g = 0;
	int k;

	/* Both parities: each k ends with one or two generations more. */
	for (k = 1; k <= 2 * STORES; k++) {
		int at = (k - 1) % STORES + 1;

		assert_int_equal(attempt(seg, 'a', 0), 0);
		assert_holds(seg, ++g, 'a', at);
		assert_int_equal(attempt(seg, 'b', at), 1);
		if (at == STORES)
			assert_holds(seg, ++g, 'b', at);
		else
			assert_holds(seg, g, 'a', at);
		if (k > STORES)
			continue;
		assert_int_equal(attempt(seg, 'c', 0), 0);
		assert_holds(seg, ++g, 'c', at);
	}
	segment_close(&seg);
}

TEST(death_after_death_leaves_the_last_generation)
{
	struct segment *seg = fixture_segment();
	uint64_t g = 0;
	int j, k;

	for (k = 1; k < STORES; k++) {
		for (j = 1; j < STORES; j++) {
			assert_int_equal(attempt(seg, 'a', 0), 0);
			g++;
			assert_int_equal(attempt(seg, 'b', k), 1);
			assert_holds(seg, g, 'a', k);
			assert_int_equal(attempt(seg, 'c', j), 1);
			assert_holds(seg, g, 'a', j);
		}
	}
	assert_int_equal(attempt(seg, 'd', 0), 0);
	assert_holds(seg, g + 1, 'd', 0);
	segment_close(&seg);
}
