/* Metrics of what becomes of models, and of the changes that are posted, as the
 * hydrator of each category has left them in its ledger. */
#include <stdbool.h>

#include "reader/metrics_put.h"
#include "shm/ledger.h"

static uint64_t
history_count(const struct ledger_history *h, enum metric_id id)
{
	switch (id) {
	case METRIC_HISTORY_KEPT:
		return h->state == LEDGER_PAST_KEPT;
	case METRIC_HISTORY_MODELS:
		return h->models;
	case METRIC_HISTORY_BYTES:
		return h->bytes;
	case METRIC_HISTORY_SAMPLES:
		return h->samples;
	case METRIC_HISTORY_LOST:
		return h->lost;
	case METRIC_HISTORY_RESETS:
		return h->resets;
	case METRIC_HISTORY_EVENTS:
		return h->events;
	case METRIC_NOTIFY_POSTED:
		return h->posted;
	case METRIC_NOTIFY_FAILED:
		return h->failed;
	default:
		return h->pending;
	}
}

static bool
is_of_notify(enum metric_id id)
{
	return id == METRIC_NOTIFY_POSTED || id == METRIC_NOTIFY_FAILED ||
	       id == METRIC_NOTIFY_PENDING || id == METRIC_NOTIFY_DELIVERED;
}

/* A time that has not come yet is no sample. */
static void
put_history_figure(struct buf *b, enum metric_id id, const char *category,
    const struct ledger_history *h)
{
	int64_t at = id == METRIC_NOTIFY_DELIVERED ? h->delivered : h->sampled;
	bool is_time = id == METRIC_NOTIFY_DELIVERED || id == METRIC_HISTORY_SAMPLED;

	if (is_of_notify(id) ? !h->notify : h->state == LEDGER_PAST_OFF)
		return;
	if (is_time && at == 0)
		return;
	metrics_put_sample(b, id, category, NULL);
	if (is_time)
		metrics_put_seconds(b, at);
	else
		metrics_put_count(b, history_count(h, id));
}

void
metrics_put_history(const struct metrics *m, enum metric_id id, struct buf *b)
{
	struct ledger l;
	unsigned i;

	for (i = 0; i < m->config->ncategories; i++)
		if (ledger_read(m->segment, i, &l))
			put_history_figure(
			    b, id, m->config->category[i].name, &l.history);
}
