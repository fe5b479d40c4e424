/*
 * How the samples of metrics are printed, and who prints which: what the files of
 * metrics.h share. Private to them.
 */
#ifndef READER_METRICS_PUT_H
#define READER_METRICS_PUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "reader/metrics.h"
#include "shm/counters.h"
#include "shm/metric.h"

#define METRICS_SECONDS(nsec) ((double)(nsec) / (double)NSEC_PER_SEC)
/* Over all slots, of a member of struct counters. */
#define METRICS_SUM(m, member) metrics_sum(m, offsetof(struct counters, member))

/* Prints the samples of a metric. */
typedef void metrics_put_fn(const struct metrics *, enum metric_id, struct buf *);

/* Of process slot i: hydrators come first, then readers, then the supervisor. */
const struct counters *metrics_slot(const struct metrics *, unsigned i);
/* The supervisor's, in the last slot. */
const struct counters *metrics_supervisor(const struct metrics *);
/* The sum over all slots of the word at an offset of struct counters. */
uint64_t metrics_sum(const struct metrics *, size_t offset);

/* Begins a sample: its name with a suffix, and the values of the metric's labels, of
 * which the first NULL ends the list. Values are escaped. */
void metrics_put_sample_of(struct buf *, enum metric_id, const char *suffix,
    const char *const values[METRIC_LABELS]);
/* The same for at most two labels, without a suffix. */
void metrics_put_sample(
    struct buf *, enum metric_id, const char *first, const char *second);
/* Ends a sample. */
void metrics_put_count(struct buf *, uint64_t n);
void metrics_put_seconds(struct buf *, int64_t nsec);

/* Of categories. */
extern metrics_put_fn metrics_put_last_success, metrics_put_refresh_durations,
    metrics_put_failures, metrics_put_snapshots, metrics_put_fill, metrics_put_wanted,
    metrics_put_ages, metrics_put_next_try, metrics_put_document_ages,
    metrics_put_document_states, metrics_put_document_errors, metrics_put_gates;
/* Of the fleet. */
extern metrics_put_fn metrics_put_fleet;
/* Of history and notify. */
extern metrics_put_fn metrics_put_history;
/* Of upstream hosts. */
extern metrics_put_fn metrics_put_breakers, metrics_put_floors,
    metrics_put_upstream_requests, metrics_put_upstream_durations;
/* Of processes. */
extern metrics_put_fn metrics_put_restarts, metrics_put_former, metrics_put_processes;

#endif
