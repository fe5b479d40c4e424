/* The share of a reader, by the counters in the segment: no words are exchanged. */
#include "reader/spread.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "config/config.h"
#include "proc/child.h"
#include "shm/counters.h"
#include "shm/segment.h"

/* Without a heartbeat, which comes each second, for so long: dead, or as good as that.
 */
#define SILENCE_MAX (3 * NSEC_PER_SEC)
/* Questions for which others are waited for that do not accept. */
#define PATIENCE 3
/* One more for so many is near enough to even, and a burst need not wait for each.
 */
#define SLACK 4

void
spread_init(struct spread *s, const struct child_context *context)
{
	*s = (struct spread){
		.segment = context->segment,
		.self = context->slot,
		.first = context->slot - context->index,
		.n = (unsigned)context->config->readers,
	};
}

static bool
lives(const struct counters *c, int64_t now)
{
	int64_t beat = atomic_load_explicit(&c->heartbeat, memory_order_relaxed);

	return now - beat < SILENCE_MAX;
}

struct others {
	uint64_t least;    /* connections of the one that has the fewest */
	uint64_t accepted; /* by all of them, ever */
};

static struct others
look_at_others(const struct spread *s)
{
	struct others o = { UINT64_MAX, 0 };
	const struct counters *c;
	int64_t now = clock_boot();
	uint64_t n;
	unsigned i;

	for (i = s->first; i < s->first + s->n; i++) {
		c = segment_counters(s->segment, i);
		if (i == s->self || !lives(c, now))
			continue;
		n = counter_read(&c->connections);
		if (n < o.least)
			o.least = n;
		o.accepted += counter_get(c, COUNTER_CONNECTIONS);
	}
	return o;
}

bool
spread_crowded(struct spread *s)
{
	const struct counters *mine = segment_counters(s->segment, s->self);
	uint64_t n = counter_read(&mine->connections);
	struct others o;

	if (s->n < 2)
		return false;
	o = look_at_others(s);
	if (n <= o.least || n - o.least <= o.least / SLACK)
		return false;
	if (o.accepted != s->accepted)
		s->waited = 0;
	s->accepted = o.accepted;
	if (++s->waited <= PATIENCE)
		return true;
	s->waited = PATIENCE - 1;
	return false;
}
