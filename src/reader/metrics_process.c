/* Metrics of processes: how they are, what they take, how they ended. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "proc/child.h"
#include "reader/metrics_put.h"
#include "shm/segment.h"

const struct counters *
metrics_supervisor(const struct metrics *m)
{
	return metrics_slot(m, segment_nprocs(m->segment) - 1);
}

void
metrics_put_restarts(const struct metrics *m, enum metric_id id, struct buf *b)
{
	static const char *const roles[ROLE_MAX] = {
		[ROLE_HYDRATOR] = "hydrator",
		[ROLE_READER] = "reader",
	};
	static const char *const deaths[DEATH_MAX] = {
#define X(id, name) name,
		COUNTER_DEATHS(X)
#undef X
	};
	unsigned role, how;

	for (role = 0; role < ROLE_MAX; role++)
		for (how = 0; how < DEATH_MAX; how++) {
			metrics_put_sample(b, id, roles[role], deaths[how]);
			metrics_put_count(
			    b, metrics_sum(
				   m, offsetof(struct counters, deaths) +
					  (role * DEATH_MAX + how) * sizeof(uint64_t)));
		}
}

void
metrics_put_former(const struct metrics *m, enum metric_id id, struct buf *b)
{
	metrics_put_sample(b, id, NULL, NULL);
	metrics_put_count(b, counter_read(&metrics_supervisor(m)->former));
}

/* Begins a sample of a slot's process. */
static void
put_process(const struct metrics *m, enum metric_id id, unsigned slot, struct buf *b)
{
	unsigned n = (unsigned)m->config->ncategories;
	char number[16];

	if (slot < n) {
		metrics_put_sample(b, id, "hydrator", m->config->category[slot].name);
	} else if (slot + 1 < segment_nprocs(m->segment)) {
		snprintf(number, sizeof(number), "%u", slot - n);
		metrics_put_sample(b, id, "reader", number);
	} else {
		metrics_put_sample(b, id, "supervisor", "");
	}
}

static uint64_t
process_figure(const struct counters *c, enum metric_id id)
{
	switch (id) {
	case METRIC_HEARTBEAT:
		return (uint64_t)atomic_load_explicit(
		    &c->heartbeat, memory_order_relaxed);
	case METRIC_CPU:
		return (uint64_t)atomic_load_explicit(&c->cpu, memory_order_relaxed);
	case METRIC_RESIDENT:
		return counter_read(&c->resident);
	case METRIC_DESCRIPTORS:
		return counter_read(&c->descriptors);
	default:
		return counter_read(&c->descriptors_max);
	}
}

/* What is 0 is not known, but for processor time, whose clock is coarse. */
static bool
process_is_known(const struct counters *c, enum metric_id id)
{
	return process_figure(c, id == METRIC_CPU ? METRIC_RESIDENT : id) != 0;
}

void
metrics_put_processes(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	uint64_t figure;
	unsigned i;

	for (i = 0; i < segment_nprocs(m->segment); i++) {
		if (!process_is_known(metrics_slot(m, i), id))
			continue;
		figure = process_figure(metrics_slot(m, i), id);
		put_process(m, id, i, b);
		if (id == METRIC_HEARTBEAT)
			metrics_put_seconds(
			    b, now > (int64_t)figure ? now - (int64_t)figure : 0);
		else if (id == METRIC_CPU)
			metrics_put_seconds(b, (int64_t)figure);
		else
			metrics_put_count(b, figure);
	}
}
