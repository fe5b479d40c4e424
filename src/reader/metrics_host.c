/* Metrics of upstream hosts. */
#include "reader/metrics_put.h"
#include "shm/breaker.h"
#include "shm/hosts.h"

void
put_breakers(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v)) {
			put_sample(b, id, v.name, NULL);
			put_count(b, breaker_look(v.breaker, now).state);
		}
}

void
put_floors(const struct metrics *m, enum metric_id id, struct buf *b)
{
	int64_t now = clock_boot();
	struct host_view v;
	unsigned i;

	for (i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(m->segment, i, &v)) {
			put_sample(b, id, v.name, NULL);
			put_seconds(b, v.floor > now ? v.floor - now : 0);
		}
}
