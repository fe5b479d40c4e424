/* An absolute grid of ticks, and earlier tries after failures. */
#include "hydrator/schedule.h"

#include "base/backoff.h"
#include "base/clock.h"

#define SCHEDULE_RETRY_MS INT64_C(1000)

/* The first tick after now. Jitter only delays, so that the tick of a cycle that has
 * just ended is never met twice. */
static int64_t
schedule_tick(const struct schedule *s, int64_t now, uint32_t random)
{
	int64_t k = (now - s->origin) / s->period + 1;
	double late = s->jitter * (double)s->period * random / UINT32_MAX;

	if (now < s->origin)
		k = 0;
	return s->origin + k * s->period + (int64_t)late;
}

int64_t
schedule_next(const struct schedule *s, unsigned failures, int64_t now, uint32_t random)
{
	int64_t tick = s->periodic ? schedule_tick(s, now, random) : SCHEDULE_NEVER;
	int64_t cap = s->period / NSEC_PER_MSEC, retry;

	if (failures == 0)
		return tick;
	if (cap < SCHEDULE_RETRY_MS)
		cap = SCHEDULE_RETRY_MS;
	retry = now + NSEC_PER_MSEC *
			  backoff_next(failures - 1, SCHEDULE_RETRY_MS, cap, random);
	return retry < tick ? retry : tick;
}

int64_t
schedule_last(const struct schedule *s, int64_t now)
{
	return now < s->origin ? now : now - (now - s->origin) % s->period;
}
