/* The text format 0.0.4 of Prometheus, a sample at a time. */
#include "reader/metrics_put.h"

#include <inttypes.h>

#include "shm/segment.h"

const struct counters *
metrics_slot(const struct metrics *m, unsigned i)
{
	return segment_counters(m->segment, i);
}

uint64_t
metrics_sum(const struct metrics *m, size_t offset)
{
	uint64_t total = 0;
	unsigned i;

	for (i = 0; i < segment_nprocs(m->segment); i++)
		total += counter_read(
		    (const void *)((const char *)metrics_slot(m, i) + offset));
	return total;
}

void
metrics_put_count(struct buf *b, uint64_t n)
{
	buf_printf(b, "%" PRIu64 "\n", n);
}

void
metrics_put_seconds(struct buf *b, int64_t nsec)
{
	buf_printf(b, "%.3f\n", METRICS_SECONDS(nsec));
}

/* A backslash, a quote and a line feed are all that the format lets one escape. */
static void
put_value(struct buf *b, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_puts(b, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *value);
	}
}

void
metrics_put_sample_of(struct buf *b, enum metric_id id, const char *suffix,
    const char *const values[METRIC_LABELS])
{
	const struct metric *metric = &metric_table[id];
	unsigned i;

	buf_printf(b, METRIC_PREFIX "%s%s", metric->name, suffix);
	for (i = 0; i < METRIC_LABELS && values[i] != NULL; i++) {
		buf_printf(b, "%c%s=\"", i == 0 ? '{' : ',', metric->label[i]);
		put_value(b, values[i]);
		buf_putc(b, '"');
	}
	buf_puts(b, i > 0 ? "} " : " ");
}

void
metrics_put_sample(
    struct buf *b, enum metric_id id, const char *first, const char *second)
{
	const char *const values[METRIC_LABELS] = { first, second };

	metrics_put_sample_of(b, id, "", values);
}
