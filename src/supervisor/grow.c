/* Sizes, obstacles, and when to try again. */
#include "supervisor/grow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "shm/segment.h"
#include "shm/snapshot.h"

#define GROW_RETRY_MS (60 * INT64_C(1000))
#define GROW_RETRY_MAX_MS (60 * GROW_RETRY_MS)
#define GROW_SPARE 20 /* a part of /dev/shm that is left to others: 1/20 */

size_t
grow_capacity(const struct config *c, size_t need)
{
	size_t capacity = (size_t)c->segment.capacity, max = (size_t)c->segment.max;

	if (need <= capacity || max <= capacity)
		return capacity;
	return need < max / 2 ? 2 * need : max;
}

size_t
grow_need(const struct segment *seg, unsigned *category)
{
	size_t need = 0, n, wanted;
	unsigned i;

	*category = 0;
	for (i = 0; i < segment_ncategories(seg); i++) {
		n = snapshot_length(seg, i);
		wanted = segment_wanted(seg, i);
		if (wanted > n)
			n = wanted;
		if (n > need) {
			need = n;
			*category = i;
		}
	}
	return need;
}

/* What a successor of the segment takes of /dev/shm while both are there: a copy of
 * each snapshot, and both buffers of the one that grows. */
static uint64_t
grow_cost(const struct segment *seg, size_t need)
{
	uint64_t cost = 2 * (uint64_t)need;
	unsigned i;

	for (i = 0; i < segment_ncategories(seg); i++)
		cost += snapshot_length(seg, i);
	return cost;
}

static void
grow_say_max(
    const struct config *c, const struct segment *seg, const char *name, size_t need)
{
	log_errx(
	    "%s: a snapshot of %zu bytes is not published: the segment has room for "
	    "%zu and does not grow beyond segment.max (%" PRId64 "): raise that",
	    name, need, segment_capacity(seg), c->segment.max);
}

static void
grow_say_space(const char *name, size_t need, uint64_t cost, uint64_t bytes)
{
	log_errx("%s: a snapshot of %zu bytes is not published: a larger segment takes "
		 "%" PRIu64 " bytes of /dev/shm, which has %" PRIu64
		 " to spare: make /dev/shm larger",
	    name, need, cost, bytes);
}

bool
grow_is_due(
    struct grow *g, const struct config *c, const struct segment *seg, int64_t now)
{
	enum grow_obstacle obstacle = GROW_FREE;
	uint64_t cost, bytes, total;
	const char *name;
	unsigned category;
	size_t need = grow_need(seg, &category);

	if (need <= segment_capacity(seg) || now < g->next ||
	    segment_free_space(seg, &bytes, &total) == -1)
		return false;
	name = segment_category_name(seg, category);
	cost = grow_cost(seg, need);
	bytes -= bytes < total / GROW_SPARE ? bytes : total / GROW_SPARE;
	if (grow_capacity(c, need) < need)
		obstacle = GROW_MAX;
	else if (bytes < cost)
		obstacle = GROW_SPACE;
	if (obstacle != g->said && obstacle == GROW_MAX)
		grow_say_max(c, seg, name, need);
	if (obstacle != g->said && obstacle == GROW_SPACE)
		grow_say_space(name, need, cost, bytes);
	g->said = obstacle;
	return obstacle == GROW_FREE;
}

void
grow_failed(struct grow *g, int64_t now, const char *why)
{
	g->next = now + NSEC_PER_MSEC * backoff_next(g->failures++, GROW_RETRY_MS,
					    GROW_RETRY_MAX_MS, arc4random());
	log_warnx("the segment does not grow yet: %s", why);
}
