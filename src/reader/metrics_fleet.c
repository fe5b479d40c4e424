/* Metrics of the fleet, as the hydrator of each category has left them in its ledger:
 * no reader speaks Redis. */
#include <stdbool.h>

#include "reader/metrics_put.h"
#include "shm/ledger.h"

static uint64_t
fleet_count(const struct ledger_fleet *f, enum metric_id id)
{
	switch (id) {
	case METRIC_REDIS_UP:
		return f->up;
	case METRIC_REDIS_COMMANDS:
		return f->commands;
	case METRIC_REDIS_ERRORS:
		return f->errors;
	case METRIC_REDIS_RECEIVED:
		return f->bytes_in;
	case METRIC_REDIS_SENT:
		return f->bytes_out;
	case METRIC_FLEET_GENERATION:
		return f->generation;
	default:
		return f->refused;
	}
}

static void
put_figure(const struct metrics *m, enum metric_id id, const struct ledger_fleet *f,
    const char *category, struct buf *b)
{
	int64_t now = clock_boot();
	enum ledger_role role =
	    ledger_role_now(f, m->config->redis.lease * NSEC_PER_SEC, now);

	if (id == METRIC_REDIS_LOOK_AGE && f->seen == 0)
		return;
	metrics_put_sample(b, id, category, NULL);
	if (id == METRIC_REDIS_LOOK_AGE)
		metrics_put_seconds(b, now > f->seen ? now - f->seen : 0);
	else if (id == METRIC_REDIS_SKEW)
		metrics_put_seconds(b, f->skew);
	else if (id == METRIC_FLEET_LAG)
		metrics_put_seconds(b, f->lag);
	else if (id == METRIC_FLEET_LEADER)
		metrics_put_count(b, role == LEDGER_LEADER);
	else if (id == METRIC_FLEET_ALONE)
		metrics_put_count(b, role == LEDGER_ALONE);
	else
		metrics_put_count(b, fleet_count(f, id));
}

void
metrics_put_fleet(const struct metrics *m, enum metric_id id, struct buf *b)
{
	struct ledger l;
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++)
		if (ledger_read(m->segment, i, &l) && l.fleet.used)
			put_figure(m, id, &l.fleet, m->config->category[i].name, b);
}
