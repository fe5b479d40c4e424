/* Metrics of upstream hosts. */
#include <stdbool.h>

#include "reader/metrics_put.h"
#include "shm/breaker.h"
#include "shm/hosts.h"

void
metrics_put_breakers(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v)) {
			metrics_put_sample(b, id, v.name, NULL);
			metrics_put_count(b, breaker_look(v.breaker, now).state);
		}
}

void
metrics_put_floors(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v)) {
			metrics_put_sample(b, id, v.name, NULL);
			metrics_put_seconds(b, v.floor > now ? v.floor - now : 0);
		}
}

/* The usual ones are shown from the start. */
static bool
code_is_usual(unsigned code)
{
	return code == host_code_of(200) || code == host_code_of(0);
}

void
metrics_put_upstream_requests(const struct metrics *m, enum metric_id id, struct buf *b)
{
	struct host_view v;
	unsigned i, code;

	for (i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(m->segment, i, &v))
			continue;
		for (code = 0; code < HOST_CODES_MAX; code++)
			if (v.answered[code] > 0 || code_is_usual(code)) {
				metrics_put_sample(b, id, v.name, host_code_name(code));
				metrics_put_count(b, v.answered[code]);
			}
	}
}

void
metrics_put_upstream_durations(
    const struct metrics *m, enum metric_id id, struct buf *b)
{
	uint64_t count;
	struct host_view v;
	unsigned i, code;

	for (i = 0; i < HOSTS_MAX; i++) {
		const char *const values[METRIC_LABELS] = { v.name };

		if (!hosts_read(m->segment, i, &v))
			continue;
		for (count = 0, code = 0; code < HOST_CODES_MAX; code++)
			count += v.answered[code];
		metrics_put_sample_of(b, id, "_sum", values);
		metrics_put_seconds(b, (int64_t)v.nsec);
		metrics_put_sample_of(b, id, "_count", values);
		metrics_put_count(b, count);
	}
}
